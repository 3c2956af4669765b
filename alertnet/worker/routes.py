"""Routes from a worker's view: the threads for each, what may leave by it, and whether its provider is away."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

import structlog

from alertnet.channels.base import Accepted, Refused, Result
from alertnet.core.delivery.circuit_breaker import SOUND, Breaker
from alertnet.core.delivery.horizon import LONG_AGO, Horizon
from alertnet.core.delivery.provider_routes import FIRST, PROVIDERS, Route, route_name
from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import Kind
from alertnet.flows.sending import claim_sends as claims
from alertnet.flows.sending import provider_health
from alertnet.flows.sending.claim_sends import Claims
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.flows.sending.send_capacity import Outward, ProviderLine
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.queues import circuit_breakers as breaker_store
from alertnet.worker.thread_pools import Room

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
SENDING_POOLS = {sending((method, provider)): size for method, size in _THREADS.items() for provider in PROVIDERS}
ASKING_POOLS = {asking((method, provider)): 1 for method in _THREADS for provider in PROVIDERS}
"""The number of threads of these pools."""
SEEN_LATELY = timedelta(seconds=10)
"""How long claims believe what a look has seen of the breakers; looks come every two seconds unless one hangs."""


def _reserve(tx: Tx, pool: Room) -> bool:
    is_free = pool.reserve()
    if is_free:
        tx.if_undone(pool.release)
    return is_free


class Routes:
    """The routes as one worker sees them: what may leave by each, and what its looks have learned, to ask for less."""

    def __init__(self, runtime: Runtime) -> None:
        self.horizon = Horizon()
        """How far back looks must go."""
        self._runtime = runtime
        self._breakers: dict[Route, Breaker] = {}
        """The circuit breakers as last seen: looks at the queues read them, attempts change them."""
        self._looked_at = LONG_AGO
        self._lengths: dict[tuple[MethodKind, Kind, str], int] = {}
        """Segments of the last message of a method, kind and language; the next one is expected to have as many."""
        self._queues: dict[bytes, tuple[str, ...]] = {}
        """By a number's index, the providers that its waiting messages wait for, while one keeps others waiting."""
        self._paced: dict[MethodKind, tuple[datetime, datetime]] = {}
        """When none of our numbers was seen free for a method, and from when one will be."""

    def providers_for(self, method: MethodKind) -> list[str]:
        """The providers for a method. Without any, attempts fail in the first one's threads."""
        return [provider for kind, provider in self._runtime.outlets if kind is method] or [FIRST]

    def claim_sends(self, tx: Tx, method: MethodKind, rooms: Mapping[str, Room]) -> Claims:
        """Claim what there is to send by that method, as far as the pools have room, for any provider that can take it.

        Threads are reserved before anything is claimed for them, and freed if the claim is not committed. While none of
        our numbers is free the database is not asked, unless a provider is in trouble and others have to be told.
        """
        if tx.now - self._looked_at > SEEN_LATELY:
            self._see_all(breaker_store.found(tx), tx.now)
        since, until = self._paced.get(method, (tx.now, tx.now))
        if since <= tx.now < until and not self._breakers:
            return Claims(next_at=until)
        lines = []
        for provider in self.providers_for(method):
            outlet, pool = self._runtime.outlets.get((method, provider)), rooms[sending((method, provider))]
            senders, rate = (outlet.senders, outlet.rate) if outlet else (("",), 0.0)
            lines.append(ProviderLine(provider, senders, rate, pool.room, partial(_reserve, tx, pool)))
        if not any(line.room for line in lines):
            return Claims()
        routing = self._runtime.settings.routing
        outward = Outward(lines, routing, self._breakers, self._lengths, self._queues, self.horizon)
        found = claims.claim(tx, method, outward)
        if found.is_paced and found.next_at is not None and not self._breakers:
            self._paced[method] = tx.now, found.next_at
            tx.if_undone(partial(self._paced.pop, method, None))
        return found

    def charge(self, claimed: Claimed, units: int, *, paid: int) -> None:
        """Correct the rate limit: a message took `units`, not the `paid` ones; 0 units mean that it did not leave."""
        rate = self._runtime.outlets[claimed.method, claimed.provider].rate
        if rate and units != paid:
            self._lengths[claimed.method, claimed.kind, claimed.language] = units or paid
            self._runtime.transact(claims.charge, claimed.method, claimed.sender, units - paid, rate)
            self._paced.pop(claimed.method, None)

    def look(self, trouble: bool) -> Iterator[Route]:
        """Look up which providers are in trouble, if any; gives those to probe now."""
        found = self._runtime.read(breaker_store.found) if trouble else {}
        self._see_all(found, self._runtime.now())
        for route in self._runtime.outlets:
            breaker = found.get(route, SOUND)
            if breaker.is_open and breaker.try_at is not None and breaker.try_at <= self._runtime.now():
                yield route

    def probe(self, route: Route) -> None:
        """Probe a provider that is away, unless another worker does; nobody is called by it."""
        if self._runtime.transact(provider_health.claim_probe, route):
            is_back = self._runtime.outlets[route].channel.trouble() is None
            self._see(route, self._runtime.transact(provider_health.record_probe, route, is_back))
            log.info("provider_asked", method=route[0], provider=route[1], is_back=is_back)

    def note(self, route: Route, result: Result, attempt: str) -> None:
        """Update the state of a provider by an attempt's result; it costs nothing while all is well."""
        before = self._breakers.get(route, SOUND)
        if isinstance(result, Accepted | Refused) and before == SOUND:
            return
        method, provider = route
        try:
            after = self._runtime.transact(provider_health.note, route, result, attempt)
        except Exception as fault:
            # The result is stored already, and the next attempt will say the same of the provider.
            log.warning("provider_unnoted", method=method, provider=provider, fault=type(fault).__name__)
            return
        self._see(route, after)
        if after.opened_at is not None and before.opened_at is None:
            log.error("provider_away", method=method, provider=provider, faults=after.faults, fault=after.fault)
        elif before.opened_at is not None and after.opened_at is None:
            log.info("provider_back", method=method, provider=provider)

    def is_away(self, route: Route) -> bool:
        """Whether that provider is known to be away, so that asking it is of no use."""
        return self._breakers.get(route, SOUND).is_open

    def _see_all(self, found: Mapping[Route, Breaker], now: datetime) -> None:
        self._looked_at = now
        for route in self._runtime.outlets:
            self._see(route, found.get(route, SOUND))

    def _see(self, route: Route, breaker: Breaker) -> None:
        if breaker != SOUND:
            self._breakers[route] = breaker
        elif self._breakers.pop(route, None) is not None:
            # What waited for it has been due again for some time, and its numbers may be free.
            self.horizon.forget()
            self._paced.pop(route[0], None)
