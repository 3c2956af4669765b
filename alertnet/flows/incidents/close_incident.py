"""Closing: everything stops, and exactly those who may have been told are told that it is over."""

from dataclasses import replace

from alertnet.core.errors import WrongState
from alertnet.core.escalation.advance import stop
from alertnet.core.incident import CloseReason, IncidentStatus
from alertnet.core.notification import Kind
from alertnet.flows.credentials.written_codes import mark_open
from alertnet.flows.notifications import coordinator_alarms
from alertnet.flows.notifications.cancel_alerts import cancel_asking, cancel_unwanted
from alertnet.flows.notifications.stand_down import stand_down
from alertnet.flows.unit.locked_incident import Case
from alertnet.store.records import incidents as incident_store


def close_incident(case: Case, reason: CloseReason, *, text: str | None = None, by: str) -> None:
    """Close the incident: escalations stop, alarms fall silent, those who were told get the stand-down.

    Raises:
        WrongState: it is closed already.
    """
    if not case.is_open:
        raise WrongState(f"incident {case.incident.ref}", "closed", "it can be closed once")
    closed = {"status": IncidentStatus.CLOSED, "closed_at": case.tx.now, "close_reason": reason}
    case.incident = replace(case.incident, **closed)  # type: ignore[arg-type]
    incident_store.save_status(case.tx.session, case.incident)
    for escalation in case.escalations:
        escalation.state, escalation.due_at = stop(escalation.state, case.tx.now), None
        case.save(escalation)
    tasks_open = {alarm.id for alarm in coordinator_alarms.open_alarms(case) if alarm.kind == Kind.TASK}
    coordinator_alarms.silence_all(case)
    cancel_unwanted(case)
    cancel_asking(case, tasks_open)
    mark_open(case, False)
    case.record("incident_closed", reason=reason.value, text=text, by=by)
    stand_down(case)
    case.outbox.record_end(case.incident.id)
