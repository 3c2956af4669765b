"""The start of an outgoing call that somebody, or a voicemail, picked up (A6, A9).

It says what a voicemail may keep, then asks the listener to key the spoken code. A call about no incident asks for
nothing unless it tests the number. Nor does a call to a contact from whom no answer is expected.
"""

from alertnet.core.notification import AttemptStatus, Kind
from alertnet.flows.sending.locked_attempt import lock_attempt
from alertnet.flows.sending.provider_health import note_heard
from alertnet.flows.voice import number_test
from alertnet.flows.voice.live_call import Spoken, is_long_over, take_call
from alertnet.flows.voice.menu import MENU
from alertnet.flows.voice.open_matters import is_anything_open
from alertnet.store.db.tx import Tx
from alertnet.store.records import notifications


def answer_call(tx: Tx, attempt_id: str, provider_id: str) -> Spoken | None:
    """What a call says first; None where there is no such call. If the provider asks again, it says the same.

    `provider_id`: the provider's id of the call, which a lost answer may have kept from us.
    """
    call = take_call(tx, attempt_id)
    if call is None:
        return _announce(tx, attempt_id, provider_id)
    if call.is_keyed and is_long_over(tx, call.placed):
        return None
    call.attempt.apply_status(provider_id, AttemptStatus.SENT)
    note_heard(call.attempt)
    if call.is_keyed:
        return call.say(ask=MENU)
    if call.placed.is_wrong_person or not is_anything_open(call):
        return call.say("taken_care_of")
    if call.kind.is_alert and not call.asks_for_code:
        return call.say("greeting")
    if not call.asks_for_code:
        return call.say("greeting", "after")
    if call.placed.wrong_keys.are_too_many:
        return call.say("nothing_recorded")
    call.give_code()
    return call.say("greeting", ask=call.ask_for_code(try_number=call.placed.wrong_keys.tries + 1))


def _announce(tx: Tx, attempt_id: str, provider_id: str) -> Spoken | None:
    locked = lock_attempt(tx, attempt_id)
    if locked is None or locked.found.incident_id or not locked.is_call:
        return None
    if locked.found.kind is Kind.TEST:
        return number_test.greet(locked, provider_id)
    locked.apply_status(provider_id, AttemptStatus.SENT)
    note_heard(locked)
    locked.finish()
    said = notifications.said_of(tx.session, locked.found.notification_id)
    return Spoken(locked.found.kind, locked.found.language, said, None, ("no_incident",), None)
