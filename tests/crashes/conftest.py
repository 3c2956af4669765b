"""The databases that stories are played on."""

from pathlib import Path

import pytest

from tests.crashes import database
from tests.crashes.database import Original


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Original:
    return database.sqlite(tmp_path_factory.mktemp("crashes"))


@pytest.fixture(scope="session")
def on_postgres(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Original:
    folder: Path = tmp_path_factory.mktemp("crashes")
    return database.postgresql(folder, postgres_url)
