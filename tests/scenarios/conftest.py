"""A world for each screenplay, on SQLite; those that must hold on PostgreSQL too ask for `world_on`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from alertnet.runtime import make_runtime
from alertnet.sandbox import Sandbox
from alertnet.settings import read_settings
from alertnet.store import keys
from alertnet.store.upgrade import upgrade
from alertnet.web.app import make_app
from tests.scenarios.world import PUBLIC_URL, REPOSITORY, Clock, World

TOKEN = "sandbox-token"  # noqa: S105
ACCOUNT = "AC" + "0" * 32


@pytest.fixture
def world_on(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes a world on a database, with the example trees or those of another folder."""
    made: list[World] = []

    def make(database_url: str, trees: Path = REPOSITORY / "contact_trees") -> World:
        clock = Clock()
        worlds: list[World] = []
        sandbox = Sandbox(
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            public_url=PUBLIC_URL,
            now=clock,
            post=lambda url, params, headers: worlds[0].post(url, params, headers),
        ).start()
        settings = read_settings(
            {
                "ALERTNET_DATABASE_URL": database_url,
                "ALERTNET_PUBLIC_URL": PUBLIC_URL,
                "ALERTNET_CONTACT_TREES": str(trees),
                "ALERTNET_MESSAGE_TEMPLATES": str(REPOSITORY / "message_templates"),
                "ALERTNET_SECRET_KEY": "a secret for tests that is long enough",
                "ALERTNET_SMTP_URL": sandbox.smtp_url,
                "ALERTNET_RATES": "sms=0,calls=0",
                "TWILIO_ACCOUNT_SID": ACCOUNT,
                "TWILIO_AUTH_TOKEN": TOKEN,
                "ALERTNET_TWILIO_FROM": sandbox.number,
                "ALERTNET_TWILIO_API_URL": sandbox.api_url,
            }
        )
        runtime = make_runtime(settings, clock=clock)
        upgrade(runtime.engine)
        _, key = runtime.transact(keys.create, "north", ("administer",))
        world = World(runtime, TestClient(make_app(runtime)), sandbox, clock, key)
        worlds.append(world)
        made.append(world)
        return world

    yield make
    for world in made:
        world.runtime.close()
        world.sandbox.stop()


@pytest.fixture
def world(world_on: Callable[..., World], tmp_path: Path) -> World:
    """The world of the example trees, on SQLite."""
    return world_on(f"sqlite:///{tmp_path / 'alertnet.db'}")
