"""Answers by SMS with a valid code: acknowledges, passes on or declines alerts, decides, takes alarms (A6, B4)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from alertnet.core.codec import value
from alertnet.core.disclosure import Said, Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation.quorum import Action, AnswerKind
from alertnet.core.inbound.sms_answers import Verb, WrittenAnswer
from alertnet.core.notification import Kind, PromptAnswer, PromptKind
from alertnet.flows.credentials.written_codes import known_code
from alertnet.flows.escalation.record_decision import decide_prompt, decide_rest, hold_rest, is_on_hold, was_opened
from alertnet.flows.escalation.record_response import Response, respond
from alertnet.flows.escalation.report_action import report_action, vouch
from alertnet.flows.incidents.lone_text import RECEIVED_BY
from alertnet.flows.notifications.compose import said
from alertnet.flows.notifications.contact_pins import keep_duress
from alertnet.flows.notifications.floods import ring_once
from alertnet.flows.notifications.prompts import give_back, is_taken_on, take, words_of_prompt
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.credentials.codes import HeldCode
from alertnet.store.records.inbound import Addressee, InboundText, Reply
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


@value
class _TextedAnswer:
    """An answer in a text, with the code that it names, and the contact whose code that is."""

    inbound: InboundText
    answer: WrittenAnswer
    code: HeldCode
    holder: Recipient

    @property
    def locked(self) -> LockedIncident:
        return self.holder.locked


def record_answers(
    text: InboundText, answers: Sequence[tuple[WrittenAnswer, HeldCode]], incidents: Mapping[str, LockedIncident]
) -> Reply | None:
    """Record every answer of a text. One of them gets the reply, the others are confirmed by an SMS each.

    `incidents`: of all the answers, locked since before the codes were found valid.
    """
    reply: Reply | None = None
    by_incident = groupby(sorted(answers, key=lambda each: each[1].incident), key=lambda each: each[1].incident)
    for incident, group in by_incident:
        locked = incidents[incident]
        for place, (answer, code) in enumerate(group):
            texted = _TextedAnswer(text, answer, code, locked.recipient(code.tree, code.contact))
            if place == 0:
                keep_text(texted.holder, text)
            given = _record(texted, replying=reply is None)
            reply = reply or given
            # The next answer may be about the same contact, and must find this one on record.
            locked.finish()
    return reply


def _record(texted: _TextedAnswer, *, replying: bool) -> Reply | None:
    locked, code = texted.locked, texted.code
    if not texted.holder.may_hear:
        ring_once(locked, Subject.NOT_UNDERSTOOD, code.contact)
        return None
    if not locked.is_open:
        return _reply(texted, Kind.ALREADY_CLOSED)
    if code.prompt is not None:
        prompt = prompt_store.as_of_now(locked.tx.session, code.prompt)
        match PromptKind(prompt.kind):
            case PromptKind.DECISION:
                return _decide(texted, prompt)
            case PromptKind.TASK:
                return _report(texted, prompt)
            case _:
                return _take_alarm(texted, prompt)
    if texted.answer.verb in (Verb.GO, Verb.HOLD):
        return _decide_by_own_code(texted)
    return _respond(texted, replying=replying)


def _respond(texted: _TextedAnswer, *, replying: bool) -> Reply:
    text, answer = texted.inbound, texted.answer
    done = answer.verb is Verb.DONE
    response = Response(KINDS[answer.verb], text.via, text.sender, note=None if done else answer.note, at=text.heard_at)
    recorded = respond(texted.holder, response, replying=replying)
    words = recorded.words
    if done:
        # The action is told in free text; `observed` claims the least of the actions that end the wait for one.
        report_action(texted.holder, Action.OBSERVED, at=text.heard_at, note=answer.note, in_words=True)
        words = replace(words, subject=Subject.ACTION, at=texted.locked.tx.now)
    return reply_to_holder(texted.holder, recorded.confirmed_by, words)


def _decide_by_own_code(texted: _TextedAnswer) -> Reply:
    """GO or HOLD with the code of an alert: from a coordinator it means the incident's oldest open question.

    Where none is open, it is about whatever comes next.
    """
    locked, holder = texted.locked, texted.holder
    if holder.is_coordinator:
        session, incident = locked.tx.session, locked.incident.id
        question = prompt_store.oldest_decision(session, incident)
        if question is None and texted.answer.verb is Verb.HOLD:
            return _hold(texted)
        if question is None and is_on_hold(holder):
            decide_rest(holder, PromptAnswer.GO, texted.inbound.heard_at)
            stays = is_on_hold(holder)
            return _reply(texted, Kind.RECORDED, subject=Subject.HOLD if stays else Subject.GO, at=locked.tx.now)
        question = question or prompt_store.last_decision(session, incident)
        if question is not None:
            return _decide(texted, question)
    ring_once(locked, Subject.NOT_UNDERSTOOD, holder.id)
    is_answered = holder.current_answer() is not None
    return _reply(texted, Kind.NOT_UNDERSTOOD, code=None if is_answered else texted.code.text)


def _hold(texted: _TextedAnswer) -> Reply:
    words = hold_rest(texted.holder, texted.inbound.via, texted.inbound.sender, texted.inbound.heard_at).words
    if is_on_hold(texted.holder):
        words = replace(words, subject=Subject.HOLD, at=texted.locked.tx.now)
    return reply_to_holder(texted.holder, Kind.RECORDED, words)


def _decide(texted: _TextedAnswer, question: Prompt) -> Reply:
    decision = DECISIONS.get(texted.answer.verb)
    if decision is None:
        return _ask_again(texted, question)
    if _is_older(texted, question):
        return _reply_current(texted, question)
    try:
        decide_prompt(texted.locked, question, decision, texted.holder.id)
    except WrongState:
        return _reply_current(texted, question)
    return _reply(texted, Kind.RECORDED, subject=SUBJECTS_OF_ANSWERS[decision], at=texted.locked.tx.now)


def _is_older(texted: _TextedAnswer, prompt: Prompt) -> bool:
    """Whether it was written before the prompt got the answer that it has."""
    written_at, answered_at = texted.inbound.heard_at, prompt.answered_at
    return written_at is not None and answered_at is not None and written_at < answered_at


def _ask_again(texted: _TextedAnswer, question: Prompt) -> Reply:
    """Reply with the question, since a code without GO or HOLD decides nothing, and with them reports nothing."""
    if not question.is_open:
        return _reply_current(texted, question)
    return _reply(texted, Kind(question.kind), code=texted.code.text, **words_of_prompt(texted.locked, question))


def _take_alarm(texted: _TextedAnswer, prompt: Prompt) -> Reply:
    """Silence an alarm that somebody takes; if they can't or pass it on, it rings on, even if they took it before."""
    locked, holder, verb = texted.locked, texted.holder, texted.answer.verb
    if verb in (Verb.NO, Verb.RELAY):
        if not _is_older(texted, prompt) and give_back(locked, prompt, holder.id):
            return _reply(texted, Kind.DECLINED, code=texted.code.text, at=locked.tx.now)
    elif prompt.is_open and take(locked, prompt, holder.id):
        return _reply(texted, Kind.RECORDED, subject=Subject.ACKNOWLEDGED, at=locked.tx.now)
    wanted = _code_wanted_instead(holder) if prompt.answer == PromptAnswer.OPENED else None
    if wanted is not None:
        return _reply(texted, Kind.NOT_UNDERSTOOD, open_codes=(wanted,))
    return _reply_current(texted, prompt)


