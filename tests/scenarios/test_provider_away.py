"""The provider is away, or says when to come again: what waits is not lost, and the next way goes (A5, A11)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alertnet.sandbox import Fault, Sandbox
from tests.scenarios.conftest import ACCOUNT, TOKEN, Worlds
from tests.scenarios.record import planned, tries
from tests.scenarios.world import CAST, FRIDAY_NIGHT, PUBLIC_URL, World

DUTY_MAIL = "duty@pbi-colombia.example"


@pytest.fixture
def mail_server() -> Iterator[Sandbox]:
    """A mail server that stands when the telephone network does not."""
    with Sandbox(account_sid=ACCOUNT, auth_token=TOKEN, public_url=PUBLIC_URL) as sandbox:
        yield sandbox


@pytest.fixture
def world(world_on: Worlds, mail_server: Sandbox, tmp_path: Path) -> World:
    return world_on(f"sqlite:///{tmp_path / 'alertnet.db'}", ALERTNET_SMTP_URL=mail_server.smtp_url)


def test_while_the_provider_is_away_the_next_methods_go(world: World, mail_server: Sandbox) -> None:
    """Issue 2: attempts wait, the next method goes: here the mail, three minutes before its time."""
    world.sandbox.stop()

    incident = world.raises()

    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["queued"]
    assert [attempt.status for attempt in tries(incident, "coordinator", "call")] == ["queued"]
    assert planned(incident, "coordinator") == [
        ("coordinator", "call", 0),
        ("coordinator", "email", 0),
        ("coordinator", "sms", 0),
    ]
    assert len(mail_server.mailbox(DUTY_MAIL).mails) == 1


def test_nothing_is_lost_when_the_provider_comes_back(world: World) -> None:
    """A5: what waited leaves within a minute, each thing once."""
    world.sandbox.stop()
    incident = world.raises()
    world.passes(seconds=100)

    world.sandbox.start()
    world.passes(seconds=60)

    assert len(world.phone("coordinator").inbox) == 1
    assert len(world.phone("coordinator").calls) == 1
    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["delivered"]
    assert incident.timeline().count("attempt_delayed") == 2


def test_a_provider_that_is_away_is_no_failure(world: World) -> None:
    """B3: only what the provider reports is one, so the deputy is not told, and the level does not give way."""
    world.sandbox.stop()
    incident = world.raises()

    world.passes(minutes=5)

    assert planned(incident, "coordinator-2", "ombuds") == []
    assert incident.level("colombia") == "Coordination"


def test_what_outlives_its_level_is_not_sent_any_more(world: World) -> None:
    """B3: an alert is worth nothing after its level has ended: then it fails, on the record, and the next leaves."""
    world.sandbox.stop()
    incident = world.raises()
    world.passes(minutes=11)

    world.sandbox.start()
    world.passes(minutes=1)

    assert [attempt.failure for attempt in tries(incident, "coordinator", "sms")] == ["expired"]
    assert [attempt.status for attempt in tries(incident, "ombuds", "sms")] == ["delivered"]


def test_an_acknowledgement_ends_what_waits_for_the_provider(world: World) -> None:
    """A4: queued attempts are cancelled by the acknowledging transaction."""
    world.sandbox.stop()
    incident = world.raises()
    incident.act("acknowledgements", expect=201, tree="colombia", contact="coordinator", kind="acknowledged")

    world.sandbox.start()
    world.passes(minutes=2)

    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["cancelled"]
    assert not any("URGENTE" in text for text in world.phone("coordinator").inbox)


def test_a_429_is_tried_again_when_the_provider_says(world: World) -> None:
    """A5: it was surely not sent, and Retry-After is one second."""
    world.sandbox.misbehaves(Fault.ERROR_429, times=3, number=CAST["coordinator"])
    incident = world.raises()

    world.passes(seconds=10)

    (message,) = [each for each in world.sandbox.network.messages.values() if each.to == CAST["coordinator"]]
    assert message.created_at - FRIDAY_NIGHT == timedelta(seconds=2)
    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["delivered"]
