"""A stage on SQLite, or on the database that a test names where the kinds differ."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.worker.stage import Stage

Stages = Callable[..., Stage]


@pytest.fixture
def stages(sqlite_url: str) -> Iterator[Stages]:
    """Makes stages, on SQLite unless told otherwise; closed at the end."""
    made: list[Stage] = []

    def make(url: str = sqlite_url, **settings: Any) -> Stage:
        made.append(Stage(url, **settings))
        return made[-1]

    yield make
    for stage in made:
        stage.close()


@pytest.fixture
def stage(stages: Stages) -> Stage:
    return stages()
