"""Status callbacks: lost, doubled, in any order, sooner than our own commit; each brings an attempt only further."""

from alertnet.core.delivery.provider_codes import Code, outcome_of_call, outcome_of_sms
from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import Failure
from alertnet.flows.sending.locked_attempt import LockedAttempt, lock_attempt
from alertnet.flows.sending.provider_health import note_heard
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats


def track_sms(tx: Tx, attempt_id: str, provider_id: str, status: str, error_code: Code = None) -> None:
    """Take a MessageStatus and its ErrorCode, if there is such an attempt."""
    locked = lock_attempt(tx, attempt_id)
    if locked is None:
        return
    outcome, failure = outcome_of_sms(status, error_code)
    locked.apply_status(provider_id, outcome, failure, error_code)
    _finish(locked, MethodKind.SMS, failure)


def track_call(
    tx: Tx, attempt_id: str, provider_id: str, status: str, sip_code: Code = None, error_code: Code = None
) -> None:
    """Take a CallStatus with its SipResponseCode and ErrorCode, if there is such an attempt.

    A call that ended without its code has failed, whoever picked up.
    """
    locked = lock_attempt(tx, attempt_id)
    if locked is None:
        return
    outcome, failure = outcome_of_call(status, sip_code, error_code)
    locked.apply_status(provider_id, outcome, failure, error_code or sip_code)
    _finish(locked, MethodKind.CALL, failure)


def _finish(locked: LockedAttempt, method: MethodKind, failure: Failure | None) -> None:
    note_heard(locked)
    locked.finish()
    if failure is not Failure.OUR_ACCOUNT:
        heartbeats.note_report(locked.tx, method)
