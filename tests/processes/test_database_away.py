"""The database is away for a while: everybody is told to come again, and nobody has to restart anything."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.processes.conftest import Installs
from tests.processes.installation import ARREST, Installation, eventually


@contextmanager
def closed(server_url: str, database_url: str) -> Iterator[None]:
    """The database cuts all connections and takes no new ones, as when its server is down."""
    name = make_url(database_url).database
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        connection.execute(cut, {"name": name})
        try:
            yield
        finally:
            connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    engine.dispose()


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another program holds the write lock."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def refs(installation: Installation) -> list[str]:
    """Every incident there is."""
    return [each["ref"] for each in installation.asks("/v1/incidents").body["items"]]


@pytest.mark.postgres
def test_postgresql_goes_and_comes_back(installs: Installs, postgres_url: str, postgres: str) -> None:
    """503 with Retry-After, nothing half done, recovery without restart: of the web and of the worker."""
    installation = installs(postgres)
    installation.is_up(installation.serves(), workers=1)
    before = installation.raises()
    eventually(lambda: installation.statuses(before) == ["delivered"], "the alert goes out")

    with closed(postgres_url, postgres):
        refused, ready = installation.asks("/v1/incidents", ARREST), installation.asks("/readyz")
        alive = installation.asks("/healthz")

    assert (refused.status, ready.status, alive.status) == (503, 503, 200)
    assert int(refused.headers["Retry-After"]) > 0
    eventually(lambda: installation.asks("/readyz").status == 200, "it is ready again")
    after = installation.raises()
    eventually(lambda: installation.statuses(after) == ["delivered"], "the next alert goes out")
    assert sorted(refs(installation)) == sorted([before, after])


@pytest.mark.postgres
def test_a_start_before_the_database_waits_for_it(installs: Installs, postgres_url: str, postgres: str) -> None:
    """After a power cut everything starts at once, in any order."""
    installation = installs(postgres)
    installation.runtime.engine.dispose()

    with closed(postgres_url, postgres):
        starting = installation.serves()
        eventually(lambda: "waiting_for_database" in starting.log, "it waits")
        before = installation.asks("/healthz").status

    installation.is_up(starting, workers=1)
    assert (before, installation.asks("/healthz").status) == (0, 200)


@pytest.mark.postgres
def test_an_alarm_goes_out_with_a_pooler_in_between(postgres: str, pooled: str, installs: Installs) -> None:
    """PgBouncer in transaction mode, and a line of our own to the server."""
    installation = installs(postgres)
    by = {"ALERTNET_DATABASE_URL": pooled, "ALERTNET_LISTEN_URL": postgres}
    installation.is_up(installation.starts("serve", "--port", str(installation.port), **by), workers=1)

    ref = installation.raises()

    eventually(lambda: installation.statuses(ref) == ["delivered"], "the alert goes out")


@pytest.mark.long
def test_sqlite_is_locked_and_let_go(installs: Installs, tmp_path: Path) -> None:
    """503 with Retry-After after some seconds of waiting; reading goes on; nothing half done."""
    installation = installs()
    installation.is_up(installation.serves(), workers=1)

    with locked(tmp_path / "alertnet.db"):
        refused = installation.asks("/v1/incidents", ARREST)
        assert refs(installation) == []

    assert refused.status == 503
    assert int(refused.headers["Retry-After"]) > 0
    after = installation.raises()
    eventually(lambda: installation.statuses(after) == ["delivered"], "the next alert goes out")
    assert refs(installation) == [after]
