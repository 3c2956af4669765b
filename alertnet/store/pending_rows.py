"""Rows that a flow collects while it decides, and writes in a few statements at its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sqlalchemy import insert

from alertnet.core.notification import check_attempt, check_notification, check_prompt
from alertnet.store.db.session import Session
from alertnet.store.db.statements import NewRow, Prepared, change_each, stored
from alertnet.store.tables import metadata

New = TypeVar("New", bound=NewRow)

_INSERTS = {table.name: Prepared(insert(table)) for table in metadata.sorted_tables}
_PLACES = {table: place for place, table in enumerate(_INSERTS)}
"""The position of each table in the order that foreign keys need."""

_CHECKS: Mapping[str, Callable[[str, Mapping[str, Any]], None]] = {
    "notifications": check_notification,
    "attempts": check_attempt,
    "alarms": check_prompt,
}
"""The checks of rows before they are written, the same as for rows that are read; `moving` checks escalations."""


@dataclass
class PendingRows:
    """New rows, and changes to existing rows."""

    _new: dict[str, list[NewRow]] = field(default_factory=dict)
    """By table."""
    _written: dict[str, list[NewRow]] = field(default_factory=dict)
    _changes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By table and id."""

    def __bool__(self) -> bool:
        """Whether anything is left to write."""
        return bool(self._new or self._changes)

    def add(self, row: NewRow) -> None:
        self._new.setdefault(row.table.name, []).append(row)

    def change(self, table: str, id: str, values: Mapping[str, Any]) -> None:
        """Replace columns of an existing row."""
        self._changes.setdefault(table, {}).setdefault(id, {}).update(stored(values.items()))

    def change_of(self, table: str, id: str) -> Mapping[str, Any]:
        """The columns of that row that will be replaced."""
        return self._changes.get(table, {}).get(id, {})

    def waiting(self, kind: type[New]) -> list[New]:
        """The new rows of that kind that are not written yet."""
        return cast("list[New]", self._new.get(kind.table.name, []))

    def written(self, kind: type[New]) -> list[New]:
        """The new rows of that kind that are written."""
        return cast("list[New]", self._written.get(kind.table.name, []))

    def all(self, kind: type[New]) -> list[New]:
        """All new rows of that kind, written ones first."""
        return [*self.written(kind), *self.waiting(kind)]

    def revise(self, kind: type[New], revised: Callable[[New], New]) -> None:
        """Replace each new row of that kind that is not written yet."""
        rows = self.waiting(kind)
        rows[:] = map(revised, rows)

    def write(self, session: Session) -> None:
        """Write everything, new rows first; `Inconsistent` where one of the rows is impossible."""
        self.write_new(session, *sorted(self._new, key=_PLACES.__getitem__))
        for table in list(self._changes):
            alike: dict[frozenset[str], list[dict[str, Any]]] = {}
            for id, values in self._changes.pop(table).items():
                _check(table, id, values)
                alike.setdefault(frozenset(values), []).append({"key": id} | values)
            for changes in alike.values():
                change_each(session, metadata.tables[table], changes)

    def write_new(self, session: Session, *tables: str) -> None:
        """Write the new rows of those tables, in that order."""
        for table in tables:
            if new := self._new.pop(table, None):
                for row in new if table in _CHECKS else ():
                    columns = vars(row)
                    _check(table, columns["id"], columns)
                _INSERTS[table].each(session, new)
                self._written.setdefault(table, []).extend(new)


def _check(table: str, id: str, values: Mapping[str, Any]) -> None:
    if check := _CHECKS.get(table):
        check(id, values)
