"""A coordinator's acts on an incident, from any page: answer prompts, vouch, report, close (B4, A6)."""

import re

from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation.quorum import Action, AnswerKind
from alertnet.core.incident import CloseReason
from alertnet.core.notification import CALL_FAILURES, DECISIONS, Kind, PromptAnswer, PromptKind
from alertnet.flows.escalation import report_action
from alertnet.flows.escalation.decisions import must_have_seen_reopening
from alertnet.flows.escalation.record_decision import decide, decide_prompt
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.flows.notifications import prompts
from alertnet.flows.pages.contact_page import ANSWERS
from alertnet.flows.pages.linked_page import Sent
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.messages.page import Remark
from alertnet.store.records import notifications, timeline
from alertnet.store.records.prompts import Prompt

ACKNOWLEDGE, TAKE, AFTER_ALL = "acknowledge", "take", "go_after_all"
VOUCH, ACTION, CLOSE = "vouch", "action", "close"
ACTS = (VOUCH, ACTION, CLOSE)
SEEN = re.compile(r"[0-9]{1,9}", re.ASCII)


def is_allowed(locked: LockedIncident, sent: Sent) -> bool:
    """Whether every field that the act needs has an allowed value."""
    if sent.answer == CLOSE:
        return sent.reason in list(CloseReason)
    value = sent.kind in list(AnswerKind) if sent.answer == VOUCH else sent.action in list(Action)
    return value and sent.contact in {value for value, _ in contacts_of(locked)}


def seen_of(locked: LockedIncident) -> str:
    """Which incident a page shows, and the last entry of its history, for a form that closes it."""
    chain = locked.incident.id
    return f"{locked.incident.ref}.{timeline.heads_of(locked.tx.session, [chain])[chain].length}"


def has_changed(locked: LockedIncident, sent: Sent, by: str) -> bool:
    """Whether another coordinator has reopened the incident since the page was shown, or it was merged."""
    ref, _, length = sent.seen.partition(".")
    if not SEEN.fullmatch(length):
        return False
    try:
        must_have_seen_reopening(locked, int(length), by)
    except WrongState:
        return True
    return ref != locked.incident.ref


def carry_out(locked: LockedIncident, sent: Sent, by: str) -> tuple[Remark, ...]:
    """Carry out the act and return remarks on it. Sent again, it counts once."""
    if sent.answer == CLOSE:
        close_incident(locked, CloseReason(sent.reason), text=sent.note or None, by=by)
        return ()
    tree, _, contact = sent.contact.partition("/")
    recipient = locked.recipient(tree, contact)
    if sent.answer == VOUCH:
        report_action.vouch(recipient, AnswerKind(sent.kind), by=by)
        return (Remark("recorded_vouch", locked.tx.now),)
    if not report_action.is_reported(recipient, sent.action, sent.note):
        report_action.report_action(recipient, Action(sent.action), note=sent.note or None)
    return (Remark("recorded_action", locked.tx.now),)


def answers_to(prompt: Prompt) -> tuple[str, ...]:
    if prompt.kind == PromptKind.TASK:
        return (TAKE, *ANSWERS, *CALL_FAILURES)
    return DECISIONS if prompt.kind == PromptKind.DECISION else (ACKNOWLEDGE,)


def was_refused(prompt: Prompt) -> bool:
    """Whether a report was said not to be genuine; it may be part of a genuine one by now."""
    return prompt.subject == Subject.VERIFY and prompt.answer == PromptAnswer.REFUSE


def answer(locked: LockedIncident, prompt: Prompt, said: str, by: str) -> None:
    """Answer a prompt. The same answer again counts once, but for a hold: who gave that one may have taken it back.

    Refused once something else was answered, or another has taken the alarm.
    """
    if prompt.kind == PromptKind.TASK:
        _report(locked, prompt, said, by)
    elif said == ACKNOWLEDGE:
        if not prompts.take(locked, prompt, by):
            raise WrongState("the alarm", prompt.answer or "over", "it was answered before")
    elif said == AFTER_ALL:
        if not locked.facts.verified:
            decide(locked, PromptAnswer.GO, by=by)
    elif said == PromptAnswer.HOLD or prompt.answer != said:
        decide_prompt(locked, prompt, PromptAnswer(said), by)


def _report(locked: LockedIncident, prompt: Prompt, said: str, by: str) -> None:
    if said == TAKE:
        if not prompts.take(locked, prompt, by):
            raise report_action.is_over(prompt)
    elif said in CALL_FAILURES:
        if prompt.answer != said:
            report_action.report_failure(locked, prompt, PromptAnswer(said), by)
    else:
        recipient = locked.recipient(locked.tree_of(prompt.escalation), prompt.contact)
        report_action.vouch(recipient, ANSWERS[said], by=by)


def contacts_of(locked: LockedIncident) -> list[tuple[str, str]]:
    """(tree/contact, name and id) of those who were told or are to be called, if they still may be."""
    kinds = (Kind.ALERT, Kind.REMINDER, Kind.TASK)
    told = sorted(notifications.told(locked.tx.session, locked.incident.every_id, kinds))
    known = (locked.recipient(*name) for name in told)
    return [("/".join(each.name), f"{each.contact.called} ({each.id})") for each in known if each.may_hear]
