"""A switchboard on SQLite; what must hold on PostgreSQL too asks for `any_board`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database import migrate, migrated_database
from tests.flows.switchboard import Switchboard, connect


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, of which each test takes a copy: migrations cost more than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "test.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(migrated: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated, tmp_path)}"


@pytest.fixture
def board(sqlite_url: str) -> Iterator[Switchboard]:
    board = connect(sqlite_url)
    yield board
    board.runtime.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_board(request: pytest.FixtureRequest) -> Iterator[Switchboard]:
    """One on each kind of database."""
    if request.param == "sqlite":
        url = request.getfixturevalue("sqlite_url")
    else:
        url = migrated_database(request.getfixturevalue("postgres_url"))
    board = connect(url)
    yield board
    board.runtime.close()


def _migrate(url: str) -> None:
    board = connect(url)
    migrate(board.runtime.engine)
    board.runtime.close()
