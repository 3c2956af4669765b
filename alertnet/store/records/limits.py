"""The usage of limits by key, in rows that the transaction locks, so that simultaneous uses are all counted (B9).

Locked before any incident: what decides whether a text or call is examined (`stranger_texts`, `replies`,
`put_throughs`, `wrong_pins`). Locked after it: what an incident's own flow counts. So no two flows wait for each other.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update

from alertnet.core.codec import replace, text_of
from alertnet.core.limits import UNUSED, Limit, Usage
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared, add_missing
from alertnet.store.db.tx import Tx
from alertnet.store.tables import limit_usage

Counted = tuple[Limit, str]
"""A limit, and the key whose use of it is counted."""

_ROW = (limit_usage.c.name == bindparam("of")) & (limit_usage.c.key == bindparam("by"))
_KEPT = ("until", "dropped", "closings", "closed_until", "lasts_until")
_READ = Prepared(select(limit_usage).where(_ROW))
_HOLD = Prepared(
    select(limit_usage)
    .where(limit_usage.c.name.in_(bindparam("names")), limit_usage.c.key.in_(bindparam("keys")))
    .order_by(limit_usage.c.key, limit_usage.c.name)
    .with_for_update()
)
_KEEP = Prepared(update(limit_usage).where(_ROW).values({name: bindparam(name) for name in _KEPT}))


def usage(tx: Tx, limit: Limit, key: str) -> Usage:
    """The key's usage of the limit, read without a lock."""
    row = _READ.first(tx.session, _named(tx, limit, key))
    return UNUSED if row is None else _usage(row)


def hold(tx: Tx, limit: Limit, key: str) -> Usage:
    """The key's usage of the limit; nobody else can count against it until the transaction ends."""
    return hold_each(tx, [(limit, key)])[limit, key]


def hold_each(tx: Tx, wanted: Collection[Counted]) -> dict[Counted, Usage]:
    """The usage of several limits and keys, always locked in the same order."""
    found, missing = _held(tx, wanted)
    fresh = {"until": [], "dropped": 0, "closings": 0, "lasts_until": tx.now}
    rows = [
        {"name": limit.name, "key": tx.vault.index(key)} | fresh
        for limit, key in sorted(missing, key=lambda each: (each[1], each[0].name))
    ]
    add_missing(tx.session, limit_usage, rows)
    return _held(tx, wanted)[0] if missing else found


def _held(tx: Tx, wanted: Collection[Counted]) -> tuple[dict[Counted, Usage], set[Counted]]:
    """The usage with a row, and the limits and keys that have none yet."""
    of_row = {(limit.name, tx.vault.index(key)): (limit, key) for limit, key in wanted}
    names, keys = {limit.name for limit, _ in wanted}, {index for _, index in of_row}
    rows = _HOLD.all(tx.session, {"names": sorted(names), "keys": sorted(keys)})
    found = {of_row[row.name, row.key]: _usage(row) for row in rows if (row.name, row.key) in of_row}
    return found, {*wanted} - found.keys()


def keep(tx: Tx, limit: Limit, key: str, used: Usage) -> None:
    """Save the usage of a key that the transaction has locked."""
    keep_each(tx, {(limit, key): used})


def keep_each(tx: Tx, used: Mapping[Counted, Usage]) -> None:
    """Save the usage of several limits and keys that the transaction has locked."""
    rows = [
        _named(tx, limit, key)
        | {
            "until": [text_of(moment) for moment in each.until],
            "dropped": each.dropped,
            "closings": each.closings,
            "closed_until": each.closed_until,
            "lasts_until": limit.lasts_until(each) or tx.now,
        }
        for (limit, key), each in used.items()
    ]
    _KEEP.each(tx.session, rows)


def use(tx: Tx, limit: Limit, key: str) -> bool:
    """Count one use; False if the limit drops it, which is counted too."""
    used = hold(tx, limit, key)
    keep(tx, limit, key, limit.use(used, tx.now))
    return limit.room(used, tx.now) > 0


def tell_at(tx: Tx, limit: Limit, key: str) -> datetime | None:
    """Count one use, and give when it may be told: now; later for the first without room; None for further ones.

    What is told later stands for all that come until then.
    """
    used = hold(tx, limit, key)
    if limit.room(used, tx.now):
        keep(tx, limit, key, limit.use(replace(used, dropped=0), tx.now))
        return tx.now
    keep(tx, limit, key, limit.use(used, tx.now))
    return None if used.dropped else limit.retry_at(used, tx.now)


def forget_old(tx: Tx) -> dict[str, int]:
    """Delete expired usage; gives how many uses each limit dropped in it, by name."""
    over = limit_usage.c.lasts_until < tx.now
    old = delete(limit_usage).where(over).returning(limit_usage.c.name, limit_usage.c.dropped)
    dropped: dict[str, int] = {}
    for row in tx.session.execute(old):
        dropped[row.name] = dropped.get(row.name, 0) + row.dropped
    return {name: count for name, count in dropped.items() if count}


def dropped(session: Session) -> dict[str, int]:
    """How many uses each limit has dropped in unexpired usage, by name."""
    total = func.sum(limit_usage.c.dropped)
    query = select(limit_usage.c.name, total).where(limit_usage.c.dropped > 0).group_by(limit_usage.c.name)
    return dict(session.execute(query.order_by(total.desc())).all())


def _named(tx: Tx, limit: Limit, key: str) -> dict[str, object]:
    return {"of": limit.name, "by": tx.vault.index(key)}


def _usage(row: Row[Any]) -> Usage:
    until = tuple(datetime.fromisoformat(moment) for moment in row.until)
    return Usage(until, row.dropped, row.closings, row.closed_until)
