"""What sends reveal about their provider: a circuit breaker for each provider and method, shared by all workers."""

from dataclasses import replace
from datetime import timedelta

from alertnet.channels.base import Cause, NotSent, Result, Unsure
from alertnet.core.delivery.circuit_breaker import Breaker, after_fault, after_probe, after_success, after_too_fast
from alertnet.core.delivery.provider_routes import FIRST, Route
from alertnet.flows.sending.locked_attempt import LockedAttempt
from alertnet.flows.sending.render_and_send import OURS
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues import circuit_breakers as breaker_store
from alertnet.store.records import timeline

PROBE = timedelta(seconds=30)
"""How long a worker has to probe a provider."""


def note(tx: Tx, route: Route, result: Result, attempt: str | None = None) -> Breaker:
    """Record what an attempt tells about its provider, for all workers; returns the breaker as of now.

    A lost answer is no fault where a callback has already said that the provider has the attempt.
    """
    before = breaker_store.hold(tx, route)
    is_taken = isinstance(result, Unsure) and attempt is not None and attempt_store.is_bound(tx.session, attempt)
    after = after_success(before, tx.now) if is_taken else _after(before, result, tx)
    _replace(tx, route, before, after, code=getattr(result, "code", None))
    return after


def note_heard(attempt: LockedAttempt) -> None:
    """Record that a provider reported an attempt; where nobody knew yet that it has it, this shows that it works.

    A report that our account is refused does not. Call it before the attempt is finished: the breaker is locked before
    the system's history.
    """
    is_news = attempt.found.provider_id is None and attempt.provider_id is not None
    if not is_news and attempt.account_fault is None:
        return
    route = (attempt.found.method, attempt.found.provider or FIRST)
    before = breaker_store.hold(attempt.tx, route)
    if attempt.account_fault is None:
        after = after_success(before, attempt.tx.now)
    else:
        after = after_fault(before, attempt.tx.now, attempt.account_fault, is_certain=True)
    _replace(attempt.tx, route, before, after)


def claim_probe(tx: Tx, route: Route) -> bool:
    """Claim the probe of that provider; nobody else probes it for a while."""
    breaker = breaker_store.hold(tx, route)
    is_ours = breaker.is_open and breaker.try_at is not None and breaker.try_at <= tx.now
    if is_ours:
        breaker_store.keep(tx, route, replace(breaker, try_at=tx.now + PROBE))
    return is_ours


def record_probe(tx: Tx, route: Route, is_back: bool) -> Breaker:
    """Record a probe; if the provider is back, one attempt tries it."""
    before = breaker_store.hold(tx, route)
    after = after_probe(before, tx.now, is_back=is_back)
    breaker_store.keep(tx, route, after)
    if after.is_back and not before.is_back:
        release(tx, route)
    return after


def _after(breaker: Breaker, result: Result, tx: Tx) -> Breaker:
    if result in OURS:
        return breaker
    match result:
        case NotSent(retry_after=pause, cause=Cause.TOO_FAST):
            return after_too_fast(breaker, tx.now, pause)
        case NotSent(cause=Cause.PROVIDER | Cause.ACCOUNT as cause, fault=fault):
            return after_fault(breaker, tx.now, fault, is_certain=cause is Cause.ACCOUNT)
        case Unsure():
            return after_fault(breaker, tx.now)
    return after_success(breaker, tx.now)


def _replace(tx: Tx, route: Route, before: Breaker, after: Breaker, *, code: str | None = None) -> None:
    """Store the breaker, and tell what that changes."""
    if after != before:
        breaker_store.keep(tx, route, after)
    if after.bars_until(tx.now) is not None and before.bars_until(tx.now) is None:
        heartbeats.note(tx, heartbeats.barred(route))
    if after.opened_at is not None and before.opened_at is None:
        record_about(tx, route, "provider_away", code=code, fault=after.fault)
    if before.opened_at is not None and after.opened_at is None:
        record_about(tx, route, "provider_back", since=before.opened_at.isoformat())
        release(tx, route)


def record_about(tx: Tx, route: Route, kind: str, **payload: object) -> None:
    """Add a line about a provider to the system's history."""
    method, provider = route
    timeline.note(tx, kind, method=method.value, provider=provider, **payload)


def release(tx: Tx, route: Route) -> None:
    """Make due again what waits for the provider."""
    method, _ = route
    attempt_store.release(tx, method)
    tx.leaves_due()
