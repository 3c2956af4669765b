"""Reopening: it goes on where it stood, what was asked is asked anew, who heard that it was over hears of it (B3)."""

from dataclasses import replace
from datetime import datetime

from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import WrongState
from alertnet.core.escalation.advance import restore
from alertnet.core.escalation.state import Failed, PlanChanged
from alertnet.core.incident import IncidentStatus
from alertnet.core.notification import AttemptStatus, Kind
from alertnet.flows.credentials.written_codes import mark_open
from alertnet.flows.escalation.escalate import move, stale_kinds
from alertnet.flows.escalation.no_recipients import stop_what_reaches_nobody
from alertnet.flows.notifications import prompts
from alertnet.flows.notifications.cancel_alerts import is_wanted
from alertnet.flows.notifications.stand_down import take_back
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.queues import incident_attempts
from alertnet.store.records import incidents as incident_store


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
    held_back = incident_attempts.held_back(locked.tx.session, locked.incident.id, closed_at)
    wanted = {alert.notification: alert for alert, coverage in held_back if is_wanted(locked, coverage)}
    for id, alert in wanted.items():
        kind = Kind(alert.kind)
        locked.work.attempt(
            id, locked.incident.id, MethodKind(alert.method), kind, alert.rank, alert.address_index, extra=alert.extra
        )
        locked.work.show(id, AttemptStatus.QUEUED)


def _failed_meanwhile(locked: LockedIncident, closed_at: datetime) -> dict[str, list[Failed]]:
    """What turned out not to have reached anybody while nothing could follow from it, by escalation."""
    events: dict[str, list[Failed]] = {}
    for method, failure, coverage in incident_attempts.failed(locked.tx.session, locked.incident.id, closed_at):
        failed = Failed(coverage.contact, coverage.method_index, stale_kinds(failure, method))
        events.setdefault(coverage.escalation, []).append(failed)
    return events
