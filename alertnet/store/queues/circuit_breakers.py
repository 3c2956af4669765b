"""Circuit breakers, shared by all workers: a row for each provider and method in trouble."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from alertnet.core.delivery.circuit_breaker import SOUND, Breaker, as_believed
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import FREE_REFS, Tx
from alertnet.store.tables import breakers

_ALL = Prepared(select(breakers))
_KEY = (breakers.c.method == bindparam("key_method")) & (breakers.c.provider == bindparam("key_provider"))
_HELD = Prepared(select(breakers).where(_KEY).with_for_update())
_PAUSED = Prepared(
    select(breakers).where(breakers.c.held_until.is_not(None)).order_by(breakers.c.method, breakers.c.provider)
)
_HAS_ROW = "has_row"
"""For each route that the transaction has held, whether it had a row then."""
_END_PAUSE = delete(breakers).where(_KEY, breakers.c.held_until == bindparam("until"))


def found(tx: Tx) -> dict[Route, Breaker]:
    """The breakers of routes in trouble; a route without one is sound."""
    rows = _ALL.all(tx.session, {})
    return {(MethodKind(row.method), row.provider): as_believed(_breaker(row), tx.now) for row in rows}


def pauses(tx: Tx) -> dict[Route, tuple[datetime, bool]]:
    """The pauses by hand: until when each route is paused, and whether it still is. Ordered."""
    rows = _PAUSED.all(tx.session, {})
    return {
        (MethodKind(row.method), row.provider): (row.held_until, as_believed(_breaker(row), tx.now) != SOUND)
        for row in rows
    }


def end_pause(tx: Tx, route: Route, until: datetime) -> bool:
    """End the pause that was to last until then; False if it has another end by now, or is over."""
    tx.session.info.pop(FREE_REFS, None)
    ended = tx.session.execute(_END_PAUSE, {**_key(route), "until": until})
    return ended.rowcount > 0


def hold(tx: Tx, route: Route) -> Breaker:
    """The breaker of that route; if it has a row, that is locked until the transaction ends."""
    row = _HELD.first(tx.session, _key(route))
    tx.session.info.setdefault(_HAS_ROW, {})[route] = row is not None
    return SOUND if row is None else as_believed(_breaker(row), tx.now)


def keep(tx: Tx, route: Route, breaker: Breaker) -> None:
    """Store the breaker of a route that the transaction holds."""
    info = tx.session.info
    info.pop(FREE_REFS, None)
    if breaker == SOUND:
        tx.session.execute(delete(breakers).where(_KEY), _key(route))
    elif info[_HAS_ROW][route]:
        tx.session.execute(update(breakers).where(_KEY).values(**vars(breaker)), _key(route))
    else:
        # Without a row nothing was locked: if somebody has paused it since, this fails, and the flow runs again.
        method, provider = route
        tx.session.execute(insert(breakers).values(method=method.value, provider=provider, **vars(breaker)))
    info[_HAS_ROW][route] = breaker != SOUND


def _key(route: Route) -> dict[str, str]:
    method, provider = route
    return {"key_method": method.value, "key_provider": provider}


def _breaker(row: Row[Any]) -> Breaker:
    fault = AccountFault(row.fault) if row.fault else None
    return Breaker(row.faults, row.opened_at, row.is_back, row.try_at, row.paused_until, fault, row.held_until)
