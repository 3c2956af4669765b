"""Rows that are added unless they are there, in the words that SQLite and PostgreSQL share.

SQLAlchemy has them in each of its dialects: for SQLite alone all of PostgreSQL's would be loaded.
"""

from typing import Any

from sqlalchemy import Insert, Table, insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import SyntaxExtension
from sqlalchemy.sql.expression import ClauseElement


def unless_there(table: Table) -> Insert:
    """An INSERT that leaves out a row whose key is taken, even by a simultaneous transaction."""
    return insert(table).ext(_UnlessThere())


class _UnlessThere(SyntaxExtension, ClauseElement):
    inherit_cache = True

    def apply_to_insert(self, insert_stmt: Insert) -> None:
        insert_stmt.apply_syntax_extension_point(self.append_replacing_same_type, "post_values")


@compiles(_UnlessThere)
def _write(*_: Any, **__: Any) -> str:
    return "ON CONFLICT DO NOTHING"
