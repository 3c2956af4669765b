"""What may leave now by a method: free threads, the pace of each number, and which provider works."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.delivery.circuit_breaker import SOUND, Breaker
from alertnet.core.delivery.horizon import Horizon
from alertnet.core.delivery.provider_routes import IN_ORDER, Route, Routing, nearest
from alertnet.core.delivery.rate_limit import believed, free_after, units_free
from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import Kind
from alertnet.store.db.tx import Tx
from alertnet.store.queues import circuit_breakers as breaker_store
from alertnet.store.queues import senders as sender_store


@value
class ProviderLine:
    """A provider as a claim sees it: our numbers there, units a second for each, and its free threads.

    A unit is an SMS segment or a call; a rate of 0 means no pace. `reserve`: whether a thread is reserved for what is
    claimed, where claims at the same moment share the threads.
    """

    provider: str
    senders: tuple[str, ...]
    rate: float
    room: int
    reserve: Callable[[], bool] = lambda: True


@value
class Outward:
    """All that a claim knows of the routes out: which exist, who takes what, and what this process has learned.

    `breakers`: as last seen; where a provider is back, its row decides who tries. `lengths`: how many units the last
    message of a method, kind and language took, 1 where unknown. `queues`: by the index of a number, the providers by
    which it may be reached, as far as a look has found out. `horizon`: how far back to look for what waits.
    """

    lines: Sequence[ProviderLine]
    routing: Routing = IN_ORDER
    breakers: Mapping[Route, Breaker] = field(default_factory=dict)
    lengths: Mapping[tuple[MethodKind, Kind, str], int] = field(default_factory=dict)
    queues: MutableMapping[bytes, tuple[str, ...]] = field(default_factory=dict)
    horizon: Horizon = field(default_factory=Horizon)

    @property
    def providers(self) -> list[str]:
        return [line.provider for line in self.lines]


_NO_LIMIT = 1 << 16
"""More units than anybody has threads for."""

SOON = timedelta(milliseconds=20)
"""By then the transaction that holds a number now is usually over."""


@dataclass
class _Places:
    """The room on a line: threads, and numbers in turn."""

    room: int
    reserve: Callable[[], bool]
    senders: list[str] = field(default_factory=list)


class SendCapacity:
    """The attempts that may leave now, each by a provider and a number; `use` stores what was reserved."""

    def __init__(self, tx: Tx, method: MethodKind, outward: Outward) -> None:
        self._tx = tx
        self._method = method
        self._rates = {sender: line.rate for line in outward.lines for sender in line.senders if line.rate}
        self._breakers = {each: outward.breakers.get((method, each), SOUND) for each in outward.providers}
        self._held_elsewhere: frozenset[str] = frozenset()
        self._free_at = self._free_from([sender for line in outward.lines for sender in line.senders])
        self._tried: dict[str, Breaker] = {}
        self._used: set[str] = set()
        self._places = {line.provider: self._places_on(line) for line in outward.lines}

    def _free_from(self, numbers: Sequence[str]) -> dict[str, datetime]:
        """From when each number is free, locked if free now; numbers that others hold at this moment are left out."""
        if not self._rates and self._method is not MethodKind.CALL:
            return {}
        if self._rates.keys() >= {*numbers}:
            seen = self._believed(sender_store.look_at(self._tx, self._method, numbers))
            if len(seen) == len(numbers) and not any(
                units_free(free_at, self._tx.now, self._rates[sender]) for sender, free_at in seen.items()
            ):
                return seen
        found = self._believed(sender_store.hold(self._tx, self._method, numbers, free_only=True))
        # Lock it also without a pace: two workers that don't see each other must not call one number.
        is_ours = self._method is not MethodKind.CALL or len(found) == len(numbers)
        self._held_elsewhere = frozenset(numbers) - (found.keys() if is_ours else frozenset())
        return found

    def _believed(self, free_at: Mapping[str, datetime]) -> dict[str, datetime]:
        return {
            sender: believed(moment, self._tx.now, rate) if (rate := self._rates.get(sender)) else moment
            for sender, moment in free_at.items()
        }

    @property
    def left(self) -> int:
        """How many places are left, for messages of one unit."""
        return sum(min(places.room, sum(map(self._free, places.senders))) for places in self._places.values())

    @property
    def is_trial(self) -> bool:
        """Whether only one attempt may leave, to show whether a provider works again."""
        return bool(self._tried) and all(not each.room or name in self._tried for name, each in self._places.items())

    def are_taken(self, order: Sequence[str]) -> bool:
        """Whether any of these providers works, and none has a place."""
        has_place = any(
            each.room and any(map(self._free, each.senders)) for each in map(self._places.__getitem__, order)
        )
        return not has_place and self.barred_until(order) is None

    def reserve(
        self, order: Sequence[str], units: int, address: str, preferred: str | None = None
    ) -> tuple[str, str] | None:
        """Reserve a place with the first of these providers that has one; returns the provider and the sending number.

        `preferred`: the number to send from, if it has a place; else it is one of the country of the address.
        """
        if preferred is not None:
            order = sorted(order, key=lambda provider: preferred not in self._places[provider].senders)
        for provider in order:
            places = self._places[provider]
            free = [sender for sender in places.senders if self._free(sender)]
            if places.room and free:
                sender = preferred if preferred in free else nearest(free, address)
                if not places.reserve():
                    places.room = 0
                    continue
                places.room -= 1
                places.senders.remove(sender)
                places.senders.append(sender)
                self._used |= {provider, sender}
                if rate := self._rates.get(sender):
                    self._free_at[sender] = free_after(self._free_at[sender], self._tx.now, units, rate)
                return provider, sender
        return None

    def barred_until(self, order: Sequence[str]) -> datetime | None:
        """Until when all of these providers are unavailable; None where one needs only a moment."""
        until = [self._breakers[provider].bars_until(self._tx.now) for provider in order]
        return min((moment for moment in until if moment is not None), default=None) if None not in until else None

    def use(self, lease: timedelta) -> None:
        """Store what was reserved: its numbers are busy, and nobody else tries a provider during the lease."""
        busy = {sender: self._free_at[sender] for sender in self._rates if sender in self._used}
        sender_store.keep(self._tx, self._method, busy)
        for provider, breaker in self._tried.items():
            if provider in self._used:
                trying = replace(breaker, try_at=self._tx.now + lease)
                breaker_store.keep(self._tx, (self._method, provider), trying)

    @property
    def is_paced(self) -> bool:
        """Whether the pace holds back every number, however many threads are free."""
        senders = [sender for places in self._places.values() for sender in places.senders]
        return not self._held_elsewhere and not any(map(self._free, senders))

    def next_at(self) -> datetime | None:
        """When the pace allows more, or others are done; None where nothing is held back."""
        soon = [self._tx.now + SOON] if self._held_elsewhere else []
        moments = [moment for sender, moment in self._free_at.items() if sender in self._rates]
        return min((*soon, *(moment for moment in moments if moment > self._tx.now)), default=None)

    def _places_on(self, line: ProviderLine) -> _Places:
        breaker = self._breakers[line.provider]
        if breaker.rests_until(self._tx.now) is not None:
            return _Places(0, line.reserve)
        room = line.room if breaker.opened_at is None else min(line.room, self._room_to_try(line.provider))
        senders = list(line.senders)
        if len(senders) > 1:
            turn = int(self._tx.entropy.digits(3)) % len(senders)
            senders = [*senders[turn:], *senders[:turn]]
        return _Places(room, line.reserve, senders)

    def _room_to_try(self, provider: str) -> int:
        """The room of a provider that may be back: one attempt tries it, none while another worker's does."""
        breaker = breaker_store.hold(self._tx, (self._method, provider))
        if breaker.rests_until(self._tx.now) is not None:
            return 0
        if breaker.opened_at is None:
            # Another worker's attempt has succeeded meanwhile.
            return _NO_LIMIT
        self._tried[provider] = breaker
        return 1

    def _free(self, sender: str) -> int:
        """How many units a sender may send now."""
        if sender in self._held_elsewhere:
            return 0
        rate = self._rates.get(sender)
        return units_free(self._free_at[sender], self._tx.now, rate) if rate else _NO_LIMIT
