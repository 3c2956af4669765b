"""Settles unknown outcomes: the provider is asked, and what can't be found is sent once more (A5)."""

from collections.abc import Collection

from alertnet.channels.base import CannotTell, Found, Lookup
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import AttemptStatus, Failure
from alertnet.flows.notifications.cancel_messages import HANG_UP_WITHIN
from alertnet.flows.sending.claim_sends import LEASE, Claims
from alertnet.flows.sending.locked_attempt import FOLLOW_UP, LockedAttempt, lock_attempt
from alertnet.flows.sending.provider_health import note_heard
from alertnet.flows.sending.render_and_send import claimed_from
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues import due_attempts

ASK_AGAIN_AFTER = FOLLOW_UP
"""The provider's lists lag behind, so what it does not know yet is asked once more."""

MOST_QUERIES = 6
"""Queries about a message that the provider has: after 1, 2, 4, … 32 more minutes.

`sent` may be an SMS's last status.
"""


def expire_lease(tx: Tx, attempt_id: str) -> None:
    """End a lease whose holder has not reported, and may have died before or after sending: the outcome is unknown."""
    attempt = lock_attempt(tx, attempt_id)
    if attempt is None or attempt.status is not AttemptStatus.SENDING:
        return
    if attempt.found.due_at is None or attempt.found.due_at > tx.now:
        return
    attempt.unsure("lease")
    attempt.finish()


def claim_status_queries(tx: Tx, method: MethodKind, limit: int, others: Collection[str] = ()) -> Claims:
    """Claim, for a lease, the attempts that a provider is to be asked about now, except the `others`."""
    due, broken = due_attempts.with_words(tx.session, due_attempts.claim_to_ask(tx, method, limit, others))
    claimed = [claimed_from(tx, each, (each.provider or FIRST, each.sender or "")) for each in due]
    due_attempts.lease_to_ask(tx.session, claimed, tx.now + LEASE)
    return Claims(claimed, broken=broken)


def record_lookup(tx: Tx, attempt_id: str, lease: str, lookup: Lookup) -> None:
    """Apply the provider's answer.

    An outcome that two lookups, a minute apart, did not find is given up, and one marked re-send is queued; none where
    nobody wants it any more.
    """
    attempt = lock_attempt(tx, attempt_id)
    if attempt is None:
        return
    before = attempt.status
    if isinstance(lookup, Found) and not attempt_store.bound_elsewhere(tx.session, lookup.provider_id, attempt_id):
        attempt.apply_status(lookup.provider_id, lookup.status, lookup.failure, lookup.code)
    was_unreported = attempt.status in (AttemptStatus.DELIVERED, AttemptStatus.FAILED) and attempt.status is not before
    if attempt.status is before and attempt.found.lease == lease:
        _go_on_asking(attempt, lookup)
    note_heard(attempt)
    attempt.finish()
    if was_unreported:
        heartbeats.note_lost_report(tx, attempt.found.method, attempt.found.started_at or attempt.found.created_at)


def _go_on_asking(attempt: LockedAttempt, lookup: Lookup) -> None:
    """Ask again later, or give up, where the answer has changed nothing."""
    status = attempt.status
    is_cancelled = status is AttemptStatus.CANCELLED and attempt.found.due_at is not None
    # Of one that was cancelled on its way to the provider nobody knows yet whether it left.
    if status is AttemptStatus.UNKNOWN or (is_cancelled and attempt.provider_id is None):
        _give_up_or_ask_again(attempt)
    elif status in (AttemptStatus.SENT, AttemptStatus.DELIVERED):
        _ring_off(attempt)
        _look_again(attempt, was_asked=not (isinstance(lookup, CannotTell) and lookup.is_away))
    elif is_cancelled:
        _hang_up_again(attempt, lookup)


def _give_up_or_ask_again(attempt: LockedAttempt) -> None:
    if attempt.found.checks == 0:
        attempt.change(checks=1, due_at=attempt.tx.now + ASK_AGAIN_AFTER, lease=None)
        return
    found = attempt.found
    if attempt.status is AttemptStatus.CANCELLED:
        attempt.may_have_left(found.error or "lease", given_up=True)
        if not attempt.is_wanted_anew():
            attempt.forget_use()
        elif not found.extra:
            attempt.send_again()
        return
    attempt.failed(Failure.OUTCOME_UNKNOWN, found.error, tell=False)
    attempt.send_again()


def _ring_off(attempt: LockedAttempt) -> None:
    """Hang up a cancelled call that left and may still ring; the process that had to do so may have died."""
    is_alert_call = attempt.is_call and attempt.found.is_alert and attempt.status is AttemptStatus.SENT
    if is_alert_call and attempt.provider_id and not attempt.is_wanted():
        attempt.tx.hang_up(attempt.provider_id)


def _hang_up_again(attempt: LockedAttempt, lookup: Lookup) -> None:
    """Hang up a cancelled call again until the provider says that it is over, or it can't ring any more (A4)."""
    checks = attempt.found.checks + 1
    if (isinstance(lookup, Found) and lookup.status is not AttemptStatus.SENT) or checks >= MOST_QUERIES:
        attempt.change(due_at=None, lease=None)
    else:
        if attempt.provider_id is not None:
            attempt.tx.hang_up(attempt.provider_id)
        attempt.change(checks=checks, due_at=attempt.tx.now + HANG_UP_WITHIN, lease=None)


def _look_again(attempt: LockedAttempt, *, was_asked: bool) -> None:
    """Look again at an attempt whose end was not reported; a call can't last that long, and is given up.

    A provider that is away is asked when it is back, however long that takes: nothing is given up unasked.
    """
    checks = attempt.found.checks + (1 if was_asked else 0)
    if checks < MOST_QUERIES:
        attempt.change(checks=checks, due_at=attempt.tx.now + FOLLOW_UP * (1 << checks), lease=None)
    elif attempt.is_call and attempt.status is AttemptStatus.SENT:
        attempt.failed(Failure.OUTCOME_UNKNOWN)
    else:
        attempt.change(due_at=None, lease=None)
