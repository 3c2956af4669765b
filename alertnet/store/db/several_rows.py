"""New rows of one table, written by few statements: PostgreSQL begins and ends each statement anew.

SQLite gains nothing by it.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

SIZES = (32, 16, 8, 4, 3, 2)
"""How many rows one statement takes: few sizes, so that a connection soon has them all ready."""

_ADDS_ONE = re.compile(r"(INSERT INTO \w+ \([^()]*\) VALUES )(\((?:[^()]|%\(\w+\))*\))( ON CONFLICT DO NOTHING)?")
_PLACE = re.compile(r"%\((\w+)\)s")


def together(sql: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """The statements, with their parameters, that do for all the rows in their order what `sql` does for one."""
    wanted: list[tuple[str, Mapping[str, Any]]] = []
    begun = 0
    for size in SIZES:
        while len(rows) - begun >= size and (whole := _taking(sql, size)) is not None:
            wanted.append((whole, _joined(rows[begun : begun + size])))
            begun += size
    return [*wanted, *((sql, row) for row in rows[begun:])]


def _joined(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {f"{place}_{name}": value for place, row in enumerate(rows) for name, value in row.items()}


@lru_cache(maxsize=1024)
def _taking(sql: str, size: int) -> str | None:
    """The INSERT of one row as one of so many; None if it is none."""
    adds = _ADDS_ONE.fullmatch(sql)
    if adds is None:
        return None
    rows = (_PLACE.sub(rf"%({place}_\1)s", adds[2]) for place in range(size))
    return f"{adds[1]}{', '.join(rows)}{adds[3] or ''}"
