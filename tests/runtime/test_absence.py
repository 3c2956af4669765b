"""A database that gives no answer: why is told in words, once a minute."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from structlog.testing import capture_logs

from alertnet.runtime.database.faults import Cause, cause_of
from alertnet.runtime.database.outage import Absence
from alertnet.runtime.database.transactions import DatabaseAway, NotWritable
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.engine import make_engine
from alertnet.store.db.pipeline import NO_ANSWER
from alertnet.store.db.vault import Vault
from tests.runtime.flows import connect, keep, kept


class Watch:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def told(logs: list[Any]) -> list[tuple[str, int]]:
    return [(each["event"], each["seconds"]) for each in logs]


def fails(absence: Absence, away: DatabaseAway) -> None:
    with pytest.raises(DatabaseAway), absence.noticed(writing=True):
        raise away


def test_what_lasts_is_told_once_a_minute_and_when_it_is_over() -> None:
    watch = Watch()
    absence = Absence(watch)

    with capture_logs() as logs:
        for watch.seconds in range(0, 125, 1):
            fails(absence, NotWritable("the disk is full"))
        with absence.noticed(writing=True):
            pass

    assert told(logs) == [("database_away", 0), ("database_away", 60), ("database_away", 120), ("database_back", 124)]
    assert logs[0]["cause"] == "the disk is full"


def test_a_full_disk_on_which_commits_of_nothing_succeed_fills_no_log() -> None:
    watch = Watch()
    absence = Absence(watch)

    with capture_logs() as logs:
        for watch.seconds in range(70):
            fails(absence, NotWritable("the disk is full"))
            with absence.noticed(writing=True):
                pass

    assert told(logs) == [("database_away", 0), ("database_back", 0)] * 2
    assert absence.cause is None


def test_another_cause_is_told_at_once() -> None:
    absence = Absence(Watch())

    with capture_logs() as logs:
        fails(absence, DatabaseAway("the server is starting or stopping"))
        fails(absence, NotWritable("the disk of the server is full"))

    assert [each["cause"] for each in logs] == ["the server is starting or stopping", "the disk of the server is full"]


def test_that_it_can_be_read_does_not_mean_that_it_can_be_written() -> None:
    absence = Absence(Watch())
    fails(absence, NotWritable("the disk is full"))

    with absence.noticed(writing=False):
        pass
    assert absence.cause == "the disk is full"

    with absence.noticed(writing=True):
        pass
    assert absence.cause is None


def every_connection(runtime: Runtime, pragma: str) -> Callable[[], None]:
    """Let each have that setting, from now until it is called."""

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    def stop() -> None:
        event.remove(runtime.engine, "connect", prepare)
        runtime.engine.dispose()

    runtime.engine.dispose()
    event.listen(runtime.engine, "connect", prepare)
    return stop


def keep_much(tx: Any, name: str) -> None:
    for number in range(1000):
        keep(tx, f"{name}{number}")


@pytest.mark.parametrize(
    ("pragma", "words"),
    [("max_page_count = 1", "the disk of {folder} is full"), ("query_only = 1", "the file can only be read")],
)
def test_a_file_that_takes_nothing_is_named_with_the_cause_and_recovers(
    on_sqlite: Runtime, tmp_path: Path, pragma: str, words: str
) -> None:
    """503, nothing half done, and no restart when it is over (A1)."""
    stop = every_connection(on_sqlite, pragma)
    with pytest.raises(NotWritable) as caught:
        on_sqlite.transact(keep_much, "meanwhile")

    assert on_sqlite.read(kept) == []
    stop()
    on_sqlite.transact(keep, "after")

    assert caught.value.cause == f"{tmp_path / 'test.db'}: {words.format(folder=tmp_path)}"
    assert on_sqlite.read(kept) == ["after"]


def test_a_file_that_is_gone_is_named_with_the_cause(on_sqlite: Runtime, tmp_path: Path) -> None:
    on_sqlite.engine.dispose()
    (tmp_path / "test.db").unlink()
    (tmp_path / "test.db").mkdir()

    with pytest.raises(NotWritable) as caught:
        on_sqlite.transact(keep, "a")

    assert caught.value.cause == f"{tmp_path / 'test.db'}: this is a folder"


@pytest.mark.parametrize("in_its_place", [False, True])
def test_a_file_that_is_moved_while_it_is_in_use_takes_nothing_until_it_is_back(
    on_sqlite: Runtime, tmp_path: Path, in_its_place: bool
) -> None:
    """A1: SQLite goes on writing what nobody finds again after a restart."""
    on_sqlite.transact(keep, "before")
    file = (tmp_path / "test.db").rename(tmp_path / "moved.db")
    if in_its_place:
        (tmp_path / "test.db").touch()

    with pytest.raises(NotWritable) as caught:
        on_sqlite.transact(keep, "lost")
    assert "moved, removed or exchanged" in caught.value.cause

    file.rename(tmp_path / "test.db")
    on_sqlite.transact(keep, "since")
    assert on_sqlite.read(kept) == ["before", "since"]


@pytest.mark.postgres
def test_a_server_that_can_only_be_read_is_named_with_the_cause(on_postgres: Runtime) -> None:
    """A standby that was not promoted, or a server that its operator has set to read-only: a session stays so."""
    alter = f'ALTER DATABASE "{on_postgres.engine.url.database}"'
    on_postgres.transact(lambda tx: tx.session.execute(text(f"{alter} SET default_transaction_read_only = on")))
    on_postgres.engine.dispose()

    with pytest.raises(NotWritable) as caught:
        on_postgres.transact(keep, "a")

    assert "standby" in caught.value.cause
    assert on_postgres.absence.cause == caught.value.cause
    assert on_postgres.read(kept) == []
    with on_postgres.engine.connect() as connection:
        connection.exec_driver_sql("SET TRANSACTION READ WRITE")
        connection.exec_driver_sql(f"{alter} RESET default_transaction_read_only")
        connection.commit()
    with pytest.raises(NotWritable):
        on_postgres.transact(keep, "in a session of before")

    on_postgres.transact(keep, "after")

    assert on_postgres.read(kept) == ["after"]


@pytest.mark.postgres
def test_a_server_that_can_only_be_read_is_left_no_connections_behind(on_postgres: Runtime) -> None:
    """Each refusal makes connections anew, those too that were busy meanwhile: a server has only so many."""
    alter = f'ALTER DATABASE "{on_postgres.engine.url.database}" SET default_transaction_read_only = on'
    on_postgres.transact(lambda tx: tx.session.execute(text(alter)))
    on_postgres.engine.dispose()
    sessions = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")

    for _ in range(5):
        with on_postgres.engine.connect(), pytest.raises(NotWritable):
            on_postgres.transact(keep, "a")

    assert on_postgres.read(lambda tx: tx.session.scalar(sessions)) in (1, 2)


def test_a_server_that_is_not_there_is_named_with_the_cause() -> None:
    with pytest.raises(DatabaseAway) as caught:
        connect("postgresql://alertnet@127.0.0.1:9/alertnet")

    assert caught.value.cause == "the server at 127.0.0.1:9 can't be reached"


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (errors.DiskFull("could not extend file"), Cause("the disk of the server is full", lasts=True)),
        (errors.InsufficientPrivilege("denied"), Cause("the server lets this user write nothing", lasts=True)),
        (errors.AdminShutdown("terminating"), Cause("the server is starting or stopping")),
        (errors.TooManyConnections("sorry"), Cause("the server has no connection or memory left")),
        (errors.QueryCanceled("timeout"), Cause("the server was too busy: a statement took too long")),
        (
            errors.LockNotAvailable("timeout"),
            Cause("a lock was held for too long: the server is too busy, or a COMMIT waits for a standby that is away"),
        ),
        (
            psycopg.OperationalError(NO_ANSWER),
            Cause("the server has not answered in time: it hangs, or a COMMIT waits for a standby that is away"),
        ),
        (
            psycopg.OperationalError("FATAL:  could not write init file"),
            Cause("the disk of the server is full", lasts=True),
        ),
        (
            psycopg.OperationalError("FATAL:  could not open relation mapping file"),
            Cause("the server at 127.0.0.1:9 answers with a fault: its own log says which"),
        ),
        (errors.UndefinedTable("no such table"), None),
    ],
)
def test_what_a_server_says_becomes_words(fault: psycopg.Error, cause: Cause | None) -> None:
    """A fault of ours becomes none: waiting doesn't cure it."""
    kind = OperationalError if isinstance(fault, psycopg.OperationalError) else ProgrammingError
    engine = make_engine(
        "postgresql://alertnet@127.0.0.1:9/alertnet", Vault(["a secret that seals nothing at all, here"])
    )

    assert cause_of(kind("", {}, fault), engine) == cause


