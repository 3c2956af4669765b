"""Connections are durable, strict and give up within seconds, and only the databases that are meant are taken."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, event, insert, make_url, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.sql.compiler import SQLCompiler

from alertnet.store.db.engine import URL_FORMS, insert_once, make_engine, parse_url
from alertnet.store.db.session import Session
from alertnet.store.db.vault import Vault
from alertnet.store.tables import code_numbers, senders, workers
from alertnet.worker.single_worker_lock import WorkerLock
from tests.store.conftest import NOW


def test_a_broken_reference_is_refused(engine: Engine) -> None:
    row = {"code_id": "none", "number_index": b"0" * 16, "tree": "t", "contact": "c", "relays": False}

    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(code_numbers), row)


def test_a_savepoint_can_be_undone_alone(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(insert(workers), {"id": "kept", "seen_at": NOW})
        with connection.begin_nested() as savepoint:
            connection.execute(insert(workers), {"id": "undone", "seen_at": NOW})
            savepoint.rollback()
        connection.commit()

        assert connection.scalars(select(workers.c.id)).all() == ["kept"]


def test_a_row_is_inserted_once(engine: Engine) -> None:
    """A1: the same request twice has one effect."""
    row = {"name": "sms", "free_at": NOW}
    with engine.begin() as connection, Session(connection) as session:
        assert insert_once(session, senders, row)
        assert not insert_once(session, senders, row)


def test_the_statement_that_inserts_once_is_made_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each report with an Idempotency-Key and each SMS that comes in has one, and making it takes a millisecond."""
    made: list[object] = []
    makes = SQLCompiler.__init__

    def note(self: SQLCompiler, *args: Any, **values: Any) -> None:
        made.append(self)
        makes(self, *args, **values)

    rows = [{"name": name, "free_at": NOW} for name in ("sms", "call", "mail")]
    with engine.begin() as connection, Session(connection) as session:
        insert_once(session, senders, rows[0])
        monkeypatch.setattr(SQLCompiler, "__init__", note)
        assert [insert_once(session, senders, row) for row in rows] == [False, True, True]
        assert not made
        assert len(session.execute(select(senders)).all()) == 3
        assert len(made) == 1


def test_sqlite_keeps_what_it_committed_through_a_power_cut(sqlite_engine: Engine) -> None:
    """A1: accepted is durable. 2 is FULL."""
    with sqlite_engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2


def test_the_pages_that_connections_keep_stay_within_a_third_of_what_the_program_takes(sqlite_engine: Engine) -> None:
    """Each keeps what it once read for as long as it is open, and a night of many questions opens all."""
    with sqlite_engine.connect() as connection:
        kilobytes = -connection.execute(text("PRAGMA cache_size")).scalar_one()

    assert 0 < 64 * kilobytes <= 40 << 10


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are listed on Linux alone")
def test_what_may_have_to_be_undone_is_written_to_no_file_but_the_database(sqlite_engine: Engine) -> None:
    """A9: a copy of its pages in /var/tmp would be another place to look for them, and to keep private."""
    with sqlite_engine.connect() as connection:
        assert not _files_beside(connection)
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA temp_store = DEFAULT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        assert _files_beside(connection), "as SQLite does it by itself"


def _files_beside(connection: Connection) -> list[str]:
    """The temporary files that a large savepoint has open."""
    rows = [{"id": f"{number:032}" * 20, "seen_at": NOW} for number in range(400)]
    connection.execute(insert(workers), rows)
    connection.exec_driver_sql("SAVEPOINT large")
    connection.execute(delete(workers))
    # One of them is the listing itself, which is closed by then.
    found = [os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()]
    return [name for name in found if "etilqs" in name]


def test_a_commit_that_fails_leaves_no_transaction_behind(sqlite_engine: Engine) -> None:
    """The connection goes back to the pool: the next flow must not find the old transaction in it."""
    with sqlite_engine.connect() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        connection.execute(text("INSERT INTO code_numbers VALUES ('none', x'00', 't', 'c', 0, 1, NULL, NULL)"))
        assert connection.execute(text("SELECT count(*) FROM code_numbers")).scalar_one() == 1
        with pytest.raises(IntegrityError):
            connection.commit()

    with sqlite_engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM code_numbers")).scalar_one() == 0


