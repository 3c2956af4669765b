"""A switchboard on SQLite; what must hold on PostgreSQL too asks for `any_board`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.database import migrate
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


@pytest.fixture
def any_board(each_database: str) -> Iterator[Switchboard]:
    """One on each kind of database."""
    board = connect(each_database)
    yield board
    board.runtime.close()


def _migrate(url: str) -> None:
    board = connect(url)
    migrate(board.runtime.engine)
    board.runtime.close()
