"""Texts of known people that come while no incident is open: coordinators are alarmed and decide (A12).

Such a text is stored like an incident that nobody else is told of. A coordinator makes an incident of it, joins it to
an open one, or sets it aside, with one press; each raises `WrongState` where another did so before. What no coordinator
answers `repeat_prompt` makes an incident of.
"""

from dataclasses import replace

from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.inbound.field_report import UNKNOWN_TYPE
from alertnet.core.incident import TYPES, CloseReason, Facts, Severity
from alertnet.core.notification import PromptAnswer, PromptKind
from alertnet.flows.escalation.record_response import Response, respond
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.flows.incidents.merge import take_over_texts
from alertnet.flows.incidents.open_incident import begin_escalations, of_silence, plans_in_force, put_on_record
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.notifications.prompts import answer_prompt
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents as incident_store
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.editions import Edition
from alertnet.store.views.timeline_view import texts_of

RECEIVED_BY = {Via.SMS: "sms_received", Via.EMAIL: "mail_received"}
"""The entry of the history for what somebody wrote, by how it came."""


def keep_lone_text(tx: Tx, edition: Edition, facts: Facts, via: Via, **entry: object) -> LockedIncident:
    """Store a text; `entry`: the words as `text`, and whose they are, for the history."""
    locked = put_on_record(tx, edition, replace(facts, lone_text=True))
    locked.record(RECEIVED_BY[via], **entry)
    return locked


def facts_of_text(locked: LockedIncident, type: str | None, severity: Severity | None) -> Facts:
    """The facts that a coordinator makes of a text after reading it, by which it is verified."""
    type = type or UNKNOWN_TYPE
    return replace(
        locked.facts,
        type=type,
        severity=severity or TYPES[type].severity,
        verified=True,
        details="\n".join(text.words for text in texts_of(locked.tx.session, locked.incident.id)),
    )


def add_trees(locked: LockedIncident, edition: Edition, facts: Facts) -> None:
    """Put a text on the trees in force too that serve these facts, where it was stored as one of another place."""
    serving, _ = plans_in_force(locked.tx, edition, facts)
    missing = {id: edition.trees[id] for id in serving if id not in locked.incident.trees}
    if missing:
        locked.incident = replace(locked.incident, trees=locked.incident.trees | missing)
        incident_store.save_plan(locked.tx.session, locked.incident, locked.pruned())


def open_text(locked: LockedIncident, facts: Facts, *, by: str) -> None:
    """Make an incident of a text with those facts, as if it had been raised now."""
    _decide(locked, PromptAnswer.OPENED, by)
    locked.incident = replace(locked.incident, opened_at=locked.tx.now)
    incident_store.save_opening(locked.tx.session, locked.incident)
    locked.change_facts(replace(facts, lone_text=False))
    begin_escalations(locked, by=by)
    for warning in of_silence(locked.tx):
        locked.warn(warning)


def open_read_text(reader: Recipient, facts: Facts, address: str) -> None:
    """Make an incident of a text for a coordinator who has read it, and thereby takes charge."""
    open_text(reader.locked, facts, by=reader.id)
    # The alerts to whoever takes charge must be queued already, so that they can be cancelled.
    reader.locked.finish()
    respond(reader, Response(AnswerKind.ACKNOWLEDGED, Via.LINK, address))


def join_text(locked: LockedIncident, into: LockedIncident, *, by: str, besides: Recipient | None = None) -> None:
    """Join a text to an open incident, and tell its coordinators, except the one who did it, that there is news."""
    if not into.is_open or into.facts.lone_text:
        raise WrongState(f"incident {into.incident.ref}", "not open", "choose an incident that is")
    _decide(locked, PromptAnswer.JOINED, by)
    take_over_texts(locked, into, joined_by=by)
    notify_coordinators(into, Subject.NEWS, locked.facts.team or locked.incident.ref, besides=besides)
    locked.incident = replace(locked.incident, merged_into=into.incident.id)
    close_incident(locked, CloseReason.DUPLICATE, by=by)


def set_text_aside(locked: LockedIncident, *, by: str) -> None:
    """Close a text that is no incident."""
    _decide(locked, PromptAnswer.SET_ASIDE, by)
    close_incident(locked, CloseReason.RESOLVED, by=by)


def _decide(locked: LockedIncident, decision: PromptAnswer, by: str) -> None:
    if not (locked.is_open and locked.facts.lone_text):
        raise WrongState(f"text {locked.incident.ref}", "decided on", "look at what became of it")
    locked.record(f"text_{decision.value}", by=by)
    for prompt in prompt_store.of_incident(locked.tx.session, locked.incident.id):
        if prompt.kind == PromptKind.ALARM:
            answer_prompt(locked, prompt.id, decision, by)
