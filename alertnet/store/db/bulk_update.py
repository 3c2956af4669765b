"""Changes of many rows in one statement for each set of columns."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, update
from sqlalchemy.orm import Session

from alertnet.store.db.prepared import Prepared


def change_each(session: Session, table: Table, changes: Sequence[Mapping[str, Any]]) -> None:
    """Replace columns, the same ones in every change; each change has its row's `key` besides."""
    if changes:
        _replacing(table, frozenset(changes[0].keys() - {"key"})).each(session, changes)


@cache
def _replacing(table: Table, names: frozenset[str]) -> Prepared:
    """The statement that replaces those columns: making one costs as much as running it, and there are few."""
    values: dict[str, Any] = {name: bindparam(name) for name in sorted(names)}
    return Prepared(update(table).where(table.c.id == bindparam("key")).values(values))
