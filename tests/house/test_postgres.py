"""The server that the tests bring up is a real one: several connections, row locks, databases apart."""

import pytest
from sqlalchemy import Connection, create_engine, text

from tests.postgres import fresh_database

pytestmark = pytest.mark.postgres

CLAIM = text("SELECT id FROM due ORDER BY id LIMIT 3 FOR UPDATE SKIP LOCKED")


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
