"""Engines for SQLite and PostgreSQL: every connection is durable, strict, and gives up within seconds."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from select import POLLIN, poll
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import URL, Connection, Dialect, Engine, Table, create_engine, event, make_url, text, update
from sqlalchemy.exc import ArgumentError, InvalidatePoolError

from alertnet.store.db.adding import unless_there
from alertnet.store.db.columns import as_json
from alertnet.store.db.session import PIPELINE, Session, line_on
from alertnet.store.db.statements import Prepared, stored
from alertnet.store.db.vault import Vault

FOR_THE_OWNER = stat.S_IRUSR | stat.S_IWUSR
BESIDE = ("", "-wal", "-shm", "-journal", ".lock")
"""The files of a SQLite database; SQLite creates the others with the permissions of the database."""

log = structlog.get_logger(__name__)

# An error's text is logged; hide_parameters keeps names and numbers out of it.
_ENGINE: dict[str, Any] = {
    "hide_parameters": True,
    "pool_timeout": 5,
    "pool_reset_on_return": None,
    "json_serializer": as_json,
}

_CLOCK = text("SELECT clock_timestamp()")
_NOTIFY = "NOTIFY alertnet"
_LISTEN = "LISTEN alertnet"
_MADE_AT, _RENEWED_AT = "made_at", "renewed_at"

SQLITE_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "busy_timeout": "5000",  # milliseconds
    "foreign_keys": "ON",
    # Otherwise the journal for undoing one flow of a group goes to a file in /var/tmp, page by page: four times as many
    # writes as the commit itself, and a copy of our pages outside our folder.
    "temp_store": "MEMORY",
    # KiB of pages for each connection, of which up to 64 stay full; another connection's commit invalidates them.
    "cache_size": "-512",
    # Pages of the log after which a commit copies them to the file; `carry_over` does so earlier, in the background.
    "wal_autocheckpoint": "4000",
}
WRITER_CACHE = 2048
"""KiB of pages for the one connection that writes, which nobody else invalidates."""
POSTGRES_CONNECT = {
    "connect_timeout": "3",  # seconds
    "tcp_user_timeout": "5000",  # milliseconds until an unanswered packet ends the connection
    "keepalives_idle": "5",  # seconds
    "keepalives_interval": "2",
    "keepalives_count": "2",
    # A server that was set up without a language gives bytes in place of texts, others what has no room for every name.
    "client_encoding": "utf8",
}
POSTGRES_SESSION = {
    "timezone": "UTC",
    "datestyle": "ISO, MDY",
    "default_transaction_isolation": "read committed",
    "statement_timeout": "5000",  # milliseconds
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "15000",
    # Every query here has an index. When tables grow faster than statistics are gathered, the planner would scan them
    # whole, hundreds of times a second.
    "enable_seqscan": "off",
    "jit": "off",
    # Plan each statement once for a connection. With plans for particular values it is planned again and again, which
    # took half of the server's time in a burst.
    "plan_cache_mode": "force_generic_plan",
}
PREPARED_AFTER = 1
"""How often a connection runs a statement of SQLAlchemy before it keeps the plan."""
RESTED_SECONDS = 1.0
"""A connection that rested this long is checked before use.

Checking before each transaction took longer than some of them.
"""

_SET_LOCALLY = "SELECT " + ", ".join(
    f"set_config('{name}', '{value}', true)" for name, value in POSTGRES_SESSION.items()
)
URL_FORMS = "sqlite:///file.db, or postgresql+psycopg://user@host/database"


def for_the_owner(path: str, flags: int) -> int:
    """Open a file as `os.open` does; a new file gets permissions for its owner only, whatever the umask is."""
    return os.open(path, flags, FOR_THE_OWNER)


def make_private(database: str) -> None:
    """Create the SQLite file if it is missing, and remove the permissions of everybody else from existing files.

    The owner gains no permission: a file that its owner may only read is so on purpose. Permissions of only the group
    stay, since somebody chose them; no umask sets them. If the file can't be created, SQLite reports why.
    """
    with suppress(OSError):
        os.close(for_the_owner(database, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    for suffix in BESIDE:
        _tighten(Path(f"{database}{suffix}"))


def _tighten(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return
    if not mode & stat.S_IRWXO:
        return
    was, now = {"file": path.name, "mode": f"{mode:04o}"}, mode & FOR_THE_OWNER
    try:
        path.chmod(now)
    except OSError as error:
        log.warning("file_is_open_to_everybody", **was, error=error.strerror)
    else:
        log.info("file_was_open_to_everybody", **was, now=f"{now:04o}")


def server_time(connection: Connection) -> datetime:
    there: datetime = connection.execute(_CLOCK).scalar_one()
    return there


def notify_others(connection: Connection) -> None:
    """Tell every process that something is due."""
    line_on(connection).run(_NOTIFY, gives=False)


def listen(connection: Connection) -> Any:
    """The driver's own connection, whose `notifies` reports every `notify_others` from now on.

    It is detached, since a listening connection must never go back to the pool.
    """
    driver: Any = connection.connection.driver_connection
    connection.detach()
    driver.execute(_LISTEN)
    return driver


def parse_url(text: str) -> URL:
    """Parse a URL and add the driver: bare `postgresql://` means psycopg 3.

    Any other database gives a ValueError that says what is allowed, without the password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(URL_FORMS) from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    in_memory = url.drivername == "sqlite" and url.database in (None, "", ":memory:")
    if in_memory or url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ValueError(URL_FORMS)
    return url