def _code_wanted_instead(holder: Recipient) -> str | None:
    """The contact's own code in the incident that a text has become, while nobody has taken charge of it."""
    if is_taken_on(holder.locked) or holder.current_answer() is not None:
        return None
    return known_code(holder)


def _report(texted: _TextedAnswer, task: Prompt) -> Reply:
    """Record a task's result: the contact's answer, for which the coordinator vouches, and with DONE its action."""
    locked, answer, at = texted.locked, texted.answer, texted.inbound.heard_at
    if answer.verb not in KINDS:
        return _ask_again(texted, task)
    done = answer.verb is Verb.DONE
    called = locked.recipient(locked.tree_of(task.escalation), task.contact)
    try:
        vouch(called, KINDS[answer.verb], by=texted.holder.id, note=None if done else answer.note, at=at)
    except WrongState:
        return _reply_settled(texted)
    if done:
        report_action(called, Action.OBSERVED, at=at, note=answer.note, in_words=True)
    return _reply(texted, Kind.RECORDED, subject=Subject.ACTION, at=locked.tx.now)


def _reply_current(texted: _TextedAnswer, prompt: Prompt) -> Reply:
    """Reply with what was answered before, and by which coordinator, or that nothing more is wanted."""
    locked, subject = texted.locked, SUBJECTS_OF_ANSWERS.get(prompt.answer or "")
    if subject is None and was_opened(locked, prompt):
        return _reply(texted, Kind.NOTICE, subject=Subject.GO, about=prompt.about, at=prompt.answered_at)
    if subject is None:
        return _reply_settled(texted)
    # As if it were its own, the sender would not see that somebody else has decided otherwise.
    by = prompt.about if prompt.kind == PromptKind.TASK else prompt.answered_by
    if subject is not Subject.REFUSED and by in {contact for _, contact in texted.holder.names}:
        return _reply(texted, Kind.RECORDED, subject=subject, at=prompt.answered_at)
    known = {contact.id for _, contact in locked.plans.coordinators} | {prompt.about}
    return _reply(texted, Kind.NOTICE, subject=subject, about=by if by in known else None, at=prompt.answered_at)


def _reply_settled(texted: _TextedAnswer) -> Reply:
    """Reply that the code is needed no more, while its incident goes on."""
    return _reply(texted, Kind.ALREADY_CLOSED, subject=Subject.ACKNOWLEDGED)


def _reply(texted: _TextedAnswer, kind: Kind, /, **words: Any) -> Reply:
    return reply_to_holder(texted.holder, kind, replace(said(texted.holder), **words))


def keep_text(writer: Recipient, text: InboundText) -> None:
    """Record what a contact wrote, unchanged, in the incident's history, and tell of duress."""
    writer.locked.record(RECEIVED_BY[text.via], tree=writer.tree, contact=writer.id, text=text.body, **text.attachments)
    if text.is_forced:
        keep_duress(writer.locked, writer.tree, writer.id, text.via)


def reply_to_holder(holder: Recipient, kind: Kind, words: Said) -> Reply:
    """A reply to a code's holder, in its language."""
    incident = holder.locked.incident
    to = Addressee(holder.id, holder.tree, incident.id)
    return Reply(kind, holder.contact.language, words, incident.templates, to=to)
