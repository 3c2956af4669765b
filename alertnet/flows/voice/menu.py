"""The keypad menu after a call's code: answer an alert, take an alarm or task, or decide (A6)."""

from alertnet.core.codec import value
from alertnet.core.disclosure import Said
from alertnet.core.errors import WrongState
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.notification import Kind, PromptAnswer
from alertnet.flows.escalation.record_decision import decide_prompt, hold_rest, was_opened
from alertnet.flows.escalation.record_response import Response, respond
from alertnet.flows.notifications import prompts
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.flows.voice.live_call import KeypadQuestion
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.prompts import Prompt

MENU, NEXT = KeypadQuestion("after", 1), KeypadQuestion("next", 1)
HOLD = "4"
"""The key by which a coordinator holds the next level."""
ANSWERS = {"1": AnswerKind.ACKNOWLEDGED, "2": AnswerKind.RELAYED, "3": AnswerKind.DECLINED}
DECISIONS = {"1": PromptAnswer.GO, "2": PromptAnswer.HOLD}


@value
class ToAnswer:
    """What a menu asks the listener at that address."""

    listener: Recipient
    kind: Kind
    address: str
    prompt_id: str | None

    @property
    def locked(self) -> LockedIncident:
        return self.listener.locked

    @property
    def prompt(self) -> Prompt:
        assert self.prompt_id is not None
        return prompt_store.as_of_now(self.locked.tx.session, self.prompt_id)


@value
class Reaction:
    """What to say to an answer, and what to ask next in those words. To silence it says nothing."""

    stages: tuple[str, ...] = ()
    ask: KeypadQuestion | None = None
    words: Said | None = None


def take_keys(asked: ToAnswer, digits: str) -> Reaction:
    """Record the answer. Keys that are no answer repeat the question."""
    if not asked.listener.may_answer(asked.address):
        return Reaction(("taken_care_of",))
    if asked.kind is Kind.DECISION:
        return _decide(asked, digits)
    if not digits:
        return Reaction()
    if asked.kind.is_alert and digits == HOLD and asked.listener.is_coordinator:
        hold_rest(asked.listener, Via.CALL, asked.address)
        return Reaction(("thanks_hold",))
    answer = ANSWERS.get(digits)
    if answer is None:
        return Reaction(ask=MENU)
    if asked.kind.is_alert:
        return _respond(asked, answer)
    answered = prompts.take if answer is AnswerKind.ACKNOWLEDGED else prompts.give_back
    counts = answered(asked.locked, asked.prompt, asked.listener.id)
    return Reaction((f"thanks_{answer}" if counts else "taken_care_of",))


def _decide(asked: ToAnswer, digits: str) -> Reaction:
    if not digits:
        return Reaction(("nothing_recorded",))
    decision = DECISIONS.get(digits)
    if decision is None:
        return Reaction(ask=MENU)
    prompt = asked.prompt
    try:
        if decision == PromptAnswer.HOLD or prompt.answer != decision:
            decide_prompt(asked.locked, prompt, decision, asked.listener.id)
    except WrongState:
        goes_ahead = prompt.answer != PromptAnswer.REFUSE and was_opened(asked.locked, prompt)
        return Reaction(("gone_ahead" if goes_ahead else "taken_care_of",))
    return Reaction((f"thanks_{decision}",))


def _respond(asked: ToAnswer, answer: AnswerKind) -> Reaction:
    """Record an answer. A coordinator who takes charge hears what comes next, and may hold it."""
    recorded = respond(asked.listener, Response(answer, Via.CALL, asked.address))
    if recorded.words.next_level is not None:
        return Reaction(ask=NEXT, words=recorded.words)
    return Reaction((f"thanks_{recorded.kind}",))
