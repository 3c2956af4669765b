"""Pauses by hand: a provider gets nothing until the pause ends, by itself or by hand.

Incoming messages are accepted (A2).

Otherwise a paused provider is treated as one that is away: the next methods go, what waits leaves at the end, and
coordinators are told.
"""

from collections.abc import Collection
from datetime import datetime

from alertnet.core.delivery.circuit_breaker import LONGEST_HOLD, LONGEST_SILENCE, paused
from alertnet.core.delivery.provider_routes import Route, leaves_nobody, route_name
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import BadInput
from alertnet.flows.sending.provider_health import record_about, release
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.queues import circuit_breakers as breaker_store
from alertnet.store.views.pauses import PAUSED, current_pauses

RESUMED = "sending_resumed"
BY_ITSELF, CLOCK_WAS_AHEAD = "its end", "a clock that was ahead when it was set"


def pause(
    tx: Tx,
    routes: Collection[Route],
    until: datetime,
    by: str,
    why: str,
    *,
    known: Collection[Route],
    everything: bool = False,
) -> None:
    """Pause these providers until then; one that is already paused gets the new end.

    `known`: all existing routes. `everything`: allow that nobody is left who is texted or called. Refused for longer
    than allowed.
    """
    longest, allowed = LONGEST_HOLD, "from now on and for at most 24 hours"
    if leaves_nobody({*routes, *(each.route for each in current_pauses(tx))}, known):
        if not everything:
            raise BadInput("everything", None, "--everything, as nobody would be texted or called any more")
        longest, allowed = LONGEST_SILENCE, "from now on and for at most an hour, as nobody is texted or called"
    if not tx.now < until <= tx.now + longest:
        raise BadInput("until", f"{until:%Y-%m-%d %H:%M:%S} UTC", allowed)
    heard = sorted(route_name(each) for each in known if each[0] is not MethodKind.EMAIL)
    for route in sorted(routes):
        breaker_store.hold(tx, route)
        breaker_store.keep(tx, route, paused(tx.now, until))
        heartbeats.note(tx, heartbeats.barred(route))
        record_about(tx, route, PAUSED, until=until.isoformat(), by=by, why=why, heard=heard)
    tx.leaves_due()


def end_pauses(tx: Tx, routes: Collection[Route], by: str) -> list[Route]:
    """End the pauses of these providers; returns those that were paused."""
    found = breaker_store.pauses(tx).items()
    return [route for route, (until, _) in found if route in routes and _end(tx, route, until, by)]


def end_those_over(tx: Tx) -> None:
    """Record which pauses have ended, and release what still waits for one."""
    for route, (until, is_paused) in breaker_store.pauses(tx).items():
        if not is_paused:
            _end(tx, route, until, BY_ITSELF if until <= tx.now else CLOCK_WAS_AHEAD)


def _end(tx: Tx, route: Route, until: datetime, by: str) -> bool:
    """End a pause if it was until then; False where somebody has set another end meanwhile."""
    if not breaker_store.end_pause(tx, route, until):
        return False
    release(tx, route)
    record_about(tx, route, RESUMED, by=by)
    return True
