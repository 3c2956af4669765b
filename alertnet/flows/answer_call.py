"""Somebody, or something, picked up: what a voicemail may keep, then the code that only a listener can key (A6, A9)."""

from alertnet.core.notification import AttemptStatus, Failure
from alertnet.flows.calls import Spoken, take_call
from alertnet.flows.keypad import MENU, TRIES
from alertnet.store.tx import Tx


def answer_call(tx: Tx, attempt_id: str, provider_id: str) -> Spoken | None:
    """What a call says first; None when there is no such call. Asked again, it says the same.

    `provider_id`: the provider's id of the call, which a lost answer may have kept from us.
    """
    call = take_call(tx, attempt_id)
    if call is None:
        return None
    call.held.fares(provider_id, AttemptStatus.SENT)
    if call.is_keyed:
        return call.say(ask=MENU)
    if call.row.failure == Failure.WRONG_PERSON.value or not call.is_wanted:
        return call.say("taken_care_of")
    if not call.asks_for_code:
        return call.say("greeting", "after")
    if call.row.wrong_keys >= TRIES:
        return call.say("nothing_recorded")
    call.give_code()
    return call.say("greeting", ask=call.ask_for_code(turn=call.row.wrong_keys + 1))
