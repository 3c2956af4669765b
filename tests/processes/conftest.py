"""Installations, on either kind of database; their processes are dead at the end, whatever became of the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pgbouncer import pooler_before
from tests.processes.installation import Installation

Installs = Callable[..., Installation]


@pytest.fixture
def installs(tmp_path: Path) -> Iterator[Installs]:
    """Makes one on a database, on SQLite unless told otherwise."""
    made: list[Installation] = []

    def make(database_url: str = f"sqlite:///{tmp_path / 'alertnet.db'}", *, hurried: bool = False) -> Installation:
        made.append(Installation(tmp_path, database_url, hurried=hurried))
        return made[-1]

    yield make
    for installation in made:
        installation.close()


@pytest.fixture
def pooled(postgres: str) -> Iterator[str]:
    """The URL of the same database by a PgBouncer."""
    with pooler_before(postgres) as url:
        yield url
