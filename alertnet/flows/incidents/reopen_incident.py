"""Reopening: it goes on where it stood, what was asked is asked anew, who heard that it was over hears of it (B3)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select

from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import WrongState
from alertnet.core.escalation.advance import restore
from alertnet.core.escalation.state import Failed, PlanChanged
from alertnet.core.incident import IncidentStatus
from alertnet.core.notification import AttemptStatus, Failure
from alertnet.flows.credentials.written_codes import mark_open
from alertnet.flows.escalation.escalate import move, stale_kinds
from alertnet.flows.escalation.no_recipients import stop_what_reaches_nobody
from alertnet.flows.notifications import prompts
from alertnet.flows.notifications.cancel_alerts import is_wanted
from alertnet.flows.notifications.stand_down import take_back
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.columns import Instant
from alertnet.store.records import incidents as incident_store
from alertnet.store.tables import attempts, notifications, served

_ALERTS: Select[Any] = (
    select(
        attempts.c.id,
        attempts.c.notification_id,
        attempts.c.incident_id,
        attempts.c.method,
        attempts.c.rank,
        attempts.c.address_index,
        attempts.c.failure,
        attempts.c.extra,
        notifications.c.kind,
        served.c.escalation_id,
        served.c.contact,
        served.c.level_index,
        served.c.method.label("place"),
    )
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .join(served, served.c.notification_id == attempts.c.notification_id)
    .where(attempts.c.incident_id == bindparam("incident"), attempts.c.is_alert)
    .order_by(attempts.c.id, served.c.escalation_id)
)
_CLOSED_AT: BindParameter[Any] = bindparam("closed_at", type_=Instant())
_HELD_BACK = _ALERTS.where(
    attempts.c.status == AttemptStatus.CANCELLED.value,
    attempts.c.changed_at >= _CLOSED_AT,
    attempts.c.provider_id.is_(None),
    attempts.c.failure.is_(None),
    attempts.c.due_at.is_(None),
)
"""Alerts that the close kept from leaving, and that certainly never left."""
_FAILED_MEANWHILE = _ALERTS.where(
    attempts.c.status == AttemptStatus.FAILED.value,
    attempts.c.changed_at >= _CLOSED_AT,
    attempts.c.failure != Failure.OUR_ACCOUNT.value,
)


def reopen_incident(locked: LockedIncident, *, by: str, reason: str | None = None) -> None:
    """Open a closed incident again: each escalation stands where it stood, with as much time left as it had.

    Raises:
        WrongState: it is open.
    """
    closed_at = locked.incident.closed_at
    if locked.is_open or closed_at is None:
        raise WrongState(f"incident {locked.incident.ref}", "open", "only a closed one can be reopened")
    locked.incident = replace(locked.incident, status=IncidentStatus.OPEN, closed_at=None, close_reason=None)
    incident_store.save_status(locked.tx.session, locked.incident)
    for escalation in locked.escalations:
        escalation.state = restore(escalation.state, locked.tx.now, closed_at)
    stop_what_reaches_nobody(locked)
    mark_open(locked, True)
    locked.record("incident_reopened", by=by, reason=reason)
    asked = prompts.ask_anew(locked, closed_at)
    failed = _failed_meanwhile(locked, closed_at)
    move(locked, {each.id: [PlanChanged(), *failed.get(each.id, ())] for each in locked.escalations})
    prompts.ring_anew(locked, asked)
    _let_leave(locked, closed_at)
    take_back(locked, closed_at)


def _let_leave(locked: LockedIncident, closed_at: datetime) -> None:
    """Let leave what the close kept from leaving, where it is still wanted: its moment had come, nobody heard."""
    values = {"incident": locked.incident.id, "closed_at": closed_at}
    rows = locked.tx.session.execute(_HELD_BACK, values).all()
    for row in {row.notification_id: row for row in rows if is_wanted(locked, row)}.values():
        locked.work.again(row, extra=row.extra)
        locked.work.change("notifications", row.notification_id, status=AttemptStatus.QUEUED.value)


def _failed_meanwhile(locked: LockedIncident, closed_at: datetime) -> dict[str, list[Failed]]:
    """What turned out not to have reached anybody while nothing could follow from it, by escalation."""
    values = {"incident": locked.incident.id, "closed_at": closed_at}
    failed: dict[str, list[Failed]] = {}
    for row in locked.tx.session.execute(_FAILED_MEANWHILE, values):
        stale = stale_kinds(Failure(row.failure), MethodKind(row.method))
        failed.setdefault(row.escalation_id, []).append(Failed(row.contact, row.place, stale))
    return failed
