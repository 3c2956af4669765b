"""A pause by hand: a provider is given nothing until it ends, by itself or by hand; what comes in is taken (A2).

To all else it is a provider that is away: the next methods go, what waits leaves at its end, and coordinators hear.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertnet.core.delivery.circuit_breaker import SOUND, paused
from alertnet.core.delivery.provider_routes import Route
from alertnet.flows.sending.provider_health import release
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.queues import circuit_breakers as breaker_store
from alertnet.store.records import timeline

LONGEST = timedelta(hours=24)
"""Whoever wants more asks again: nobody forgets that nothing is sent."""
PAUSED, RESUMED = "sending_paused", "sending_resumed"
BY_ITSELF = "its end"


@dataclass(frozen=True)
class Pause:
    """What is paused until when, by whom and why."""

    route: Route
    until: datetime
    by: str
    why: str


def pause(tx: Tx, routes: Collection[Route], until: datetime, by: str, why: str) -> None:
    """Give these providers nothing until then; one that is paused already gets the new end."""
    for route in sorted(routes):
        breaker_store.hold(tx, route)
        breaker_store.keep(tx, route, paused(tx.now, until))
        heartbeats.note(tx, heartbeats.barred(route))
        _record(tx, PAUSED, route, until=until.isoformat(), by=by, why=why)
    tx.leaves_due()


def end_pauses(tx: Tx, routes: Collection[Route], by: str) -> list[Route]:
    """Let go on those of these that are paused; which they were."""
    found = sorted(breaker_store.pauses(tx).keys() & set(routes))
    for route in found:
        _end(tx, route, by)
    return found


def end_those_over(tx: Tx) -> None:
    """Put on the record which pauses have come to their end, and let go what still waits for one."""
    for route, until in sorted(breaker_store.pauses(tx).items()):
        if until <= tx.now:
            _end(tx, route, BY_ITSELF)


def standing(tx: Tx) -> list[Pause]:
    """The pauses that are not over."""
    entries = timeline.of_kind(tx.session, timeline.SYSTEM, PAUSED)
    said = {(entry["method"], entry["provider"]): entry for _, entry in entries if entry}
    found = [(route, until, said.get((route[0].value, route[1]))) for route, until in breaker_store.pauses(tx).items()]
    return [
        Pause(route, until, entry["by"] if entry else "", entry["why"] if entry else "")
        for route, until, entry in sorted(found, key=lambda each: each[0])
        if until > tx.now
    ]


def _end(tx: Tx, route: Route, by: str) -> None:
    breaker_store.keep(tx, route, SOUND)
    release(tx, route)
    _record(tx, RESUMED, route, by=by)


def _record(tx: Tx, kind: str, route: Route, **payload: object) -> None:
    method, provider = route
    timeline.append(tx, timeline.SYSTEM, (kind, {"method": method.value, "provider": provider, **payload}))