def make_engine(url: str, vault: Vault, *, pooled: bool = False) -> Engine:
    """Make an engine whose transactions may write (`BEGIN IMMEDIATE` on SQLite). It does not connect yet.

    `pooled`: the URL leads to a pooler, such as PgBouncer, that lends a session for one transaction at a time.
    It raises what `parse_url` raises.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        # Last in, first out: SQLite drops a connection's cached pages once another has written, so writing by turns
        # would read them anew for each transaction.
        engine = create_engine(parsed, pool_size=16, max_overflow=48, pool_use_lifo=True, **_ENGINE)
        event.listen(engine, "do_connect", _make_private)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "commit", _refuse_to_commit_nothing)
    else:
        connect: dict[str, Any] = {name: each for name, each in POSTGRES_CONNECT.items() if name not in parsed.query}
        # With a pooler each transaction may get another session, and a session another program: nothing may stay in it.
        connect["prepare_threshold"] = None if pooled else PREPARED_AFTER
        if not pooled:
            ours = ["-c {}={}".format(name, value.replace(" ", "\\ ")) for name, value in POSTGRES_SESSION.items()]
            connect["options"] = " ".join([*ours, *parsed.normalized_query.get("options", ())])  # the last one counts
        # All connections stay open, and the last used is used next: a new one costs more than most transactions, and
        # has to plan its statements anew.
        engine = create_engine(
            parsed, pool_size=20, max_overflow=0, pool_use_lifo=True, connect_args=connect, **_ENGINE
        )
        _speak_by_pipelines(engine)
        event.listen(engine, "checkin", lambda _, record: record.info.update(rests_since=monotonic()))
        event.listen(engine, "checkout", partial(_try_rested, engine.dialect))
        if pooled:
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(_SET_LOCALLY))
    event.listen(engine, "reset", _end_transaction)
    vars(engine.dialect)["vault"] = vault
    return engine


def renew_connections(engine: Engine) -> None:
    """Let each connection that there is be made anew before it is next used; whoever uses one now may finish.

    A pool that is disposed of would keep those open that come back to it: a server has only so many.
    """
    vars(engine.dialect)[_RENEWED_AT] = monotonic()


def for_reading(engine: Engine) -> Engine:
    """The same engine for read-only transactions, each a snapshot; on SQLite they never wait for the writer."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(begins="BEGIN")
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def for_asking(engine: Engine) -> Engine:
    """The engine for reads of a single statement, which is a snapshot by itself: no transaction is begun or ended."""
    return engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="AUTOCOMMIT")


def connect_writer(engine: Engine) -> Connection:
    """Open a connection to SQLite outside the pool, for the one writer."""
    connection = engine.connect()
    connection.detach()
    # Directly by the driver, so that no transaction begins.
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(f"PRAGMA cache_size = -{WRITER_CACHE}")
    return connection


def file_at(path: Path) -> tuple[int, int] | None:
    """Which file is at that path now; None where none can be seen."""
    try:
        there = path.stat()
    except OSError:
        return None
    return there.st_dev, there.st_ino


def when_given_up(engine: Engine, let_go: Callable[[], object]) -> None:
    """Call that whenever the engine's pool and its connections are disposed of; detached connections must go too."""
    event.listen(engine, "engine_disposed", lambda _: let_go())


