"""Closes and reopens incidents. Closing stops everything and tells those who were told; reopening restores it (B3)."""

from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation.advance import restore
from alertnet.core.escalation.state import CalledOff, Event, Events, Failed, PlanChanged, Status
from alertnet.core.incident import CloseReason, IncidentStatus, as_ref
from alertnet.core.notification import AttemptStatus, Kind, PromptAnswer, PromptKind
from alertnet.flows.credentials.written_codes import mark_open
from alertnet.flows.escalation.escalate import move, stop_what_reaches_nobody
from alertnet.flows.notifications import field_reassurance, prompts
from alertnet.flows.notifications.cancel_messages import cancel_asking, cancel_queued, cancel_unwanted, wanted_by
from alertnet.flows.notifications.stand_down import stand_down, undo_stand_down
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.queues import incident_attempts
from alertnet.store.records import incidents as incident_store
from alertnet.store.records.escalations import save_broken


def close_incident(
    locked: LockedIncident,
    reason: CloseReason,
    *,
    named: str | None = None,
    text: str | None = None,
    by: str,
    in_silence: bool = False,
) -> None:
    """Close the incident: escalations stop, alarms fall silent, and those who were told get the stand-down.

    `named`: the reference by which closing was asked for. Whoever closes a report may not have seen that it was merged.
    Refused of a merged part alone. `in_silence`: it can't be read, so nobody is told, since it is not known who may
    hear of it (A3).
    """
    if named is not None and as_ref(named) != locked.incident.ref:
        raise WrongState(
            f"incident {named}", f"part of {locked.incident.ref}", "close that one, or split this off first"
        )
    if not locked.is_open:
        raise WrongState(f"incident {locked.incident.ref}", "closed", "it can be closed once")
    end_incident(locked, reason, PromptAnswer.CLOSED)
    mark_open(locked, False)
    locked.record("incident_closed", reason=reason.value, text=text, by=by)
    locked.work.record_end(locked.incident.id)
    if in_silence:
        cancel_queued(locked)
    else:
        stand_down(locked)
        field_reassurance.tell(locked, Subject.CLOSED)


def end_incident(locked: LockedIncident, reason: CloseReason, why: PromptAnswer) -> None:
    """Stop everything that the incident does by itself: its escalations, and its open prompts, answered with `why`."""
    closed_at = locked.tx.now
    locked.incident = replace(locked.incident, status=IncidentStatus.CLOSED, closed_at=closed_at, close_reason=reason)
    incident_store.save_status(locked.tx.session, locked.incident)
    for escalation in locked.escalations:
        locked.stop(escalation)
    save_broken(locked.tx.session, locked.broken, Status.STOPPED, None)
    asked = prompts.open_prompts(locked)
    for prompt in asked:
        prompts.answer_prompt(locked, prompt.id, why, None)
    cancel_unwanted(locked)
    cancel_asking(locked, {prompt.id for prompt in asked if prompt.kind == PromptKind.TASK})


def reopen_incident(locked: LockedIncident, *, by: str, reason: str | None = None) -> None:
    """Reopen a closed incident: each escalation stands where it stood, with as much time left as it had."""
    closed_at = locked.incident.closed_at
    if locked.is_open or closed_at is None:
        raise WrongState(f"incident {locked.incident.ref}", "open", "only a closed one can be reopened")
    mark_open(locked, True)
    locked.record("incident_reopened", by=by, reason=reason)
    resume(locked, closed_at, PromptAnswer.CLOSED)
    prompts.raise_prompt(locked, PromptKind.ALARM, Subject.REOPENED)
    let_leave(locked, closed_at)
    undo_stand_down(locked, closed_at)
    field_reassurance.tell(locked, Subject.REOPENED)


def resume(
    locked: LockedIncident, closed_at: datetime, why: PromptAnswer, answered: Events = MappingProxyType({})
) -> None:
    """Resume an incident that ended then for that reason; `answered`: answers given meanwhile."""
    locked.incident = replace(locked.incident, status=IncidentStatus.OPEN, closed_at=None, close_reason=None)
    incident_store.save_status(locked.tx.session, locked.incident)
    for escalation in locked.escalations:
        escalation.state = restore(escalation.state, locked.tx.now, closed_at)
    save_broken(locked.tx.session, locked.broken, Status.RUNNING, locked.tx.now)
    stop_what_reaches_nobody(locked)
    asked = prompts.ask_anew(locked, closed_at, why)
    unheard = _unheard(locked, closed_at)
    move(locked, {tree: (PlanChanged(), *unheard.get(tree, ()), *answered.get(tree, ())) for tree in locked.states})
    prompts.ring_anew(locked, asked)


def let_leave(locked: LockedIncident, closed_at: datetime) -> None:
    """Release what the end held back, where it is still wanted: its time had come but nobody was told."""
    held_back = incident_attempts.held_back(locked.tx.session, locked.incident.id, closed_at)
    is_wanted = wanted_by(locked)
    wanted = {alert.notification_id: alert for alert, of in held_back if not alert.is_erased and is_wanted(of)}
    for id, alert in wanted.items():
        locked.work.attempt(id, alert, extra=alert.extra)
        locked.work.show(id, AttemptStatus.QUEUED)


def _unheard(locked: LockedIncident, closed_at: datetime) -> dict[str, list[Event]]:
    """By tree, what did not arrive while nothing could follow from it, and what was held back and then erased."""
    session, id = locked.tx.session, locked.incident.id
    events: dict[str, list[Event]] = {}
    for method, failure, coverage in incident_attempts.failed(session, id, closed_at):
        failed = Failed(coverage.contact, coverage.method_index, failure.stale_kinds(method))
        events.setdefault(coverage.escalation, []).append(failed)
    for alert, coverage in incident_attempts.held_back(session, id, closed_at):
        if alert.is_erased and alert.kind is Kind.ALERT:
            called_off = CalledOff(coverage.contact, coverage.method_index, coverage.level_index)
            events.setdefault(coverage.escalation, []).append(called_off)
    return locked.by_tree(events)
