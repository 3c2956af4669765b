"""An empty database of each kind, and one that is migrated."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alertnet.store.db.engine import make_engine
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Vault
from tests.database import migrate
from tests.postgres import fresh_database
from tests.support.entropy import Foreseen
from tests.support.program import SECRET

NOW = datetime(2026, 11, 24, 3, 12, tzinfo=UTC)


@pytest.fixture
def vault() -> Vault:
    return Vault([SECRET])


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return str(request.param)


@pytest.fixture
def database_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return fresh_database(request.getfixturevalue("postgres_url"))


@pytest.fixture
def empty_engine(database_url: str, vault: Vault) -> Iterator[Engine]:
    """An engine on a database without tables."""
    engine = make_engine(database_url, vault)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(kind: str, request: pytest.FixtureRequest, vault: Vault) -> Iterator[Engine]:
    """An engine on a migrated database."""
    if kind == "sqlite":
        yield request.getfixturevalue("sqlite_engine")
    else:
        engine = make_engine(request.getfixturevalue("postgres"), vault)
        yield engine
        engine.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path, vault: Vault) -> Iterator[Engine]:
    """An engine on a migrated SQLite file."""
    engine = make_engine(f"sqlite:///{tmp_path / 'test.db'}", vault)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def tx(engine: Engine, vault: Vault) -> Iterator[Tx]:
    """A transaction at `NOW`, undone at the end."""
    with engine.connect() as connection, Session(connection) as session:
        connection.begin()
        yield Tx(session, NOW, Foreseen(), vault)
