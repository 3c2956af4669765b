"""A world for each screenplay, on SQLite; those that must hold on PostgreSQL too ask for `world_on`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from alertnet.runtime.database.transactions import OwnCommit
from alertnet.runtime.settings.settings import read_settings
from alertnet.sandbox import Sandbox
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import api_keys
from alertnet.store.tables import attempts, escalations
from alertnet.store.views import audit
from alertnet.web.app import make_app
from tests.database import migrate
from tests.ports import free_port
from tests.scenarios.valley import FIELD
from tests.scenarios.world import FRIDAY_NIGHT, PUBLIC_URL, REPOSITORY, World
from tests.support.client import Client
from tests.support.clock import Clock
from tests.support.program import QUICK, made_program

TOKEN = "sandbox-token"
ACCOUNT = "AC" + "0" * 32
SECRET = "a secret for tests that is long enough"

Worlds = Callable[..., World]


@contextmanager
def worlds() -> Iterator[Worlds]:
    """Makes a world on a database, with the example trees or those of another folder, and other settings by name."""
    made: list[World] = []

    def make(
        database_url: str,
        trees: Path = REPOSITORY / "contact_trees",
        *,
        reads_mail: bool = False,
        **settings_by_name: str,
    ) -> World:
        clock = Clock(FRIDAY_NIGHT)
        worlds: list[World] = []
        sandbox = Sandbox(
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            public_url=settings_by_name.get("ALERTNET_PUBLIC_URL", PUBLIC_URL),
            now=clock,
            post=lambda url, params, headers: worlds[0].post(url, params, headers),
            # Nobody is given them while the provider is away.
            ports=[free_port() for _ in range(3)],
        ).start()
        settings = read_settings(
            {
                "ALERTNET_DATABASE_URL": database_url,
                "ALERTNET_PUBLIC_URL": PUBLIC_URL,
                "ALERTNET_CONTACT_TREES": str(trees),
                "ALERTNET_MESSAGE_TEMPLATES": str(REPOSITORY / "message_templates"),
                "ALERTNET_SECRET_KEY": SECRET,
                "ALERTNET_SMTP_URL": sandbox.smtp_url,
                "ALERTNET_PIN_COST": QUICK,
                "ALERTNET_RATES": "sms=0,calls=0",
                "TWILIO_ACCOUNT_SID": ACCOUNT,
                "TWILIO_AUTH_TOKEN": TOKEN,
                "ALERTNET_TWILIO_FROM": sandbox.number,
                "ALERTNET_TWILIO_API_URL": sandbox.api_url,
                **({"ALERTNET_IMAP_URL": sandbox.imap_url} if reads_mail else {}),
                **settings_by_name,
            }
        )
        runtime = made_program(settings, clock, OwnCommit)
        migrate(runtime.engine)
        _, key = runtime.transact(api_keys.create, "north", ("administer",))
        world = World(runtime, Client(make_app(runtime)), sandbox, clock, key)
        worlds.append(world)
        made.append(world)
        return world

    yield make
    for world in made:
        promises_broken = world.runtime.read(_promises_broken)
        world.runtime.close()
        world.sandbox.stop()
        assert promises_broken == []


@pytest.fixture
def world_on(tmp_path: Path) -> Iterator[Worlds]:
    """Makes worlds that end with the test, before its folder goes, in which most have their database."""
    with worlds() as make:
        yield make


FORGOTTEN = Prepared(
    select(escalations.c.id, escalations.c.status).where(
        escalations.c.status.not_in(["acknowledged", "stopped"]), escalations.c.due_at.is_(None)
    )
)
STUCK = Prepared(
    select(attempts.c.id, attempts.c.status).where(
        attempts.c.status.in_(["queued", "sending", "unknown"]), attempts.c.due_at.is_(None)
    )
)


def _promises_broken(tx: Tx) -> list[object]:
    """What must hold at the end of every screenplay: each chain verifies (A10), and nobody forgets (A2)."""
    return [*audit.verify(tx.session), *FORGOTTEN.all(tx.session, {}), *STUCK.all(tx.session, {})]


@pytest.fixture
def mail_server() -> Iterator[Sandbox]:
    """A mail server that stands when the telephone network does not."""
    with Sandbox(account_sid=ACCOUNT, auth_token=TOKEN, public_url=PUBLIC_URL) as sandbox:
        yield sandbox


@pytest.fixture
def world(world_on: Worlds, sqlite_url: str) -> World:
    """The world of the example trees, on SQLite."""
    return world_on(sqlite_url)


@pytest.fixture
def either_world(each_database: str, world_on: Worlds) -> World:
    """A world on each kind of database, whose network tells each step."""
    world = world_on(each_database)
    world.hears_each_step = True
    return world


@pytest.fixture
def world_of(world_on: Worlds, tmp_path: Path) -> Worlds:
    """Makes a world, on SQLite, of the trees whose YAML it is given, and another teams.yaml than the valley's."""
    return lambda *trees, **others: of_trees(world_on, tmp_path, *trees, **others)


def of_trees(make: Worlds, folder: Path, *trees: str, field: str = FIELD, **settings_by_name: str) -> World:
    """The same in that folder."""
    written = folder / "contact_trees"
    written.mkdir()
    (written / "teams.yaml").write_text(field)
    for number, text in enumerate(trees):
        (written / f"tree-{number}.yaml").write_text(text)
    return make(f"sqlite:///{folder / 'alertnet.db'}", trees=written, **settings_by_name)
