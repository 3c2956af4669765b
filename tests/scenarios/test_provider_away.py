"""The provider is away, or says when to come again: what waits is not lost, and the next way goes (A5, A11)."""

from datetime import timedelta

import pytest

from alertnet.sandbox import Fault, Sandbox
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import planned, reports, tries
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import CAST, FRIDAY_NIGHT, World

DUTY_MAIL = "duty@pbi-colombia.example"


@pytest.fixture
def world(world_on: Worlds, mail_server: Sandbox, sqlite_url: str) -> World:
    return world_on(sqlite_url, ALERTNET_SMTP_URL=mail_server.smtp_url)


def test_while_the_provider_is_away_the_next_methods_go(world: World, mail_server: Sandbox) -> None:
    """Attempts wait, the next method goes: here the mail, three minutes before its time."""
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
    """A5: what waited leaves as soon as it answers, which it is asked each minute at least, each thing once."""
    world.sandbox.stop()
    incident = world.raises()
    world.passes(seconds=100)

    world.sandbox.start()
    world.passes(seconds=20)

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


def test_everybody_who_should_have_heard_hears_when_it_comes_back(world_of: Worlds) -> None:
    """A5, A7: also those whose level has ended meanwhile, each by one message; repeats add nothing to what waits."""
    friends = "  - {name: Friends, notify: [ombuds], wait: 5m, then: next, repeat: {every: 2m, times: 2}}\n"
    world = world_of(a_tree(COORDINATION + friends + "  - {name: Rest, notify: [defenders, desk], wait: 30m}\n"))
    world.sandbox.stop()
    incident = world.raises()
    world.passes(minutes=17)

    world.sandbox.start()
    world.passes(minutes=1)

    told = ("coordinator", "ombuds", "defenders", "head office")
    assert {who: len(world.phone(who).inbox) for who in told} == dict.fromkeys(told, 1)
    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["delivered"]


@pytest.mark.long
def test_alarms_do_not_pile_up_while_the_provider_is_away(world: World) -> None:
    """A7, A11: what was to ring again and again rings once, or it would hold up what has to leave for the others."""
    incident = world.raises(type="surveillance", severity="watch", consent="internal")
    world.sandbox.stop()
    world.passes(minutes=36)
    raised, repeated = (incident.timeline().count(f"alarm_{done}") for done in ("raised", "repeated"))

    world.sandbox.start()
    world.passes(minutes=1)

    # One alert, and one alarm of each of the two trees.
    assert len(world.phone("second coordinator").inbox) <= 1 + 2
    assert raised >= 2
    assert repeated >= 2


def test_a_question_that_was_decided_while_it_waited_is_not_asked(world: World) -> None:
    """B3: its code would answer nothing any more."""
    world.sandbox.stop()
    world.texts("ana", "SOS")
    incident = world.newest()
    incident.act("go", decision="go")

    world.sandbox.start()
    world.passes(seconds=30)

    assert len(incident.told("decision")) >= 2
    assert not any("GO " in text for text in world.phone("second coordinator").inbox)


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


def test_a_storm_of_429_is_waited_out_by_all(world: World) -> None:
    """Who comes while the provider asks for a pause is not sent into it; everybody hears, once."""
    # The three messages, and the call that goes instead.
    world.sandbox.misbehaves(Fault.ERROR_429, times=4, number=CAST["coordinator"])
    for _ in range(3):
        reports(world)
    world.settles()
    world.passes(milliseconds=500)
    late = reports(world)
    world.passes(seconds=20)

    texts = [each for each in world.sandbox.network.messages.values() if each.to == CAST["coordinator"]]
    assert len(texts) == 4
    assert min(each.created_at for each in texts) == FRIDAY_NIGHT + timedelta(seconds=1)
    assert [attempt.delays for attempt in tries(late, "coordinator", "sms")] == [0]
