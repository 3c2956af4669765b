"""Senders and their rate limits: when each number may send again, shared by all workers."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import bindparam, select, update

from alertnet.core.directory.contact import MethodKind
from alertnet.store.db.statements import Prepared, add_missing
from alertnet.store.db.tx import Tx
from alertnet.store.tables import senders

_OF_NUMBERS = select(senders).where(senders.c.name.in_(bindparam("names"))).order_by(senders.c.name)
_LOOK_AT, _HELD = Prepared(_OF_NUMBERS), Prepared(_OF_NUMBERS.with_for_update())
_NOT_HELD = Prepared(_OF_NUMBERS.with_for_update(skip_locked=True))
_KEEP = Prepared(update(senders).where(senders.c.name == bindparam("key")).values(free_at=bindparam("free_at")))


def look_at(tx: Tx, method: MethodKind, numbers: Iterable[str]) -> dict[str, datetime]:
    """When each number that was ever used is free; nothing is locked."""
    names = {_name(method, number): number for number in numbers}
    return {names[row.name]: row.free_at for row in _LOOK_AT.all(tx.session, {"names": list(names)})}


def hold(tx: Tx, method: MethodKind, numbers: Iterable[str], *, free_only: bool = False) -> dict[str, datetime]:
    """When each number is free; they are locked until the transaction ends, so that workers take turns.

    `free_only`: nobody waits, and those that another transaction has locked are left out.
    """
    held, names = _NOT_HELD if free_only else _HELD, {_name(method, number): number for number in sorted(numbers)}
    rows = held.all(tx.session, {"names": list(names)})
    if len(rows) < len(names):
        there = {row.name for row in _LOOK_AT.all(tx.session, {"names": list(names)})}
        if missing := [{"name": name, "free_at": tx.now} for name in names if name not in there]:
            add_missing(tx.session, senders, missing)
            rows = held.all(tx.session, {"names": list(names)})
    return {names[row.name]: row.free_at for row in rows}


def keep(tx: Tx, method: MethodKind, free_at: Mapping[str, datetime]) -> None:
    """Set when each of these numbers, which the transaction has locked, is free."""
    if free_at:
        moved = [{"key": _name(method, number), "free_at": moment} for number, moment in free_at.items()]
        _KEEP.each(tx.session, moved)


def _name(method: MethodKind, number: str) -> str:
    return f"{method}:{number}"
