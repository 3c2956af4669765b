"""Calls to a contact, from the moment that somebody, or a voicemail, picks up: what is said, and what keys do (A6, A9).

A call says what a voicemail may keep, then asks the listener to key the spoken code, which proves that a person
listens; then it asks for the answer to each matter. A call about no incident asks for nothing unless it tests the
number; nor does a call to a contact from whom no answer is expected. The webhook's address says which try the keys are,
so a webhook that arrives twice counts once.
"""

from alertnet.core.disclosure import Subject
from alertnet.core.limits import MOST_WRONG_KEYS
from alertnet.core.notification import AttemptStatus, Failure, Kind
from alertnet.flows.escalation.bad_addresses import report_wrong_person
from alertnet.flows.escalation.record_response import record_receipt
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.sending.locked_attempt import lock_attempt
from alertnet.flows.sending.provider_health import note_heard
from alertnet.flows.voice import number_test
from alertnet.flows.voice.further_matters import answer_further, go_on, is_anything_open
from alertnet.flows.voice.live_call import Call, Keyed, Spoken, is_long_over, take_call
from alertnet.flows.voice.menu import MENU, ToAnswer, take_keys
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
    attempt = lock_attempt(tx, attempt_id)
    if attempt is None or attempt.found.incident_id or not attempt.is_call:
        return None
    if attempt.found.kind is Kind.TEST:
        return number_test.greet(attempt, provider_id)
    attempt.apply_status(provider_id, AttemptStatus.SENT)
    note_heard(attempt)
    attempt.finish()
    said = notifications.said_of(tx.session, attempt.found.notification_id)
    return Spoken(attempt.found.kind, attempt.found.language, said, None, ("no_incident",), None)


def key_in(tx: Tx, attempt_id: str, keyed: Keyed) -> Spoken | None:
    """What the call says to these keys; None where there is no such call, or it ended long ago.

    Repeating the same keys has no further effect.
    """
    if keyed.about is not None:
        return answer_further(tx, attempt_id, keyed.about, keyed.digits)
    call = take_call(tx, attempt_id)
    if call is None:
        return number_test.key_in_test(tx, attempt_id, keyed)
    if is_long_over(tx, call.placed):
        return None
    if call.placed.is_wrong_person:
        return call.say("wrong_person")
    if call.is_keyed:
        return _choose(call, keyed.digits)
    if not is_anything_open(call):
        return call.say("taken_care_of")
    if keyed.is_wrong_person:
        return _fail(call)
    if call.placed.wrong_keys.are_too_many:
        return call.say("nothing_recorded")
    if not keyed.digits:
        return _ask_once_more(call, keyed)
    return _accept(call) if _is_right(call, keyed) else _refuse(call, keyed)


def _is_right(call: Call, keyed: Keyed) -> bool:
    if not call.asks_for_pin:
        return keyed.digits == call.code
    # A wrong PIN that the provider delivers twice counts as one try.
    is_new = keyed.try_number is None or keyed.try_number > call.placed.wrong_keys.tries
    return is_new and call.proves(keyed.digits)


def _ask_once_more(call: Call, keyed: Keyed) -> Spoken:
    """Ask once more after silence, which is no wrong try. After a second silence it is most likely a machine."""
    if keyed.silent:
        return call.say("nothing_recorded")
    try_number = keyed.try_number or call.placed.wrong_keys.tries + 1
    return call.say(ask=call.ask_for_code("again", try_number=try_number, silent=True))


def _refuse(call: Call, keyed: Keyed) -> Spoken:
    before = call.placed.wrong_keys
    after = before.wrong(call.locked.tx.vault.code_hash(keyed.digits).hex(), keyed.try_number)
    if after != before:
        call.attempt.change(wrong_keys=after.tries, keyed=list(after.keyed))
        call.attempt.record("wrong_code_keyed", turn=after.tries)
        call.count_wrong_try()
    if after.are_too_many:
        return call.say("nothing_recorded")
    return call.say(ask=call.ask_for_code("again", try_number=after.tries + 1))


def _fail(call: Call) -> Spoken:
    """Mark the number as a stranger's.

    Where a PIN is set, anybody could claim that, so coordinators are told instead.
    """
    if call.asks_for_pin:
        if not call.placed.wrong_keys.are_too_many:
            call.attempt.change(wrong_keys=MOST_WRONG_KEYS)
            call.attempt.record("wrong_person_unproved")
            notify_coordinators(call.locked, Subject.WRONG_PERSON, call.placed.contact)
        return call.say("nothing_recorded")
    call.attempt.failed(Failure.WRONG_PERSON, tell=False)
    call.attempt.work.flush()
    report_wrong_person(call.listener, call.placed.address)
    return call.say("wrong_person")


def _accept(call: Call) -> Spoken:
    """Accept a right code: somebody is listening. Who hangs up now has received the call, but taken nothing on."""
    # From here on the call counts as delivered, so an answer given in it can't hang up this very call.
    is_wanted = call.is_wanted
    call.accept()
    if not is_wanted:
        return go_on(call.locked.tx, call.placed, call.say())
    if call.kind.is_alert:
        record_receipt(call.listener, call.placed.address)
    return call.say(ask=MENU)


def _choose(call: Call, digits: str) -> Spoken:
    """Handle keys after the code, and go on with other open matters. Keys that are no answer repeat the question."""
    placed = call.placed
    reaction = take_keys(ToAnswer(call.listener, call.kind, placed.address, placed.prompt_id), digits)
    if reaction.ask is not None:
        return call.say(ask=reaction.ask, words=reaction.words)
    return go_on(call.locked.tx, placed, call.say(*reaction.stages))
