"""A database with every migration, in the time that it takes to copy a file: most tests need one of their own."""

import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from alertnet.store.db.engine import make_engine
from alertnet.store.db.vault import Vault
from alertnet.store.tables import metadata
from alertnet.store.upgrade import upgrade
from tests.postgres import become_copy, fresh_database, server_of

OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
NO_ROWS = "SET session_replication_role = replica; " + "; ".join(f'DELETE FROM "{name}"' for name in metadata.tables)
"""Each row goes by itself: to look for what refers to each of thousands took longer than the test that left them."""

SHAPE = """
SELECT md5(string_agg(part, '' ORDER BY part)) FROM (
    SELECT (relname, relkind, relpages, reltuples)::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT (attrelid::regclass, attname, atttypid, attnotnull, attisdropped)::text FROM pg_attribute
        WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    UNION ALL SELECT (conrelid::regclass, conname, pg_get_constraintdef(oid))::text FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT (tgrelid::regclass, tgname, tgenabled)::text FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT setconfig::text FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
        WHERE datname = current_database()) AS parts (part)
"""
"""What a test may have changed of a database, beside its rows: tables, constraints, settings, and what plans go by."""


def migrate(engine: Engine) -> None:
    """Give the database of that engine, which is empty and not in use, the schema of now."""
    if engine.dialect.name == "sqlite" and engine.url.database is not None:
        path = Path(engine.url.database)
        path.touch(0o600)
        path.write_bytes(_migrated())
    elif (url := engine.url.render_as_string(hide_password=False)) not in _lent:
        engine.dispose()
        become_copy(url, like=_migrated_on(server_of(url)))


def migrated_database(server_url: str) -> str:
    """The URL of a database with every migration on that PostgreSQL: one that an earlier test has left, or a new one.

    A new one costs the server a third of a second of a processor, one that is emptied a hundredth.
    """
    test = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
    for url in [url for url, by in _lent.items() if by != test and server_of(url) == server_url]:
        del _lent[url]
        if _is_like_new(url):
            break
    else:
        url = fresh_database(server_url, like=_migrated_on(server_url))
    _lent[url] = test
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def postgres(postgres_url: str) -> str:
    """The URL of a database on PostgreSQL, with every migration and no rows."""
    return migrated_database(postgres_url)


@pytest.fixture(params=["sqlite_url", pytest.param("postgres", marks=pytest.mark.postgres)])
def each_database(request: pytest.FixtureRequest) -> str:
    """The URL of a database without rows, once of each kind."""
    return str(request.getfixturevalue(request.param))


_lent: dict[str, str] = {}
"""Databases of `migrated_database`, and the test that each was given to last."""


def _is_like_new(url: str) -> bool:
    """Whether it is, once nobody is connected and its rows are gone."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(OTHERS))
            if connection.scalar(text(SHAPE)) != _shapes[server_of(url)]:
                return False
            connection.exec_driver_sql(NO_ROWS)
            return True
    except DBAPIError:
        return False
    finally:
        engine.dispose()


@cache
def _migrated() -> bytes:
    """Kept in memory: a folder outlived a process that was forked, or that a slow end of all tests cut off."""
    with TemporaryDirectory(prefix="alertnet-migrated-") as folder:
        path = Path(folder) / "migrated.db"
        _upgrade(f"sqlite:///{path}")
        return path.read_bytes()


@cache
def _migrated_on(server_url: str) -> str:
    """The URL of the original on a PostgreSQL server."""
    url = fresh_database(server_url)
    _upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        _shapes[server_url] = connection.scalar(text(SHAPE))
    engine.dispose()
    return url


_shapes: dict[str, object] = {}
"""Of the original on each server."""


def _upgrade(url: str) -> None:
    engine = make_engine(url, Vault(["a secret that seals nothing, since nothing is in it"]))
    upgrade(engine)
    # Nobody may be connected to an original; and SQLite's last connection writes everything into the one file.
    engine.dispose()
