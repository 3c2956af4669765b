"""Joins that PostgreSQL can only run as one look-up in an index for each row.

A connection plans a statement once and keeps that plan. Where tables are small then, it is as cheap to walk through all
of them; and they grow. SQLite looks up each row anyhow.
"""

from typing import Any, cast

from sqlalchemy import ColumnElement, Join, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import SelectBase


class LookUp(Join):
    """A join with the rows of a table that are found for each row by an index."""

    inherit_cache = True

    def optional(self, table: Table, on: ColumnElement[bool]) -> "LookUp":
        """Look up the rows of one more table, which may have none."""
        return LookUp(self, table, on, isouter=True)


class _IsAmong(FunctionElement[bool]):
    """Of no type in SQL: SQLite would compare a boolean with 1, and then use no index."""

    inherit_cache = True


def is_among(column: ColumnElement[Any], few: SelectBase) -> ColumnElement[bool]:
    """Whether the column has one of the few values, which are read first and then looked up."""
    return _IsAmong(column, few.scalar_subquery())


@compiles(LookUp, "postgresql")
def _each_looked_up(join: LookUp, compiler: SQLCompiler, asfrom: bool = False, **how: Any) -> str:
    rows, table = (compiler.process(side, asfrom=True, **how) for side in (join.left, join.right))
    on = compiler.process(cast(ColumnElement[bool], join.onclause), **how)
    used = set(visitors.iterate(cast(visitors.ExternallyTraversible, compiler.statement)))
    columns = ", ".join(compiler.process(column) for column in join.right.c if column in used)
    kind = "LEFT OUTER JOIN" if join.isouter else "JOIN"
    # OFFSET 0 keeps the planner from making a join of its own choice out of this.
    its_rows = f"SELECT {columns} FROM {table} WHERE {on} OFFSET 0"  # noqa: S608 - only our own names
    return f"{rows} {kind} LATERAL ({its_rows}) AS {table} ON true"


@compiles(_IsAmong)
def _is_in(asked: _IsAmong, compiler: SQLCompiler, **how: Any) -> str:
    column, few = (compiler.process(each, **how) for each in asked.clauses)
    return f"{column} IN {few}"


@compiles(_IsAmong, "postgresql")
def _is_in_array(asked: _IsAmong, compiler: SQLCompiler, **how: Any) -> str:
    column, few = (compiler.process(each, **how) for each in asked.clauses)
    return f"{column} = ANY (ARRAY {few})"
