"""Copies the rows of incidents under other ids, so that a table holds in seconds what years would leave in it."""

from collections.abc import Iterable

from sqlalchemy import Column, Connection, String, Table, text

from alertnet.store import tables

NOT_OF_AN_INCIDENT = ("documents", "api_keys", "workers", "senders")
OF_AN_INCIDENT = [table for table in tables.metadata.sorted_tables if table.name not in NOT_OF_AN_INCIDENT]

SERIES = {
    "sqlite": "WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < :copies)",
    "postgresql": "WITH copies AS (SELECT generate_series(1, :copies) AS n)",
}
EIGHT_DIGITS = {"sqlite": "printf('%08x', n)", "postgresql": "lpad(to_hex(n), 8, '0')"}
UNLIKE_ANY = {"sqlite": "randomblob(32)", "postgresql": "sha256(convert_to(random()::text || n, 'UTF8'))"}


def multiply(connection: Connection, copies: int, of: Iterable[Table] = OF_AN_INCIDENT) -> None:
    """Add so many copies of every row of these tables, except the system's own history.

    The first eight digits of each id become the number of the copy: at most 65,535, which a reference can distinguish.
    """
    dialect = connection.dialect.name
    if dialect == "postgresql":
        # Copies refer only to copies; checking each one's references would take most of the time.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    for table in of:
        connection.execute(text(_copying(table, dialect)), {"copies": copies})


def _copying(table: Table, dialect: str) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    values = ", ".join(_copy(column, dialect) for column in table.columns)
    own = "WHERE chain <> 'system'" if table is tables.timeline else ""
    rows = f"(SELECT * FROM {table.name} {own}) AS originals"
    return f"{SERIES[dialect]} INSERT INTO {table.name} ({names}) SELECT {values} FROM copies, {rows}"


def _copy(column: "Column[object]", dialect: str) -> str:
    """The column's value in the n-th copy."""
    if str(column) == "incidents.ref":
        return f"substr(ref, 3) || substr({EIGHT_DIGITS[dialect]}, 5)"
    if str(column) == "links.token_hash":
        return UNLIKE_ANY[dialect]
    if column.name == "code_hash":
        # A number has a code only once, and thousands of equal codes would mislead the planner.
        return f"substr({UNLIKE_ANY[dialect]}, 1, 16)"
    is_id = isinstance(column.type, String) and column.type.length == 32 and (column.primary_key or column.foreign_keys)
    return f'{EIGHT_DIGITS[dialect]} || substr("{column.name}", 9)' if is_id else f'"{column.name}"'
