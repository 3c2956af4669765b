"""Two versions side by side: whatever a migration does, the version before it goes on reading and writing."""

import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from itertools import product
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from alembic import command
from sqlalchemy import (
    Boolean,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    event,
    insert,
    select,
    update,
)

from alertnet.store.db.engine import for_reading, make_engine
from alertnet.store.db.vault import Vault
from alertnet.store.tables import metadata
from alertnet.store.upgrade import alembic_config, known_revisions, revisions_there, upgrade
from tests.store.conftest import NOW

PUBLISHED = "2026_11_24_messages"
"""The schema of the first version that anybody runs: migrations after it meet a version that knows nothing of them."""

HARMLESS = re.compile(
    r"""(BEGIN|SELECT|PRAGMA|(UPDATE|INSERT\ INTO|LOCK\ TABLE)\ alembic_version)\b
    |SET\ LOCAL\ statement_timeout\b
    |CREATE\ TABLE\b
    |CREATE\ INDEX\b
    |DROP\ INDEX\ ix_code_numbers_held$  # another keeps the same two apart
    |DROP\ INDEX\ ix_(escalations|notifications)_incident_id$  # another begins with the same
    |DROP\ INDEX\ ix_(attempts_provider_id|incidents_part_of)$  # and made again, for what is there
    |UPDATE\ sqlite_master\ SET\ sql\ =\ replace\(sql,  # the same check in other words
    |ALTER\ TABLE\ put_offs\ ALTER\ COLUMN\ row_id\ TYPE\ VARCHAR\(34\)
    |ALTER\ TABLE\ \w+\ ADD\ COLUMN\ \w+\ (?!.*\bNOT\ NULL\b(?!.*\bDEFAULT\b))(?!.*\b(UNIQUE|REFERENCES|CHECK)\b)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
"""What takes nothing from a version that does not know it: new tables, indexes, columns to leave out, a wider one."""

UNIQUE = re.compile(r"CREATE UNIQUE INDEX \w+ ON (?P<table>\w+) \((?P<columns>[^)]+)\)")
"""On a table or column that the version before does not know it is harmless too: what is left out is like nothing."""

EVERY_STATUS = (
    *("scheduled", "waiting_for_go", "running", "acknowledged", "unanswered", "stopped"),
    *("queued", "sending", "sent", "delivered", "failed", "unknown", "cancelled"),
)
DEFENSIVE = 1010
"""SQLite's `SQLITE_DBCONFIG_DEFENSIVE`, which the driver names since Python 3.12."""
STATUSES = {"incidents": "open", "escalations": "running", "attempts": "queued"}


@pytest.fixture
def published(empty_engine: Engine) -> Engine:
    """A database as the first version left it."""
    with empty_engine.begin() as connection:
        command.upgrade(alembic_config(connection), PUBLISHED)
    return empty_engine


def known_to(engine: Engine) -> MetaData:
    """The tables as the program knows them that runs on this database now."""
    known = MetaData()
    known.reflect(engine)
    known.remove(known.tables["alembic_version"])
    return known


def stops(known: MetaData, statement: str) -> bool:
    """Whether it takes something from the program that knows these tables."""
    if unique := UNIQUE.match(statement):
        table = known.tables.get(unique["table"])
        return table is not None and set(unique["columns"].split(", ")) <= {*table.c.keys()}
    return not HARMLESS.match(statement)


def a_row(table: Table) -> dict[str, Any]:
    """One that names every column there is; all ids are 1, so that each points to its like."""
    status = {"status": STATUSES[table.name]} if table.name in STATUSES else {}
    return {column.name: value(column) for column in table.c} | status


def value(column: Any) -> Any:
    match column.type:
        case LargeBinary():
            return b"1"
        case DateTime():
            return NOW
        case Boolean():
            return True
        case Integer():
            return 1
        case String():
            return "1"
    return None if column.nullable else {}


def test_a_migration_only_adds_what_the_version_before_may_leave_out(published: Engine) -> None:
    """Forward only, and safe while the previous version runs: else an upgrade would need all to stop."""
    before = known_to(published)
    statements: list[str] = []
    read_beside: set[str] = set()

    def note(*seen: Any) -> None:
        statements.append(seen[2].strip())
        if statements[-1].startswith("CREATE INDEX"):
            # What begins while a large index is made asks which schema there is.
            with for_reading(published).connect() as other:
                read_beside.update(revisions_there(other))

    event.listen(published, "before_cursor_execute", note)

    upgrade(published)

    assert read_beside
    assert [statement for statement in statements if stops(before, statement)] == []
    assert any(statement.startswith("CREATE TABLE") for statement in statements)
    # The index of a large table takes longer than a statement may else, and nobody waits for all of them.
    migrations = sum(statement.startswith("UPDATE alembic_version") for statement in statements)
    in_steps = 0 if published.dialect.name == "sqlite" else migrations
    assert statements.count("SET LOCAL statement_timeout = '1h'") == in_steps


def test_the_version_before_reads_and_writes_as_it_did(published: Engine) -> None:
    """Its statements name the columns that it knows, in every table."""
    before = known_to(published)
    upgrade(published)

    with published.begin() as connection:
        for table in before.sorted_tables:
            connection.execute(insert(table).values(a_row(table)))
            connection.execute(update(table).values(a_row(table)))
        kept = {table.name: connection.execute(select(table)).mappings().one() for table in before.sorted_tables}

    assert {name: set(row) for name, row in kept.items()} == {
        table.name: set(table.c.keys()) for table in before.sorted_tables
    }


def taken(driver: sqlite3.Connection) -> set[tuple[str, str, bool]]:
    """The states of an escalation or an attempt that the database takes: table, status, whether it is due."""
    found = set()
    for name, status, is_due in product(("escalations", "attempts"), EVERY_STATUS, (True, False)):
        row = a_row(metadata.tables[name]) | {"status": status, "due_at": "2026" if is_due else None}
        places = ", ".join(f":{column}" for column in row)
        with suppress(sqlite3.IntegrityError):
            driver.execute(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({places})", stored(row))
            found.add((name, status, is_due))
        driver.rollback()
    return found


def stored(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(each) if isinstance(each, dict | datetime) else each for name, each in row.items()}


@pytest.fixture(scope="module")
def left_by_it(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as a version left it whose checks name the states of a row in a list."""
    path = tmp_path_factory.mktemp("earlier") / "earlier.db"
    engine = make_engine(f"sqlite:///{path}", Vault(["a secret for tests that is long enough"]))
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "2026_11_27_fewer_indexes")
    engine.dispose()
    return path


@pytest.fixture
def earlier(left_by_it: Path, tmp_path: Path, vault: Vault) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{copy(left_by_it, tmp_path)}", vault)
    yield engine
    engine.dispose()


def test_what_checks_a_row_is_put_in_other_words_under_a_running_process(earlier: Engine) -> None:
    """A2: what was refused is refused, also where the statement was made ready before."""
    with closing(sqlite3.connect(str(earlier.url.database))) as running:
        before = taken(running)

        upgrade(earlier)

        assert taken(running) == before
    assert {("attempts", "queued", True), ("attempts", "sent", False), ("escalations", "stopped", False)} <= before
    assert before.isdisjoint({("attempts", "unknown", False), ("escalations", "running", False)})
    assert before.isdisjoint({("escalations", "sent", True), ("escalations", "sent", False)})


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the driver can't be told so")
def test_a_database_that_lets_nobody_put_it_so_is_upgraded_as_well(earlier: Engine) -> None:
    """Some systems ship SQLite with its own tables closed to everybody; there a check costs more, and that is all."""
    earlier.dispose()
    event.listen(earlier, "connect", lambda driver, _: driver.setconfig(DEFENSIVE, True))

    upgrade(earlier)

    with earlier.connect() as connection:
        (written,) = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'attempts'").scalars()
        assert revisions_there(connection) == {known_revisions()[0]}
    assert "status NOT IN ('queued','sending','unknown')" in written


def test_sqlite_makes_no_table_of_words_to_check_a_row(earlier: Engine) -> None:
    def makes_one() -> set[str]:
        with earlier.connect() as connection:
            return {
                table.name
                for table in metadata.sorted_tables
                for step in connection.exec_driver_sql(f"EXPLAIN INSERT INTO {table.name} DEFAULT VALUES")
                if step.opcode == "OpenEphemeral"
            }

    before = makes_one()
    upgrade(earlier)

    assert before == {"attempts", "escalations"}
    assert makes_one() == set()


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE senders",
        "ALTER TABLE attempts DROP COLUMN sender",
        "ALTER TABLE attempts ALTER COLUMN sender SET NOT NULL",
        "ALTER TABLE attempts ADD COLUMN provider VARCHAR(8) NOT NULL",
        "ALTER TABLE attempts ADD CONSTRAINT ck_sent CHECK (sender IS NOT NULL)",
        "ALTER TABLE attempts RENAME COLUMN sender TO number",
        "CREATE UNIQUE INDEX ux_attempts_sender ON attempts (sender)",
        "UPDATE attempts SET status = 'sent'",
    ],
)
def test_what_would_stop_the_version_before_is_found(statement: str) -> None:
    assert stops(metadata, statement)
