"""Outcomes of sends: recorded once by the holder of the lease, and updated by callbacks (A5, B3).

Callbacks are lost, doubled, in any order, and may come before our own commit.
"""

from collections.abc import Sequence
from datetime import timedelta

from alertnet.channels.base import Accepted, NotSent, Refused, Result, Unsure
from alertnet.core.codec import value
from alertnet.core.delivery.circuit_breaker import believed, pause_after
from alertnet.core.delivery.provider_codes import Code, outcome_of_call, outcome_of_sms
from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import AttemptStatus, Failure
from alertnet.flows.sending.locked_attempt import LockedAttempt, lock_attempt, lock_attempts
from alertnet.flows.sending.provider_health import note_heard
from alertnet.flows.sending.render_and_send import TurnedAway
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats


def track_sms(tx: Tx, attempt_id: str, provider_id: str, status: str, error_code: Code = None) -> None:
    """Apply a MessageStatus and its ErrorCode, if there is such an attempt."""
    _track(tx, attempt_id, provider_id, MethodKind.SMS, outcome_of_sms(status, error_code), error_code)


def track_call(
    tx: Tx, attempt_id: str, provider_id: str, status: str, sip_code: Code = None, error_code: Code = None
) -> None:
    """Apply a CallStatus with its SipResponseCode and ErrorCode, if there is such an attempt.

    A call that ended without its code has failed, whoever answered it.
    """
    outcome = outcome_of_call(status, sip_code, error_code)
    _track(tx, attempt_id, provider_id, MethodKind.CALL, outcome, error_code or sip_code)


def _track(
    tx: Tx,
    attempt_id: str,
    provider_id: str,
    method: MethodKind,
    outcome: tuple[AttemptStatus, Failure | None],
    code: Code,
) -> None:
    attempt = lock_attempt(tx, attempt_id)
    if attempt is None:
        return
    status, failure = outcome
    attempt.apply_status(provider_id, status, failure, code)
    note_heard(attempt)
    attempt.finish()
    if failure is not Failure.OUR_ACCOUNT:
        heartbeats.note_report(tx, method)


@value
class SendOutcome:
    """A channel's result for an attempt sent under that lease."""

    attempt: str
    lease: str
    result: Result | TurnedAway | None
    """None: never given to the channel, because the lease was over or the database gave no answer."""


def record(tx: Tx, outcome: SendOutcome) -> None:
    attempt = lock_attempt(tx, outcome.attempt)
    if attempt is not None:
        _record(attempt, outcome)
        attempt.finish()


def record_each(tx: Tx, outcomes: Sequence[SendOutcome]) -> list[bool]:
    """Record several outcomes at once; False for one to be recorded alone, since another flow holds its incident."""
    attempts = lock_attempts(tx, [each.attempt for each in outcomes])
    for each in outcomes:
        if each.attempt in attempts:
            _record(attempts[each.attempt], each)
    for attempt in attempts.values():
        attempt.finish()
    return [each.attempt in attempts for each in outcomes]


def _record(attempt: LockedAttempt, outcome: SendOutcome) -> None:
    # A worker that has lost the lease changes nothing but the id of what was accepted, so that callbacks and the
    # provider's answers can settle it; a message cancelled on its way has left all the same.
    result, is_ours = outcome.result, attempt.found.lease == outcome.lease
    if attempt.status is AttemptStatus.SENDING and is_ours:
        _apply(attempt, result)
    elif attempt.status is AttemptStatus.CANCELLED and (is_ours or isinstance(result, Accepted)):
        _apply_to_cancelled(attempt, result)
    elif isinstance(result, Accepted):
        attempt.bind(result.provider_id)


def _apply_to_cancelled(attempt: LockedAttempt, result: Result | TurnedAway | None) -> None:
    match result:
        case Accepted(provider_id, status):
            attempt.apply_status(provider_id, status)
        case Unsure(code):
            attempt.may_have_left(code)
        case _:
            attempt.never_left()


def _apply(attempt: LockedAttempt, result: Result | TurnedAway | None) -> None:
    match result:
        case Accepted(provider_id, status):
            attempt.apply_status(provider_id, status)
        case Refused(failure, code):
            attempt.failed(failure, code)
        case NotSent(code, retry_after):
            _wait(attempt, code, retry_after)
        case None:
            _wait(attempt, "withheld", None)
        case TurnedAway(code):
            attempt.turned_away(code)
        case Unsure(code):
            attempt.unsure(code)


def _wait(attempt: LockedAttempt, code: str, retry_after: timedelta | None) -> None:
    """Let it wait, since it surely has not left: it is tried again while it is wanted, within a minute."""
    pause = believed(retry_after) if retry_after else pause_after(attempt.found.delays)
    attempt.wait(attempt.tx.now + pause, code)
