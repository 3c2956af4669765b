"""A runtime on a migrated database of each kind, without trees."""

from collections.abc import Iterator

import pytest

from alertnet.runtime.wiring import Runtime
from tests.database import migrate
from tests.runtime.flows import connect


@pytest.fixture
def runtime(each_database: str) -> Iterator[Runtime]:
    runtime = connect(each_database)
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
def on_postgres(postgres: str) -> Iterator[Runtime]:
    runtime = connect(postgres)
    migrate(runtime.engine)
    yield runtime
    runtime.close()
