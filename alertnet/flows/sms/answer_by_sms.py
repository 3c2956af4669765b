"""Answers by SMS with a valid code: acknowledges, passes on or declines alerts, decides, takes alarms (A6, B4)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from alertnet.core.disclosure import Said, Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation.quorum import Action, AnswerKind, Via
from alertnet.core.inbound.sms_answers import SmsAnswer, Verb
from alertnet.core.notification import Kind, PromptAnswer, PromptKind
from alertnet.flows.credentials.written_codes import known_code
from alertnet.flows.escalation.record_decision import decide_prompt, hold_rest, is_on_hold, release_rest
from alertnet.flows.escalation.record_response import Response, respond
from alertnet.flows.escalation.report_action import report_action, vouch
from alertnet.flows.incidents.lone_text import RECEIVED
from alertnet.flows.notifications.compose import said
from alertnet.flows.notifications.floods import ring_once
from alertnet.flows.notifications.prompts import answer_prompt, is_taken_on, subject_of
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.credentials.codes import HeldCode
from alertnet.store.records.inbound import Addressee, InboundSms, Reply
from alertnet.store.records.prompts import Prompt

KINDS = {
    Verb.OK: AnswerKind.ACKNOWLEDGED,
    Verb.DONE: AnswerKind.ACKNOWLEDGED,
    Verb.RELAY: AnswerKind.RELAYED,
    Verb.NO: AnswerKind.DECLINED,
}
DECISIONS = {Verb.GO: PromptAnswer.GO, Verb.HOLD: PromptAnswer.HOLD, Verb.NO: PromptAnswer.HOLD}
SUBJECTS_OF_ANSWERS: Mapping[str, Subject] = {
    PromptAnswer.GO: Subject.GO,
    PromptAnswer.HOLD: Subject.HOLD,
    PromptAnswer.REFUSE: Subject.REFUSED,
    PromptAnswer.ACKNOWLEDGED: Subject.ACKNOWLEDGED,
}
"""The subject of a reply about an alarm or question that was answered before."""


def record_answers(
    sms: InboundSms, answers: Sequence[tuple[SmsAnswer, HeldCode]], incidents: Mapping[str, LockedIncident]
) -> Reply | None:
    """Record every answer of a text. One of them gets the reply, the others are confirmed by an SMS each.

    `incidents`: of all the answers, locked since before the codes were found valid.
    """
    reply: Reply | None = None
    by_incident = groupby(sorted(answers, key=lambda each: each[1].incident), key=lambda each: each[1].incident)
    for incident, group in by_incident:
        locked = incidents[incident]
        for place, (answer, code) in enumerate(group):
            if place == 0:
                keep_text(locked, code, sms)
            given = _record(locked, sms, answer, code, replying=reply is None)
            reply = reply or given
            # The next answer may be about the same contact, and must find this one on record.
            locked.finish()
    return reply


def _record(
    locked: LockedIncident, sms: InboundSms, answer: SmsAnswer, code: HeldCode, *, replying: bool
) -> Reply | None:
    if not locked.recipient(code.tree, code.contact).may_hear:
        ring_once(locked, Subject.NOT_UNDERSTOOD, code.contact)
        return None
    if not locked.is_open:
        return _reply(locked, code, Kind.ALREADY_CLOSED)
    if code.prompt is not None:
        prompt = prompt_store.as_of_now(locked.tx.session, code.prompt)
        match PromptKind(prompt.kind):
            case PromptKind.DECISION:
                return _decide(locked, code, prompt, answer)
            case PromptKind.TASK:
                return _report(locked, sms, code, prompt, answer)
            case _:
                return _take_alarm(locked, code, prompt, answer)
    if answer.verb in (Verb.GO, Verb.HOLD):
        return _decide_by_own_code(locked, sms, code, answer)
    return _respond(locked, sms, answer, code, replying=replying)


def _respond(locked: LockedIncident, sms: InboundSms, answer: SmsAnswer, code: HeldCode, *, replying: bool) -> Reply:
    done = answer.verb is Verb.DONE
    note = None if done else answer.note
    response = Response(KINDS[answer.verb], Via.SMS, sms.sender, note=note, at=sms.heard_at)
    recipient = locked.recipient(code.tree, code.contact)
    recorded = respond(recipient, response, replying=replying)
    words = recorded.words
    if done:
        # The action is told in free text; `observed` claims the least of the actions that end the wait for one.
        report_action(recipient, Action.OBSERVED, at=sms.heard_at, note=answer.note, in_words=True)
        words = replace(words, subject=Subject.ACTION, at=locked.tx.now)
    return reply_to_holder(locked, code, recorded.confirmed_by, words)


def _decide_by_own_code(locked: LockedIncident, sms: InboundSms, code: HeldCode, answer: SmsAnswer) -> Reply:
    """GO or HOLD with the code of an alert: from a coordinator it means the incident's oldest open question.

    Where none is open, it is about whatever comes next.
    """
    recipient = locked.recipient(code.tree, code.contact)
    if recipient.is_coordinator:
        session, incident = locked.tx.session, locked.incident.id
        question = prompt_store.oldest_decision(session, incident)
        if question is None and answer.verb is Verb.HOLD:
            return _hold(locked, sms, code)
        if question is None and is_on_hold(recipient):
            release_rest(recipient, sms.heard_at)
            stays = is_on_hold(recipient)
            return _reply(locked, code, Kind.RECORDED, subject=Subject.HOLD if stays else Subject.GO, at=locked.tx.now)
        question = question or prompt_store.last_decision(session, incident)
        if question is not None:
            return _decide(locked, code, question, answer)
    ring_once(locked, Subject.NOT_UNDERSTOOD, code.contact)
    is_answered = recipient.current_answer() is not None
    return _reply(locked, code, Kind.NOT_UNDERSTOOD, code=None if is_answered else code.text)


def _hold(locked: LockedIncident, sms: InboundSms, code: HeldCode) -> Reply:
    recipient = locked.recipient(code.tree, code.contact)
    words = hold_rest(recipient, Via.SMS, sms.sender, sms.heard_at).words
    if is_on_hold(recipient):
        words = replace(words, subject=Subject.HOLD, at=locked.tx.now)
    return reply_to_holder(locked, code, Kind.RECORDED, words)


def _decide(locked: LockedIncident, code: HeldCode, question: Prompt, answer: SmsAnswer) -> Reply:
    decision = DECISIONS.get(answer.verb)
    if decision is None:
        return _ask_again(locked, code, question)
    try:
        decide_prompt(locked, question, decision, code.contact)
    except WrongState:
        return _reply_current(locked, code, question)
    return _reply(locked, code, Kind.RECORDED, subject=SUBJECTS_OF_ANSWERS[decision], at=locked.tx.now)


def _ask_again(locked: LockedIncident, code: HeldCode, question: Prompt) -> Reply:
    """Reply with the question, since a code without GO or HOLD decides nothing, and with them reports nothing."""
    if not question.is_open:
        return _reply_current(locked, code, question)
    return _reply(
        locked,
        code,
        Kind(question.kind),
        code=code.text,
        subject=subject_of(locked, question),
        about=None if question.kind == Kind.TASK.value else question.about,
        level=question.level,
        contacts=question.contacts,
        automatic_at=question.automatic_at,
    )


def _take_alarm(locked: LockedIncident, code: HeldCode, prompt: Prompt, answer: SmsAnswer) -> Reply:
    """Silence an alarm that somebody takes; if they can't or pass it on, it rings on for the others."""
    if answer.verb in (Verb.NO, Verb.RELAY):
        return _reply(locked, code, Kind.DECLINED, code=code.text, at=locked.tx.now)
    if not prompt.is_open:
        wanted = _code_wanted_instead(locked, code) if prompt.answer == PromptAnswer.OPENED else None
        if wanted is not None:
            return _reply(locked, code, Kind.NOT_UNDERSTOOD, open_codes=(wanted,))
        return _reply_current(locked, code, prompt)
    answer_prompt(locked, prompt.id, PromptAnswer.ACKNOWLEDGED, code.contact)
    return _reply(locked, code, Kind.RECORDED, subject=Subject.ACKNOWLEDGED, at=locked.tx.now)


