"""Cancels what may not leave any more, in the transaction that made it so, and hangs up what rings for it (A3, A4)."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, update

from alertnet.core.directory.contact import MethodKind
from alertnet.core.escalation.advance import still_wanted
from alertnet.core.notification import AttemptStatus
from alertnet.core.resolution.exclusions import Bars
from alertnet.flows.notifications.redial import as_shown
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.tables import attempts, notifications, served

MAY_HAVE_LEFT = (AttemptStatus.SENDING.value, AttemptStatus.UNKNOWN.value)
UNSENT = (AttemptStatus.QUEUED.value, *MAY_HAVE_LEFT)

HANG_UP_WITHIN = timedelta(seconds=5)
"""A call that rings for nothing is over by then, or hung up once more."""

_STOPPABLE = attempts.c.status.in_(UNSENT) | (
    (attempts.c.status == AttemptStatus.SENT.value) & (attempts.c.method == MethodKind.CALL.value)
)

_UNDER_WAY: Select[Any] = (
    select(
        attempts.c.id,
        attempts.c.incident_id,
        attempts.c.notification_id,
        attempts.c.status,
        attempts.c.method,
        attempts.c.provider_id,
        served.c.escalation_id,
        served.c.contact,
        served.c.level_index,
        served.c.method.label("place"),
    )
    .join(served, served.c.notification_id == attempts.c.notification_id)
    .where(attempts.c.incident_id.in_(bindparam("incidents", expanding=True)), attempts.c.is_alert, _STOPPABLE)
    .order_by(attempts.c.id)
)
_NO_ALERTS: Select[Any] = (
    select(
        attempts.c.id,
        attempts.c.notification_id,
        attempts.c.status,
        attempts.c.method,
        attempts.c.provider_id,
        notifications.c.tree,
        notifications.c.contact,
        notifications.c.address,
        notifications.c.alarm_id,
    )
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(attempts.c.incident_id == bindparam("incident"), attempts.c.is_alert.is_(False), _STOPPABLE)
    .order_by(attempts.c.id)
)


def cancel_unwanted(locked: LockedIncident) -> None:
    """Cancel the waiting alerts that no escalation wants any more, and end the calls that ring for nothing."""
    wanted: dict[str, bool] = {}
    rows = locked.prefetch.rows_of(_UNDER_WAY, locked.incident.id)
    for row in rows:
        wanted[row.id] = wanted.get(row.id, False) or is_wanted(locked, row)
    for row in {row.id: row for row in rows}.values():
        if not wanted[row.id]:
            cancel(locked, row)


def cancel_barred(locked: LockedIncident) -> None:
    """Cancel what is no alert, too, for those who may not be told any more: also what has been claimed (A3).

    No kind is an exception, not even the all-clear: whoever is not to be told hears nothing more from us. The
    field's own phones, written `team/member`, are in no tree that could bar them.
    """
    barred = Bars(locked.facts, tuple(plan.tree for plan in locked.plans.values())).addresses
    for row in locked.tx.session.execute(_NO_ALERTS, {"incident": locked.incident.id}).all():
        if row.address in barred and "/" not in row.contact:
            cancel(locked, row, why=barred[row.address].value)


def cancel_for_those_gone(locked: LockedIncident) -> None:
    """Cancel what is no alert, too, for those who have left their tree, and for numbers that are theirs no more."""
    for row in locked.tx.session.execute(_NO_ALERTS, {"incident": locked.incident.id}).all():
        contact = locked.contact(row.tree, row.contact) if row.tree and "/" not in row.contact else None
        if contact is not None and (contact.former or row.address in contact.left):
            cancel(locked, row)


def cancel_asking(locked: LockedIncident, alarms: Collection[str]) -> None:
    """Cancel what has not left yet and asks for something that nobody has to do any more, also what was claimed."""
    rows = locked.tx.session.execute(_NO_ALERTS, {"incident": locked.incident.id}).all() if alarms else ()
    for row in rows:
        if row.alarm_id in alarms and row.status in UNSENT:
            cancel(locked, row)


def is_wanted(locked: LockedIncident, row: Row[Any]) -> bool:
    """Whether one of the escalations that an alert counts for still wants it to leave."""
    escalation = next((each for each in locked.escalations if each.id == row.escalation_id), None)
    if escalation is None or not locked.is_open:
        # Of one that can't be read nobody knows that it is answered: nothing of it is taken back for that (A11).
        trees = [each.tree for each in locked.broken if each.id == row.escalation_id]
        return locked.is_open and any(row.contact in locked.plans[tree].allowed for tree in trees)
    plan = locked.plans[escalation.tree]
    return still_wanted(plan, escalation.state, row.level_index, row.contact, row.place)


def cancel(locked: LockedIncident, row: Row[Any], **why: str) -> None:
    """Cancel an attempt. Of one that was on its way it stays open whether it left: that is still found out (A5)."""
    values: dict[str, Any] = {"status": AttemptStatus.CANCELLED.value, "changed_at": locked.tx.now}
    if row.status not in MAY_HAVE_LEFT:
        values |= {"due_at": None, "lease": None, "checks": 0}
    if row.status not in UNSENT and row.provider_id:
        # Whoever is to hang up may die before: until the provider says that it is over, the call is asked about.
        locked.tx.hang_up(row.provider_id)
        values["due_at"] = locked.tx.now + HANG_UP_WITHIN
    locked.tx.session.execute(update(attempts).where(attempts.c.id == row.id).values(values))
    change = update(notifications).where(notifications.c.id == row.notification_id)
    locked.tx.session.execute(change.values(status=as_shown(locked.tx.session, row, AttemptStatus.CANCELLED).value))
    locked.record("attempt_cancelled", attempt=row.id, contact=row.contact, method=row.method, **why)
