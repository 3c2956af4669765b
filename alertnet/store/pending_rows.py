"""Rows on their way to the tables: gathered while a flow decides, and written in a few statements at its end."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from alertnet.core.delivery.invariants import check_attempt, check_notification, check_prompt
from alertnet.store.db.bulk_update import change_each
from alertnet.store.db.prepared import Prepared
from alertnet.store.tables import metadata

_INSERTS = {table.name: Prepared(insert(table)) for table in metadata.sorted_tables}
"""In the order in which foreign keys want them."""

_CHECKS: Mapping[str, Callable[[str, Mapping[str, Any]], None]] = {
    "notifications": check_notification,
    "attempts": check_attempt,
    "alarms": check_prompt,
}
"""What is asked of a row before it is written, as it is of what is read; an escalation is asked by `moving`."""


@dataclass
class PendingRows:
    """New rows by table, and changes of those that are there by table and id."""

    new: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    changes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    written: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What went into the tables so far, by table."""

    def add(self, table: str, row: dict[str, Any]) -> None:
        """One row for that table."""
        self.new.setdefault(table, []).append(row)

    def change(self, table: str, id: str, values: Mapping[str, Any]) -> None:
        """Replace columns of a row that is there already."""
        self.changes.setdefault(table, {}).setdefault(id, {}).update(values)

    def of(self, table: str) -> Iterator[dict[str, Any]]:
        """All rows for that table, those that are written first."""
        yield from self.written.get(table, ())
        yield from self.new.get(table, ())

    def write(self, session: Session) -> None:
        """Write all of it, new rows first.

        Raises:
            Inconsistent: one of them can't be.
        """
        self.write_new(session, *_INSERTS)
        for table in list(self.changes):
            alike: dict[frozenset[str], list[dict[str, Any]]] = {}
            for id, values in self.changes.pop(table).items():
                _check(table, id, values)
                alike.setdefault(frozenset(values), []).append({"key": id} | values)
            for changes in alike.values():
                change_each(session, metadata.tables[table], changes)

    def write_new(self, session: Session, *names: str) -> None:
        """Write the new rows of those tables, in that order."""
        for table in names:
            if rows := self.new.pop(table, None):
                for row in rows if table in _CHECKS else ():
                    _check(table, row["id"], row)
                _INSERTS[table].each(session, rows)
                self.written.setdefault(table, []).extend(rows)


def _check(table: str, id: str, values: Mapping[str, Any]) -> None:
    if check := _CHECKS.get(table):
        check(id, values)
