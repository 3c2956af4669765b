"""A call that tests a number: the listener keys back three digits, which proves that somebody picked up."""

from dataclasses import replace

from alertnet.core.inbound.code_formats import SPOKEN_CODE_LENGTH
from alertnet.core.notification import AttemptStatus, Kind
from alertnet.flows.notifications.number_tests import CALL, record_answer
from alertnet.flows.sending.locked_attempt import FOLLOW_UP, LockedAttempt, lock_attempt
from alertnet.flows.sending.provider_health import note_heard
from alertnet.flows.voice.live_call import Keyed, KeypadQuestion, Spoken
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import number_tests
from alertnet.store.records.credentials.number_tests import WRONG
from alertnet.store.views.placed_call import PlacedCall, placed_call


def greet(attempt: LockedAttempt, provider_id: str) -> Spoken:
    """What the call says first, and the digits to key back. If the provider asks again, they are the same."""
    attempt.apply_status(provider_id, AttemptStatus.SENT)
    note_heard(attempt)
    placed = placed_call(attempt.tx.session, attempt.found.id)
    if placed.wrong_keys.are_too_many:
        return _say(attempt, placed, "nothing_recorded")
    if placed.spoken_code is None:
        code = attempt.tx.entropy.digits(SPOKEN_CODE_LENGTH)
        placed = replace(placed, spoken_code=code)
        attempt.change(spoken_code=code)
    return _say(attempt, placed, "greeting", ask=_question("code", placed.wrong_keys.tries + 1))


def key_in_test(tx: Tx, attempt_id: str, keyed: Keyed) -> Spoken | None:
    """What the call says to these keys; None where it is no test call.

    Repeating the same keys has no further effect.
    """
    attempt = lock_attempt(tx, attempt_id)
    if attempt is None or attempt.found.kind is not Kind.TEST or not attempt.is_call:
        return None
    placed = placed_call(tx.session, attempt_id)
    test = number_tests.by_notification(tx.session, placed.notification)
    assert test is not None, "each test was written with its notification"
    if keyed.is_wrong_person:
        record_answer(tx, test, WRONG)
        return _say(attempt, placed, "wrong_person")
    if placed.spoken_code is not None and keyed.digits == placed.spoken_code and not placed.wrong_keys.are_too_many:
        record_answer(tx, test, CALL)
        attempt.change(status=AttemptStatus.DELIVERED, due_at=tx.now + FOLLOW_UP, lease=None, changed_at=tx.now)
        return _say(attempt, placed, "after")
    after = placed.wrong_keys.wrong(tx.vault.code_hash(keyed.digits).hex(), keyed.try_number)
    attempt.change(wrong_keys=after.tries, keyed=list(after.keyed))
    if after.are_too_many:
        return _say(attempt, placed, "nothing_recorded")
    return _say(attempt, placed, ask=_question("again", after.tries + 1))


def _question(stage: str, try_number: int) -> KeypadQuestion:
    return KeypadQuestion(stage, SPOKEN_CODE_LENGTH, try_number)


def _say(attempt: LockedAttempt, placed: PlacedCall, *stages: str, ask: KeypadQuestion | None = None) -> Spoken:
    attempt.finish()
    said = replace(placed.said, spoken_code=placed.spoken_code)
    return Spoken(placed.kind, placed.language, said, None, stages, ask)
