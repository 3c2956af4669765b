"""A stage on SQLite, and one on each kind of database where the two differ."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.database import migrated_database
from tests.worker.stage import Stage

Stages = Callable[..., Stage]


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Stages]:
    """Makes stages, on SQLite unless told otherwise; closed at the end."""
    made: list[Stage] = []

    def make(url: str = f"sqlite:///{tmp_path / 'test.db'}", **settings: Any) -> Stage:
        made.append(Stage(url, **settings))
        return made[-1]

    yield make
    for stage in made:
        stage.close()


@pytest.fixture
def stage(stages: Stages) -> Stage:
    return stages()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def each_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return migrated_database(request.getfixturevalue("postgres_url"))


@pytest.fixture
def postgres(postgres_url: str) -> str:
    """The URL of an empty database on PostgreSQL."""
    return migrated_database(postgres_url)
