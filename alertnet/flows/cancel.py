"""Stop means stop: unwanted alerts are cancelled in the transaction that made them so, rings are hung up (A4)."""

from typing import Any

from sqlalchemy import Row, Select, bindparam, select, update

from alertnet.core.contact import MethodKind
from alertnet.core.notification import AttemptStatus
from alertnet.core.progress import still_wanted
from alertnet.flows.case import Case
from alertnet.flows.second_dial import as_shown
from alertnet.store.tables import attempts, notifications, served

UNSENT = (AttemptStatus.QUEUED.value, AttemptStatus.SENDING.value, AttemptStatus.UNKNOWN.value)

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
    .where(attempts.c.incident_id.in_(bindparam("incidents", expanding=True)), attempts.c.is_alert)
    .where(
        attempts.c.status.in_(UNSENT)
        | ((attempts.c.status == AttemptStatus.SENT.value) & (attempts.c.method == MethodKind.CALL.value))
    )
    .order_by(attempts.c.id)
)


def cancel_unwanted(case: Case) -> None:
    """Cancel the waiting alerts that no escalation wants any more, and end the calls that ring for nothing."""
    wanted: dict[str, bool] = {}
    rows = case.ahead.take(_UNDER_WAY, case.incident.id)
    for row in rows:
        wanted[row.id] = wanted.get(row.id, False) or is_wanted(case, row)
    for row in {row.id: row for row in rows}.values():
        if wanted[row.id]:
            continue
        _cancel(case, row)
        if row.status not in UNSENT and row.provider_id:
            case.hang_ups.append(row.provider_id)


def is_wanted(case: Case, row: Row[Any]) -> bool:
    """Whether one of the escalations that an alert counts for still wants it to leave."""
    escalation = next((each for each in case.escalations if each.id == row.escalation_id), None)
    if escalation is None or not case.is_open:
        return False
    plan = case.plans[escalation.tree]
    return still_wanted(plan, escalation.state, row.level_index, row.contact, row.place)


def _cancel(case: Case, row: Row[Any]) -> None:
    cancelled = {"status": AttemptStatus.CANCELLED.value, "changed_at": case.tx.now}
    case.tx.session.execute(
        update(attempts).where(attempts.c.id == row.id).values(due_at=None, lease=None, **cancelled)
    )
    change = update(notifications).where(notifications.c.id == row.notification_id)
    case.tx.session.execute(change.values(status=as_shown(case.tx.session, row, AttemptStatus.CANCELLED).value))
    case.record("attempt_cancelled", attempt=row.id, contact=row.contact, method=row.method)