def _code_wanted_instead(locked: LockedIncident, code: HeldCode) -> str | None:
    """The contact's own code in the incident that a text has become, while nobody has taken charge of it."""
    recipient = locked.recipient(code.tree, code.contact)
    if is_taken_on(locked) or recipient.current_answer() is not None:
        return None
    return known_code(recipient)


def _report(locked: LockedIncident, sms: InboundSms, code: HeldCode, task: Prompt, answer: SmsAnswer) -> Reply:
    """Record a task's result: the contact's answer, for which the coordinator vouches, and with DONE its action."""
    if answer.verb not in KINDS:
        return _ask_again(locked, code, task)
    done = answer.verb is Verb.DONE
    note = None if done else answer.note
    called = locked.recipient(locked.tree_of(task.escalation), task.contact)
    try:
        vouch(called, KINDS[answer.verb], by=code.contact, note=note, at=sms.heard_at)
    except WrongState:
        return _reply_settled(locked, code)
    if done:
        report_action(called, Action.OBSERVED, at=sms.heard_at, note=answer.note, in_words=True)
    return _reply(locked, code, Kind.RECORDED, subject=Subject.ACTION, at=locked.tx.now)


def _reply_current(locked: LockedIncident, code: HeldCode, prompt: Prompt) -> Reply:
    """Reply with what was answered before, and by which coordinator, or that nothing more is wanted."""
    subject = SUBJECTS_OF_ANSWERS.get(prompt.answer or "")
    if subject is None and _was_opened(locked, prompt):
        return _reply(locked, code, Kind.NOTICE, subject=Subject.GO, about=prompt.about, at=prompt.answered_at)
    if subject is None:
        return _reply_settled(locked, code)
    # As if it were its own, the sender would not see that somebody else has decided otherwise.
    by = prompt.about if prompt.kind == PromptKind.TASK else prompt.answered_by
    own = {contact for _, contact in locked.recipient(code.tree, code.contact).names}
    if subject is not Subject.REFUSED and by in own:
        return _reply(locked, code, Kind.RECORDED, subject=subject, at=prompt.answered_at)
    known = {contact.id for _, contact in locked.plans.coordinators} | {prompt.about}
    return _reply(locked, code, Kind.NOTICE, subject=subject, about=by if by in known else None, at=prompt.answered_at)