def test_a_commit_that_never_reached_the_driver_leaves_no_transaction_behind(engine: Engine) -> None:
    """What it wrote is undone, and its locks are free."""
    written: list[object] = []

    def fail(connection: Connection) -> None:
        written.extend(connection.scalars(select(workers.c.id)))
        raise RuntimeError("no commit")

    event.listen(engine, "commit", fail)
    with pytest.raises(RuntimeError), engine.begin() as connection:
        connection.execute(insert(workers), {"id": "unkept", "seen_at": NOW})
    event.remove(engine, "commit", fail)

    assert written == ["unkept"]
    with engine.begin() as connection:
        assert connection.execute(select(workers.c.id)).all() == []
        connection.execute(insert(workers), {"id": "unkept", "seen_at": NOW})


@pytest.mark.postgres
def test_a_connection_that_was_lost_is_no_fault_of_the_pool(
    postgres: str, vault: Vault, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says why the database is away, once; a traceback for each connection would look like a fault of ours."""
    engine = make_engine(postgres, vault)

    with engine.connect() as lost:
        driver: Any = lost.connection.driver_connection
        driver.close()

    with engine.connect() as fresh:
        assert fresh.scalar(text("SELECT 1")) == 1
    assert caplog.messages == []
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["postgresql://db/alertnet", "postgres://db/alertnet", "postgresql+psycopg://db/alertnet"]
)
def test_every_way_to_write_postgresql_means_psycopg(url: str) -> None:
    assert parse_url(url).drivername == "postgresql+psycopg"


@pytest.mark.postgres
def test_options_in_the_url_are_added_to_ours(postgres: str, vault: Vault) -> None:
    """Whoever names a schema there keeps our time-outs."""
    options = "-csearch_path=elsewhere -cjit=on"
    engine = make_engine(make_url(postgres).update_query_dict({"options": options}).render_as_string(), vault)
    shows = ("search_path", "jit", "lock_timeout", "transaction_isolation")

    with engine.connect() as connection:
        shown = [connection.scalar(text(f"SHOW {name}")) for name in shows]
    engine.dispose()

    assert shown == ["elsewhere", "on", "3s", "read committed"]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://root:hunter2@db/alertnet",
        "postgresql+asyncpg://db/x",
        "alertnet.db",
        "",
    ],
)
def test_other_databases_are_refused_by_what_is_allowed_and_no_password_is_shown(url: str, vault: Vault) -> None:
    with pytest.raises(ValueError, match="sqlite:///file") as caught:
        make_engine(url, vault)

    assert str(caught.value) == URL_FORMS


def modes(path: Path) -> dict[str, str]:
    return {each.name: f"{each.stat().st_mode & 0o777:o}" for each in path.parent.glob(f"{path.name}*")}


@pytest.fixture
def umask() -> Iterator[None]:
    """The one of most machines: whoever is on them may read what is made."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_the_files_of_a_database_are_for_their_owner_alone(tmp_path: Path, vault: Vault, umask: None) -> None:
    """A9: a shell on the machine is not yet the secret, and should not need it."""
    path = tmp_path / "alertnet.db"
    engine = make_engine(f"sqlite:///{path}", vault)
    lock = WorkerLock(engine)
    lock.acquire()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE names (name TEXT)"))

        assert modes(path) == dict.fromkeys(
            ("alertnet.db", "alertnet.db-wal", "alertnet.db-shm", "alertnet.db.lock"), "600"
        )
    lock.release()
    engine.dispose()


@pytest.mark.parametrize(
    ("mode", "then"), [(0o644, "600"), (0o666, "600"), (0o600, "600"), (0o640, "640"), (0o660, "660")]
)
def test_a_file_that_everybody_could_read_is_closed_and_a_groups_is_left(
    tmp_path: Path, vault: Vault, mode: int, then: str
) -> None:
    path = tmp_path / "alertnet.db"
    path.touch()
    path.chmod(mode)
    engine = make_engine(f"sqlite:///{path}", vault)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE names (name TEXT)"))

        assert set(modes(path).values()) == {then}
    engine.dispose()


def test_where_no_file_can_be_made_sqlite_says_so(tmp_path: Path, vault: Vault) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'nowhere' / 'alertnet.db'}", vault)

    with pytest.raises(OperationalError, match="unable to open database file"):
        engine.connect()
