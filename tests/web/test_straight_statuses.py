"""A status of a message or call is taken straight, and answered as by all the layers that it passes by."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy.exc import OperationalError
from starlette.datastructures import ImmutableMultiDict
from starlette.types import Message, Scope
from twilio.request_validator import RequestValidator

from alertnet.core.directory.contact_tree import Network
from alertnet.core.monitoring.metrics import WEBHOOKS
from alertnet.messages.templates.load import Templates
from alertnet.runtime.wiring import Runtime
from alertnet.web.app import make_app
from tests.support.clock import Clock
from tests.support.program import wired
from tests.web.conftest import settings_for
from tests.web.world import ACCOUNT, OURS, PUBLIC_URL, TOKEN, World

FIELDS = {"AccountSid": ACCOUNT, "MessageSid": "SM9", "MessageStatus": "delivered", "CallerCity": ""}
SIGNED, BY_ANOTHER = TOKEN, "guessed"


@pytest.fixture
def world(world: World) -> World:
    world.raises()
    return world


async def ask(app: Any, path: str, token: str = SIGNED) -> tuple[Scope, list[Message]]:
    """Posts a status to the application itself: the request as it ended, and what was sent back."""
    signature = RequestValidator(token).compute_signature(PUBLIC_URL + path, ImmutableMultiDict(FIELDS.items()))
    path, _, query = path.partition("?")
    about = {"type": "http", "method": "POST", "path": path, "query_string": query.encode(), "client": None}
    headers = [(b"x-twilio-signature", signature.encode()), (b"host", b"alert.example.org")]
    scope: Scope = {**about, "headers": headers, "scheme": "https", "server": ("alert.example.org", 443)}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": urlencode(FIELDS).encode()}

    async def send(message: Message) -> None:
        sent.append(message)

    with suppress(OperationalError):  # It is told, and then raised for the server's log.
        await app(scope, receive, send)
    return scope, sent


def asked(world: World, path: str, token: str = SIGNED) -> tuple[Scope, list[Message]]:
    return asyncio.run(ask(world.client.app, path, token))


def counted(runtime: Runtime) -> dict[tuple[str, ...], float]:
    return {values: count for (name, values), count in runtime.counting.totals().items() if name == WEBHOOKS.name}


def test_a_status_passes_by_the_routes_unless_something_is_wrong_with_it(world: World) -> None:
    """A5: it has the same effect on either way; one that the provider has not signed has none."""
    attempt, other = world.attempt("bob", "sms"), world.attempt("carol", "sms")
    path = f"/twilio/sms/status/{attempt}"

    refused, _ = asked(world, path, BY_ANOTHER)
    before = world.row(attempt).status
    straight, _ = asked(world, path)
    usual, _ = asked(world, f"/twilio/sms/status/{other}?again=1")

    assert ("router" in straight, "router" in usual, "router" in refused) == (False, True, True)
    assert (before, world.row(attempt).status, world.row(other).status) == ("queued", "delivered", "delivered")


@pytest.mark.parametrize("token", [SIGNED, BY_ANOTHER])
def test_a_status_is_answered_and_counted_alike_on_either_way(world: World, token: str) -> None:
    path = f"/twilio/sms/status/{world.attempt('bob', 'sms')}"

    _, straight = asked(world, path, token)
    once = counted(world.runtime)
    _, usual = asked(world, f"{path}?again=1", token)

    assert straight == usual
    assert straight[0]["status"] == (204 if token == SIGNED else 403)
    assert once == {("sms/status/{attempt}", str(straight[0]["status"])): 1}
    assert counted(world.runtime) == dict.fromkeys(once, 2)


def test_a_fault_of_ours_is_told_alike_on_either_way(world: World, tmp_path: Path) -> None:
    """A1: the provider is not told that a status was recorded, and may bring it again."""
    path = f"/twilio/sms/status/{world.attempt('bob', 'sms')}"
    with closing(sqlite3.connect(tmp_path / "test.db")) as database:
        database.execute("ALTER TABLE attempts RENAME TO away")

    (_, straight), (_, usual) = asked(world, path), asked(world, f"{path}?again=1")

    assert straight == usual
    assert straight[0]["status"] == 500


@pytest.mark.postgres
def test_on_postgresql_statuses_share_no_transaction(
    postgres: str, network: Network, templates: Templates, clock: Clock
) -> None:
    """Two groups that each held the incidents of several would wait for one another."""
    settings = settings_for(
        postgres,
        TWILIO_ACCOUNT_SID=ACCOUNT,
        TWILIO_AUTH_TOKEN=TOKEN,
        ALERTNET_TWILIO_FROM=OURS,
    )
    runtime = wired(settings, network, templates, clock)
    app = make_app(runtime)

    async def at_once() -> list[int]:
        answers = await asyncio.gather(*(ask(app, f"/twilio/sms/status/none{number}") for number in range(12)))
        return [sent[0]["status"] for _, sent in answers]

    before = runtime.transactions.commits
    statuses = asyncio.run(at_once())
    shared = runtime.transactions.commits - before
    runtime.close()

    assert (statuses, shared) == ([204] * 12, 12)
