"""Closing: everything stops, and exactly those who may have been told are told that it is over."""

from dataclasses import replace

from alertnet.core.errors import WrongState
from alertnet.core.escalation.advance import stop
from alertnet.core.incident import CloseReason, IncidentStatus
from alertnet.core.notification import PromptKind
from alertnet.flows.credentials.written_codes import mark_open
from alertnet.flows.notifications import prompts
from alertnet.flows.notifications.cancel_alerts import cancel_asking, cancel_unwanted
from alertnet.flows.notifications.stand_down import stand_down
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records import incidents as incident_store


def close_incident(locked: LockedIncident, reason: CloseReason, *, text: str | None = None, by: str) -> None:
    """Close the incident: escalations stop, alarms fall silent, those who were told get the stand-down.

    Raises:
        WrongState: it is closed already.
    """
    if not locked.is_open:
        raise WrongState(f"incident {locked.incident.ref}", "closed", "it can be closed once")
    closed = {"status": IncidentStatus.CLOSED, "closed_at": locked.tx.now, "close_reason": reason}
    locked.incident = replace(locked.incident, **closed)  # type: ignore[arg-type]
    incident_store.save_status(locked.tx.session, locked.incident)
    for escalation in locked.escalations:
        escalation.state, escalation.due_at = stop(escalation.state, locked.tx.now), None
        locked.save(escalation)
    tasks_open = {prompt.id for prompt in prompts.open_prompts(locked) if prompt.kind == PromptKind.TASK}
    prompts.silence_all(locked)
    cancel_unwanted(locked)
    cancel_asking(locked, tasks_open)
    mark_open(locked, False)
    locked.record("incident_closed", reason=reason.value, text=text, by=by)
    stand_down(locked)
    locked.work.record_end(locked.incident.id)