REFUSALS = {
    "the server takes neither this user nor its password": (
        'password authentication failed for user "alertnet"',
        "la autentificación password falló para el usuario «alertnet»",
        "authentification par mot de passe échouée pour l'utilisateur  « alertnet »",
        "Passwort-Authentifizierung für Benutzer »alertnet« fehlgeschlagen",
        'autenticação do tipo senha falhou para o usuário "alertnet"',
        "no hay una línea en pg_hba.conf para «10.0.0.1», usuario «alertnet», base de datos «alertnet», sin cifrado",
        'role "alertnet" does not exist',
        "no existe el rol «alertnet»",
        "le rôle « alertnet » n'existe pas",
        "Rolle »alertnet« existiert nicht",
    ),
    "the server has no database of that name": (
        'database "alertnet" does not exist',
        "no existe la base de datos «alertnet»",
        "la base de données « alertnet » n'existe pas",
        "Datenbank »alertnet« existiert nicht",
        'banco de dados "alertnet" não existe',
    ),
    "the server at 127.0.0.1:9 answers with a fault: its own log says which": (
        'permission denied for database "alertnet"',
        'database "alertnet" is not currently accepting connections',
        "permiso denegado a la base de datos «alertnet»",
        "keine Berechtigung für Datenbank »alertnet«",
        "expected authentication request from server, but received H",
    ),
    "the server has no connection or memory left": (
        "sorry, too many clients already",
        "lo siento, ya tenemos demasiados clientes",
        "désolé, trop de clients sont déjà connectés",
        "tut mir leid, schon zu viele Verbindungen",
        "desculpe, muitos clientes conectados",
        "demasiadas conexiones para el rol «alertnet»",
        "remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "las conexiones restantes están reservadas a roles con el atributo SUPERUSER",
        "die verbleibenden Verbindungen sind für Rollen mit dem SUPERUSER-Attribut reserviert",
        "os encaixes de conexão restantes estão reservados para funções de banco de dados (roles) com o atributo "
        "SUPERUSER",
    ),
    "the server is starting or stopping": (
        "the database system is starting up",
        "el sistema de base de datos está iniciándose",
        "el sistema de bases de datos aún no está aceptando conexiones",
        "le système de bases de données se lance",
        "le système de base de données s'arrête",
        "das Datenbanksystem fährt herunter",
        "o sistema de banco de dados está desligando",
    ),
}
"""What PostgreSQL 17 says at the door, in the languages of the console."""


@pytest.mark.parametrize(
    ("words", "said"), [(words, said) for said, all_words in REFUSALS.items() for words in all_words]
)
def test_a_refusal_at_the_door_is_told_apart_in_the_servers_language(words: str, said: str) -> None:
    """A connection that was refused has no error code; a server that was set up in Colombia speaks Spanish."""
    engine = make_engine("postgresql://alertnet@127.0.0.1:9/alertnet", Vault(["a secret that seals nothing at all"]))
    refused = psycopg.OperationalError(f'connection to server at "127.0.0.1", port 9 failed: FATAL:  {words}')

    assert cause_of(OperationalError("", {}, refused), engine) == Cause(said)