def _reply_settled(locked: LockedIncident, code: HeldCode) -> Reply:
    """Reply that the code is needed no more, while its incident goes on."""
    return _reply(locked, code, Kind.ALREADY_CLOSED, subject=Subject.ACKNOWLEDGED)


def _was_opened(locked: LockedIncident, prompt: Prompt) -> bool:
    """Whether the level that was asked about has been opened, be it by itself at its time."""
    if prompt.kind != PromptKind.DECISION or prompt.subject != Subject.LEVEL:
        return False
    state = locked.states.get(locked.tree_of(prompt.escalation))
    return state is not None and any(run.index == prompt.level_index for run in state.runs)


def _reply(locked: LockedIncident, held: HeldCode, kind: Kind, /, **words: Any) -> Reply:
    return reply_to_holder(locked, held, kind, replace(said(locked.recipient(held.tree, held.contact)), **words))


def keep_text(locked: LockedIncident, code: HeldCode, sms: InboundSms) -> None:
    """Record what a contact wrote, unchanged, in the incident's history."""
    locked.record(RECEIVED, tree=code.tree, contact=code.contact, text=sms.body, **sms.attachments)


def reply_to_holder(locked: LockedIncident, code: HeldCode, kind: Kind, words: Said) -> Reply:
    """A reply to the code's holder, in the contact's language."""
    to = Addressee(code.contact, code.tree, locked.incident.id)
    return Reply(kind, locked.contact(code.tree, code.contact).language, words, locked.incident.templates, to=to)
