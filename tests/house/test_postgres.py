"""The server that the tests bring up is a real one: several connections, row locks, databases apart."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from tests.postgres import fresh_database

pytestmark = pytest.mark.postgres

CLAIM = text("SELECT id FROM due ORDER BY id LIMIT 3 FOR UPDATE SKIP LOCKED")

HAS_ONE = """
import signal
from tests.postgres import own_server
with own_server() as server:
    print(server.url, server.home, flush=True)
    signal.pause()
"""


def claim(connection: Connection) -> list[int]:
    return list(connection.scalars(CLAIM))


def test_two_connections_claim_different_rows(postgres_url: str) -> None:
    """Any number of workers on any number of machines: SKIP LOCKED hands no row out twice."""
    engine = create_engine(fresh_database(postgres_url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE due AS SELECT generate_series(1, 6) AS id"))

    with engine.connect() as one, engine.connect() as other:
        assert (claim(one), claim(other)) == ([1, 2, 3], [4, 5, 6])
    engine.dispose()


def test_a_fresh_database_is_empty_and_its_own(postgres_url: str) -> None:
    """What one test writes, no other sees."""
    used, fresh = (create_engine(fresh_database(postgres_url)) for _ in range(2))
    with used.begin() as connection:
        connection.execute(text("CREATE TABLE due (id integer)"))

    found = []
    for engine in (used, fresh):
        with engine.connect() as connection:
            found.append(connection.scalar(text("SELECT to_regclass('due')")))
        engine.dispose()

    assert found == ["due", None]


@pytest.mark.long
def test_a_server_ends_with_the_tests_that_have_started_it_however_these_end() -> None:
    """A run that is killed leaves no server and no folder behind."""
    tests = subprocess.Popen([sys.executable, "-c", HAS_ONE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert tests.stdout is not None
    url, home = tests.stdout.readline().split()
    engine = create_engine(url)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
        tests.kill()
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT pg_sleep(60)"))

    engine.dispose()
    # Whoever ends the server says its faults where the tests do, and is done when nothing more can be said there.
    assert "FATAL" not in tests.communicate()[1]
    assert not Path(home).exists()
