"""Routes from a worker's view: the threads for each, what may leave by it, and whether its provider is away."""

from collections.abc import Iterator, Mapping
from functools import partial

import structlog

from alertnet.channels.base import Accepted, Refused, Result
from alertnet.core.delivery.circuit_breaker import SOUND, Breaker
from alertnet.core.delivery.provider_routes import FIRST, PROVIDERS, Route, route_name
from alertnet.core.directory.contact import MethodKind
from alertnet.flows.sending import claim_sends as claims
from alertnet.flows.sending import provider_health
from alertnet.flows.sending.claim_sends import Claims
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.flows.sending.send_capacity import Line, Outward
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.queues import circuit_breakers as breaker_store
from alertnet.worker.thread_pools import Hold, Room

log = structlog.get_logger(__name__)


def sending(route: Route) -> str:
    """The thread pool that sends by a route, so that one that hangs delays no other (A11)."""
    return route_name(route)


def pool_of(claimed: Claimed) -> str:
    """The thread pool that sends this attempt."""
    return sending((claimed.method, claimed.provider))


def asking(route: Route) -> str:
    """The thread pool that asks about a route's messages, and whether its provider is back."""
    return f"ask_{route_name(route)}"


_THREADS = {MethodKind.SMS: 16, MethodKind.CALL: 16, MethodKind.EMAIL: 8}
SENDING = {sending((method, provider)): size for method, size in _THREADS.items() for provider in PROVIDERS}
ASKING = {asking((method, provider)): 1 for method in _THREADS for provider in PROVIDERS}
"""The number of threads of these pools."""


def providers_for(runtime: Runtime, method: MethodKind) -> list[str]:
    """The providers for a method. Without any, attempts fail in the first one's threads."""
    return [provider for kind, provider in runtime.outlets if kind is method] or [FIRST]


def claim_sends(tx: Tx, runtime: Runtime, method: MethodKind, rooms: Mapping[str, Room]) -> Claims:
    """Claim what there is to send by that method, as far as the pools have room, for any provider that can take it.

    Threads are reserved before anything is claimed for them, and freed if the claim is not committed. While none of our
    numbers is free the database is not asked, unless a provider is in trouble and others have to be told.
    """
    since, until = runtime.paced.get(method, (tx.now, tx.now))
    if since <= tx.now < until and not runtime.breakers:
        return Claims(next_at=until)
    hold = Hold(rooms)
    tx.if_undone(hold.release)
    lines = []
    for provider in providers_for(runtime, method):
        outlet, pool = runtime.outlets.get((method, provider)), sending((method, provider))
        senders, rate = (outlet.senders, outlet.rate) if outlet else (("",), 0.0)
        lines.append(Line(provider, senders, rate, rooms[pool].room, partial(hold.reserve, pool)))
    if not any(line.room for line in lines):
        return Claims()
    routing = runtime.settings.routing
    outward = Outward(lines, routing, runtime.breakers, runtime.lengths, runtime.queues, runtime.horizon)
    found = claims.claim(tx, method, outward)
    if found.is_paced and found.next_at is not None and not runtime.breakers:
        runtime.paced[method] = tx.now, found.next_at
        tx.if_undone(partial(runtime.paced.pop, method, None))
    return found


def charge(runtime: Runtime, claimed: Claimed, units: int, *, paid: int) -> None:
    """Correct the rate limit: a message took `units`, not the `paid` ones; 0 units mean that it did not leave."""
    rate = runtime.outlets[claimed.method, claimed.provider].rate
    if rate and units != paid:
        runtime.lengths[claimed.method, claimed.kind, claimed.language] = units or paid
        runtime.transact(claims.charge, claimed.method, claimed.sender, units - paid, rate)
        runtime.paced.pop(claimed.method, None)


def look(runtime: Runtime, trouble: bool) -> Iterator[Route]:
    """Look up which providers are in trouble, if any; gives those to probe now."""
    found = runtime.read(breaker_store.found) if trouble else {}
    for route in runtime.outlets:
        breaker = found.get(route, SOUND)
        _see(runtime, route, breaker)
        if breaker.is_open and breaker.try_at is not None and breaker.try_at <= runtime.now():
            yield route


def probe_provider(runtime: Runtime, route: Route) -> None:
    """Probe a provider that is away, unless another worker does; nobody is called by it."""
    if runtime.transact(provider_health.claim_probe, route):
        is_back = runtime.outlets[route].channel.answers()
        _see(runtime, route, runtime.transact(provider_health.record_probe, route, is_back))
        log.info("provider_asked", method=route[0], provider=route[1], is_back=is_back)


def note(runtime: Runtime, route: Route, result: Result, attempt: str) -> None:
    """Update the state of a provider by an attempt's result; it costs nothing while all is well."""
    before = runtime.breakers.get(route, SOUND)
    if isinstance(result, Accepted | Refused) and before == SOUND:
        return
    try:
        after = runtime.transact(provider_health.note, route, result, attempt)
    except Exception as fault:
        # The result is stored already, and the next attempt will say the same of the provider.
        log.warning("provider_unnoted", method=route[0], provider=route[1], fault=type(fault).__name__)
        return
    _see(runtime, route, after)
    method, provider = route
    if after.opened_at is not None and before.opened_at is None:
        log.error("provider_away", method=method, provider=provider, faults=after.faults, fault=after.fault)
    elif before.opened_at is not None and after.opened_at is None:
        log.info("provider_back", method=method, provider=provider)


def is_away(runtime: Runtime, route: Route) -> bool:
    """Whether that provider is known to be away, so that asking it is of no use."""
    return runtime.breakers.get(route, SOUND).is_open


def _see(runtime: Runtime, route: Route, breaker: Breaker) -> None:
    if breaker == SOUND:
        if runtime.breakers.pop(route, None) is not None:
            # What waited for it has been due again for some time, and its numbers may be free.
            runtime.horizon.forget()
            runtime.paced.pop(route[0], None)
    else:
        runtime.breakers[route] = breaker
