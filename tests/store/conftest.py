"""An empty database of each kind, and one that is migrated."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from alertnet.store.engine import make_engine
from alertnet.store.upgrade import upgrade
from alertnet.store.vault import Vault
from tests.postgres import fresh_database

SECRET = "a secret for the tests alone, of no use elsewhere"


@pytest.fixture
def vault() -> Vault:
    return Vault([SECRET])


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return fresh_database(request.getfixturevalue("postgres_url"))


@pytest.fixture
def empty_engine(database_url: str, vault: Vault) -> Iterator[Engine]:
    """An engine on a database without tables."""
    engine = make_engine(database_url, vault)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """An engine on a migrated database."""
    upgrade(empty_engine)
    return empty_engine
