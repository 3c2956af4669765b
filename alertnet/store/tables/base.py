"""What all tables share: naming conventions, and the index of due rows."""

from sqlalchemy import CheckConstraint, Index, MetaData, Table, text

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)
WHERE_DUE = text("due_at IS NOT NULL")


def index_of_due(name: str, table: Table) -> Index:
    """An index of due rows only, so that closed incidents cost the regular looks nothing."""
    return Index(name, table.c.due_at, postgresql_where=WHERE_DUE, sqlite_where=WHERE_DUE)


def check_each(name: str, sql: str, on_sqlite: str) -> tuple[CheckConstraint, CheckConstraint]:
    """One check in two spellings: of a list with more than two words SQLite makes a table for each row it checks."""
    return (
        CheckConstraint(sql, name=name).ddl_if(dialect="postgresql"),
        CheckConstraint(on_sqlite, name=name).ddl_if(dialect="sqlite"),
    )
