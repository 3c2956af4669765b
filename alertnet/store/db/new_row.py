"""Rows that are to be written, as frozen values: each module of the records has that of its table."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import Table


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row as the program names its columns, with the enums of the core in them."""

    table: ClassVar[Table]
    stored_as: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Fields whose column has another name, with that name."""

    def columns(self) -> dict[str, Any]:
        """The columns as they are stored."""
        kind: Any = type(self)
        return stored({column: getattr(self, name) for name, column in _names(kind)})


def stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns with the values of enums in place of these."""
    return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}


@cache
def _names(kind: Any) -> tuple[tuple[str, str], ...]:
    stored_as = dict(kind.stored_as)
    return tuple((each.name, stored_as.get(each.name, each.name)) for each in fields(kind))
