"""What all tables share: naming conventions, and indexes of some of their rows."""

from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, MetaData, Table, TextClause, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)
WHERE_DUE = "due_at IS NOT NULL"
NOBODY = bytes(16)
"""Replaces an erased blind index of a number, or hash of a code."""


class PartialIndex(Index):
    """An index of the rows for which a condition holds.

    For `postgresql_where` SQLAlchemy would load the whole dialect, where there is SQLite alone too.
    """

    def __init__(self, name: str, *columns: Column[Any], where: TextClause | str, unique: bool = False) -> None:
        super().__init__(name, *columns, unique=unique)
        self.where = text(where) if isinstance(where, str) else where


@compiles(CreateIndex)
def _create(creation: CreateIndex, compiler: Any, **how: Any) -> str:
    made: str = compiler.visit_create_index(creation, **how)
    index = creation.element
    return f"{made} WHERE {compiler.sql_compiler.process(index.where)}" if isinstance(index, PartialIndex) else made


def index_of_due(name: str, table: Table) -> None:
    """An index of due rows only, so that closed incidents cost the regular looks nothing."""
    PartialIndex(name, table.c.due_at, where=WHERE_DUE)


def check_each(name: str, sql: str, on_sqlite: str) -> tuple[CheckConstraint, CheckConstraint]:
    """One check in two spellings: of a list with more than two words SQLite makes a table for each row it checks."""
    return (
        CheckConstraint(sql, name=name).ddl_if(dialect="postgresql"),
        CheckConstraint(on_sqlite, name=name).ddl_if(dialect="sqlite"),
    )
