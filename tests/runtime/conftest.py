"""A runtime on a migrated database of each kind, without trees."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alertnet.runtime.wiring import Runtime
from tests.database import migrate, migrated_database
from tests.runtime.flows import connect


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, sqlite_url: str) -> str:
    """The URL of an empty database, once of each kind."""
    return sqlite_url if request.param == "sqlite" else migrated_database(request.getfixturevalue("postgres_url"))


@pytest.fixture
def runtime(database_url: str) -> Iterator[Runtime]:
    runtime = connect(database_url)
    migrate(runtime.engine)
    yield runtime
    runtime.close()


@pytest.fixture
def on_sqlite(sqlite_url: str) -> Iterator[Runtime]:
    runtime = connect(sqlite_url)
    migrate(runtime.engine)
    yield runtime
    runtime.close()


@pytest.fixture
def on_postgres(postgres_url: str) -> Iterator[Runtime]:
    runtime = connect(migrated_database(postgres_url))
    migrate(runtime.engine)
    yield runtime
    runtime.close()
