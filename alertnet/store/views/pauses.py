"""The pauses by hand: what, until when, by whom and why, from the breakers and the record."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alertnet.core.codec import value
from alertnet.core.delivery.provider_routes import Route, route_name
from alertnet.store.db.tx import Tx
from alertnet.store.queues import circuit_breakers as breaker_store
from alertnet.store.records import timeline

PAUSED = "sending_paused"


@value
class SendingPause:
    """A pause: what is paused until when, by whom and why."""

    route: Route
    until: datetime
    by: str
    why: str
    heard: frozenset[str] = frozenset()
    """All routes to text or call somebody that existed when it was set."""


def current_pauses(tx: Tx) -> list[SendingPause]:
    """The pauses that are not over."""
    found = [(route, until) for route, (until, is_paused) in breaker_store.pauses(tx).items() if is_paused]
    entries = timeline.of_kind(tx.session, timeline.SYSTEM, PAUSED) if found else []
    said = {(entry["method"], entry["provider"]): entry for _, entry in entries if entry}
    return [_pause(route, until, said.get((route[0].value, route[1]), {})) for route, until in found]


def silent_until(tx: Tx) -> datetime | None:
    """Until when nobody can be texted or called, because every route is paused; None if one is not."""
    pauses = current_pauses(tx)
    ends = {route_name(each.route): each.until for each in pauses}
    heard = frozenset[str]().union(*(each.heard for each in pauses))
    return min(ends[name] for name in heard) if heard and heard <= ends.keys() else None


def _pause(route: Route, until: datetime, entry: Mapping[str, Any]) -> SendingPause:
    return SendingPause(route, until, entry.get("by", ""), entry.get("why", ""), frozenset(entry.get("heard", ())))
