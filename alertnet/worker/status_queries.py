"""Asks the provider what it has not reported, many attempts in few requests, so that an outage brings no flood (A5)."""

from collections.abc import Callable, Sequence

import structlog

from alertnet.channels.base import CannotTell, Lookup, Outgoing, StatusQuery
from alertnet.core.delivery.provider_routes import Route
from alertnet.flows.sending import render_and_send
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.flows.sending.settle_unknown import record_lookup
from alertnet.runtime.database.isolated import isolated
from alertnet.runtime.wiring import Runtime
from alertnet.worker.provider_health import is_away

FEW = 2
"""So many are asked for one by one, which says more: a list of the provider may lag behind."""
MOST = 500
MOST_WITHOUT_BOOKS = 16
"""Where each is a question of its own, all have to be answered within a lease."""

Compose = Callable[[Claimed], Outgoing | None]

log = structlog.get_logger(__name__)


def most_at_once(runtime: Runtime, route: Route) -> int:
    """How many attempts that went by a route may be asked about together."""
    outlet = runtime.outlets.get(route)
    return MOST if outlet and outlet.ledger else MOST_WITHOUT_BOOKS


def query_statuses(runtime: Runtime, route: Route, claimed: Sequence[Claimed], compose: Compose) -> None:
    """Ask what became of them, and settle each by its answer."""
    lookups = _look_up(runtime, route, [_query(each, compose) for each in claimed])
    for each, lookup in zip(claimed, lookups, strict=True):
        with isolated(log, "attempt_unsettled", attempt=each.attempt, method=each.method):
            runtime.transact(record_lookup, each.attempt, each.lease, lookup)
    found = sum(not isinstance(lookup, CannotTell) for lookup in lookups)
    method, provider = route
    log.info("attempts_asked", method=method, provider=provider, asked=len(lookups), answered=found)


def _query(claimed: Claimed, compose: Compose) -> StatusQuery | None:
    outgoing = compose(claimed)
    return None if outgoing is None else StatusQuery(outgoing, claimed.started_at, claimed.provider_id)


def _look_up(runtime: Runtime, route: Route, queries: Sequence[StatusQuery | None]) -> list[Lookup]:
    """The answer to each; what can't be put into words can't be asked for, nor can a provider that is away."""
    outlet = runtime.outlets.get(route)
    asked = [query for query in queries if query is not None]
    if outlet is None or is_away(runtime, route):
        return [CannotTell(is_away=outlet is not None) for _ in queries]
    if outlet.ledger is not None and len(asked) > FEW:
        answers = iter(render_and_send.look_up_many(outlet.ledger, asked))
    else:
        answers = iter([render_and_send.look_up(outlet.channel, query) for query in asked])
    return [CannotTell() if query is None else next(answers) for query in queries]
