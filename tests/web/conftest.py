"""The web application on the example trees, at a moment that a test chooses."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from alertnet.core.directory.contact_tree import Network
from alertnet.messages.templates.load import Templates
from alertnet.runtime.database.transactions import OwnCommit
from alertnet.runtime.settings.settings import Settings
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import api_keys
from alertnet.web.app import make_app
from tests.database import migrate
from tests.support.client import Client
from tests.support.clock import Clock
from tests.support.program import example_trees, settings_on, shipped_templates, wired
from tests.web.world import World, world_in

NOW = datetime(2026, 11, 24, 3, 12, tzinfo=UTC)


def settings_for(url: str, **more: str) -> Settings:
    """The settings of a program on that database, which can't send anything."""
    return settings_on(url, **{"ALERTNET_PUBLIC_URL": "https://alert.example.org", **more})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The valley over the web, before anything has happened."""
    with world_in(tmp_path) as world:
        yield world


MakeKey = Callable[..., dict[str, str]]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="session")
def network() -> Network:
    return example_trees()


@pytest.fixture(scope="session")
def templates() -> Templates:
    return shipped_templates()


@pytest.fixture
def transactions_on() -> type[OwnCommit] | None:
    """Mostly one thing happens after the other."""
    return OwnCommit


@pytest.fixture
def runtime(
    sqlite_url: str,
    clock: Clock,
    network: Network,
    templates: Templates,
    transactions_on: type[OwnCommit] | None,
) -> Iterator[Runtime]:
    """A runtime with the example trees on a migrated SQLite file."""
    settings = settings_for(sqlite_url)
    runtime = wired(settings, network, templates, clock, transactions_on=transactions_on)
    migrate(runtime.engine)
    yield runtime
    runtime.close()


@pytest.fixture
def client(runtime: Runtime) -> TestClient:
    """A client of the application that brings no key."""
    return Client(make_app(runtime), raise_server_exceptions=False)


@pytest.fixture
def key(runtime: Runtime) -> MakeKey:
    """Makes an API key of those scopes, as the headers that carry it."""

    def make(*scopes: str, team: str | None = None) -> dict[str, str]:
        _, text = runtime.transact(api_keys.create, team, scopes)
        return {"Authorization": f"Bearer {text}"}

    return make


@pytest.fixture
def api(client: TestClient, key: MakeKey) -> TestClient:
    """A client whose key may do everything."""
    client.headers.update(key("administer"))
    return client
