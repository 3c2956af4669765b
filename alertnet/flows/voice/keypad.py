"""What is keyed in a call that we placed: the code that proves a listener, then the answer of their own (A6).

The address to which the keys are brought says which try they are, so that a webhook that comes twice counts once.
"""

from alertnet.core.delivery.next_repeat import PROMPT_EVERY
from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.notification import Failure, Kind, PromptAnswer
from alertnet.flows.escalation.record_decision import decide_prompt, hold
from alertnet.flows.escalation.record_response import record_receipt, respond
from alertnet.flows.escalation.report_action import report_wrong_person, take_task
from alertnet.flows.notifications import prompts
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.voice.live_call import Call, Keyed, KeypadQuestion, Spoken, take_call
from alertnet.flows.voice.number_test import key_in_test
from alertnet.store.db.tx import Tx
from alertnet.store.records import prompts as prompt_store

TRIES = 3
MENU, NEXT = KeypadQuestion("after", 1), KeypadQuestion("next", 1)
HOLD = "4"
"""What a coordinator keys to hold what comes next."""
ANSWERS = {"1": AnswerKind.ACKNOWLEDGED, "2": AnswerKind.RELAYED, "3": AnswerKind.DECLINED}
THANKS = {
    AnswerKind.ACKNOWLEDGED: "thanks_acknowledged",
    AnswerKind.RELAYED: "thanks_relayed",
    AnswerKind.DECLINED: "thanks_declined",
}
DECISIONS = {"1": PromptAnswer.GO, "2": PromptAnswer.HOLD}


def key_in(tx: Tx, attempt_id: str, keyed: Keyed) -> Spoken | None:
    """What the call says to these keys; None when there is no such call. The same keys again have no further effect."""
    call = take_call(tx, attempt_id)
    if call is None:
        return key_in_test(tx, attempt_id, keyed)
    if call.placed.is_wrong_person:
        return call.say("wrong_person")
    if call.is_keyed:
        return _choose(call, keyed.digits)
    if not call.is_wanted:
        return call.say("taken_care_of")
    if keyed.is_wrong_person:
        return _fail(call)
    if call.placed.wrong_keys.tries >= TRIES:
        return call.say("nothing_recorded")
    if not keyed.digits:
        return _ask_once_more(call, keyed)
    return _accept(call) if _is_right(call, keyed) else _refuse(call, keyed)


def _is_right(call: Call, keyed: Keyed) -> bool:
    if not call.asks_for_pin:
        return keyed.digits == call.code
    # Brought twice, it is one try: the first time it was wrong.
    is_new = keyed.turn is None or keyed.turn > call.placed.wrong_keys.tries
    return is_new and call.proves(keyed.digits)


def _ask_once_more(call: Call, keyed: Keyed) -> Spoken:
    """Ask once more after silence, which is no wrong try; a second one is most likely a machine's."""
    if keyed.silent:
        return call.say("nothing_recorded")
    turn = keyed.turn or call.placed.wrong_keys.tries + 1
    return call.say(ask=call.ask_for_code("again", turn=turn, silent=True))


def _refuse(call: Call, keyed: Keyed) -> Spoken:
    before = call.placed.wrong_keys
    after = before.wrong(call.locked.tx.vault.code_hash(keyed.digits).hex(), keyed.turn)
    if after != before:
        call.attempt.change(wrong_keys=after.tries, keyed=list(after.keyed))
        call.attempt.record("wrong_code_keyed", turn=after.tries)
        call.count_wrong_try()
    if after.tries >= TRIES:
        return call.say("nothing_recorded")
    return call.say(ask=call.ask_for_code("again", turn=after.tries + 1))


def _fail(call: Call) -> Spoken:
    """Take a number for a stranger's. Where a PIN is set anybody could say so: people hear of it, nothing stops."""
    if call.asks_for_pin:
        if call.placed.wrong_keys.tries < TRIES:
            call.attempt.change(wrong_keys=TRIES)
            call.attempt.record("wrong_person_unproved")
            notify_coordinators(call.locked, Subject.WRONG_PERSON, call.placed.contact)
        return call.say("nothing_recorded")
    call.attempt.failed(Failure.WRONG_PERSON, tell=False)
    call.attempt.work.flush()
    report_wrong_person(call.locked, call.placed.tree, call.placed.contact, call.placed.address)
    return call.say("wrong_person")


def _accept(call: Call) -> Spoken:
    """Take a right code: somebody listens. Whoever hangs up now has received the call, and taken nothing on."""
    # From here on the call is delivered: what an answer in it makes pointless is hung up, and never this very call.
    call.accept()
    if call.kind.is_alert:
        record_receipt(call.locked, call.placed.tree, call.placed.contact, call.placed.address)
    return call.say(ask=MENU)


def _choose(call: Call, digits: str) -> Spoken:
    """Take the keys after the code. Silence ends the call; what is none of the answers hears them again."""
    if not call.may_answer:
        return call.say("taken_care_of")
    if call.kind is Kind.DECISION:
        return _decide(call, digits)
    if not digits:
        return call.say()
    answer = ANSWERS.get(digits)
    if call.kind.is_alert and digits == HOLD and call.locked.is_coordinator(call.placed.tree, call.placed.contact):
        hold(call.locked, call.placed.tree, call.placed.contact, Via.CALL, call.placed.address)
        return call.say("thanks_hold")
    if answer is None:
        return call.say(ask=MENU)
    if call.kind.is_alert:
        return _respond(call, answer)
    if answer is AnswerKind.DECLINED:
        _let_ring_on(call)
    elif not _take(call):
        return call.say("taken_care_of")
    return call.say(THANKS[answer])


def _take(call: Call) -> bool:
    """Take an alarm or a task, also for whoever it is passed on to; whether it was still to be taken."""
    prompt, contact = call.prompt, call.placed.contact
    if prompt.answered_by == contact and prompt.answer in (PromptAnswer.ACKNOWLEDGED, PromptAnswer.TAKEN):
        return True
    if prompt.is_open and call.kind is Kind.TASK:
        take_task(call.locked, prompt, contact)
    elif prompt.is_open:
        prompts.answer_prompt(call.locked, prompt.id, PromptAnswer.ACKNOWLEDGED, contact)
    return prompt.is_open


def _decide(call: Call, digits: str) -> Spoken:
    decision = DECISIONS.get(digits)
    if not digits:
        return call.say("nothing_recorded")
    if decision is None:
        return call.say(ask=MENU)
    try:
        if call.prompt.answer != decision:
            decide_prompt(call.locked, call.prompt, decision, call.placed.contact)
    except WrongState:
        return call.say("taken_care_of")
    return call.say(f"thanks_{decision}")


def _let_ring_on(call: Call) -> None:
    """Let a prompt ring for all coordinators again: who took it can't act after all."""
    prompt = call.prompt
    if prompt.answered_by == call.placed.contact:
        prompt_store.ask_anew(call.locked.tx.session, prompt, call.locked.tx.now + PROMPT_EVERY)
        call.locked.record("alarm_declined", alarm=prompt.id, by=call.placed.contact)


def _respond(call: Call, answer: AnswerKind) -> Spoken:
    """Take an answer. A coordinator who takes charge hears what comes next, and may hold it."""
    to = call.placed
    recorded = respond(call.locked, to.tree, to.contact, answer, Via.CALL, address=to.address)
    if recorded.words.next_level is not None:
        return call.say(ask=NEXT, words=recorded.words)
    return call.say(THANKS[recorded.kind])