def damage_of_file(connection: Connection) -> str | None:
    """Check the SQLite file: the first fault found, or None where its pages fit together.

    Raises DatabaseError where it is too damaged to check.
    """
    found: str | None = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    return None if found == "ok" else found


def carry_over(engine: Engine) -> None:
    """Copy SQLite's log into its file as far as nobody is in the way; nobody waits for it."""
    # Directly by the driver, since it must not be inside a transaction.
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextmanager
def patiently(connection: Connection) -> Iterator[None]:
    """Let each statement of the transaction take an hour, as an index of a large table may need; no lock is so long."""
    pipeline = connection.info.get(PIPELINE)
    if pipeline is None:
        yield
        return
    usual, pipeline.answer_seconds = pipeline.answer_seconds, 3600.0
    connection.exec_driver_sql("SET LOCAL statement_timeout = '1h'")
    try:
        yield
    finally:
        pipeline.answer_seconds = usual


def insert_once(session: Session, table: Table, values: dict[str, Any]) -> bool:
    """Insert the row unless its key is taken, even by a simultaneous transaction; True if it was inserted."""
    return bool(_inserting_once(table).put(session, stored(values.items())))


def insert_or_change(session: Session, table: Table, row: dict[str, Any], **changes: Any) -> None:
    """Insert the row; where its key is taken, make these changes to the row that has it."""
    if not insert_once(session, table, row):
        mine = (column == row[column.name] for column in table.primary_key)
        session.execute(update(table).where(*mine).values(changes))


@cache
def _inserting_once(table: Table) -> Prepared:
    return Prepared(unless_there(table).returning(*table.primary_key))


def _make_private(_dialect: object, _record: object, arguments: Sequence[Any], _named: object) -> None:
    if not str(arguments[0]).startswith("file:"):
        make_private(arguments[0])


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN is deferred, and a deferred transaction that begins to write fails under contention.
    connection.isolation_level = None
    for pragma, value in SQLITE_PRAGMAS.items():
        connection.execute(f"PRAGMA {pragma} = {value}")


def _begin_sqlite(connection: Connection) -> None:
    # SQLAlchemy's way takes longer than most queries.
    line_on(connection).run(connection.get_execution_options().get("begins", "BEGIN IMMEDIATE"), gives=False)


def _refuse_to_commit_nothing(connection: Connection) -> None:
    # Where SQLite has undone the whole transaction, COMMIT fails, but the driver's commit is silent.
    driver: Any = connection.connection.dbapi_connection
    if not driver.in_transaction:
        line_on(connection).run("COMMIT", gives=False)


def _speak_by_pipelines(engine: Engine) -> None:
    # Imported here, since with SQLite the driver would use nine megabytes for nothing.
    from alertnet.store.db.pipeline import OUTDATED, LastingConnection

    def note(driver: Any, record: Any) -> None:
        record.info[PIPELINE] = driver.ours
        record.info[_MADE_AT] = monotonic()

    def give_up_outdated(context: Any) -> None:
        if getattr(context.original_exception, "sqlstate", None) in OUTDATED:
            context.is_disconnect, context.invalidate_pool_on_disconnect = True, False

    vars(engine.dialect)["connect"] = LastingConnection.connect
    event.listen(engine, "connect", note)
    event.listen(engine, "handle_error", give_up_outdated)


def _try_rested(dialect: Dialect, connection: Any, record: Any, _proxy: object) -> None:
    """Check whether the server is still there, on a connection that has rested or has a message.

    Raises InvalidatePoolError where it is not; all connections are made anew before a flow notices.
    """
    if record.info[_MADE_AT] < vars(dialect).get(_RENEWED_AT, 0):
        raise InvalidatePoolError("it may lead to a server of before")
    if monotonic() - record.info.get("rests_since", monotonic()) < RESTED_SECONDS and not _has_news(connection):
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError("the server has gone") from error


def _has_news(connection: Any) -> bool:
    """Whether the server has sent something unasked, such as that it shuts down."""
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    return bool(waiting.poll(0))


def _end_transaction(connection: Any, record: Any, _state: object) -> None:
    # A COMMIT that fails may leave the driver's transaction open, with its locks; SQLAlchemy takes it for ended and
    # would lend the connection to the next flow.
    if not getattr(connection, "closed", False):
        connection.rollback()
    elif record is not None:
        # Whoever lost it has told why; SQLAlchemy would log a traceback for each.
        record.invalidate()
