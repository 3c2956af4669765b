"""We queue, the provider never does: one message a second, one call at a time to a number, most severe first."""

import re
from collections.abc import Iterable
from datetime import timedelta

import pytest

from alertnet.core.limits import FIRST_IN_TURN
from alertnet.store.monitoring import heartbeats
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import reports
from tests.scenarios.world import FRIDAY_NIGHT, Incident, World

MODERATE, CRITICAL = "surveillance", "arrest"


@pytest.fixture
def paced_world(world_on: Worlds, sqlite_url: str) -> World:
    """A world that sends one segment and begins one call a second, as the provider allows by default."""
    return world_on(sqlite_url, ALERTNET_RATES="sms=1,calls=1")


def each_second(world: World, seconds: int) -> None:
    """Time goes by, with a look each second."""
    for _ in range(seconds):
        world.passes(seconds=1)


def ref_in(text: str) -> str:
    """The reference that a message names, or a call spells."""
    found = re.search(r"\b([A-Z])\W+([A-Z2-9])\W*([A-Z2-9])\W*([A-Z2-9])\W*([A-Z2-9])\b", text)
    assert found, text
    return f"{found[1]}-{''.join(found.groups()[1:])}"


def seconds_of(moments: Iterable[object]) -> list[float]:
    return [(moment - FRIDAY_NIGHT).total_seconds() for moment in moments]  # type: ignore[operator]


def test_one_message_leaves_each_second(paced_world: World) -> None:
    """Four incidents at once are four seconds of the coordinator's number."""
    for _ in range(4):
        reports(paced_world)

    each_second(paced_world, 5)

    messages = paced_world.sandbox.network.messages.values()
    assert seconds_of(message.created_at for message in messages) == [0, 1, 2, 3]


def test_the_most_severe_leaves_first(paced_world: World) -> None:
    """A7: what came later is sent sooner when it is worse."""
    mild = [reports(paced_world, type=MODERATE) for _ in range(3)]
    grave = reports(paced_world, type=CRITICAL)

    each_second(paced_world, 4)

    messages = [ref_in(text) for text in paced_world.phone("coordinator").inbox]
    assert messages[0] == grave.ref
    assert sorted(messages[1:]) == sorted(incident.ref for incident in mild)


def test_what_others_raise_goes_before_what_one_key_raises_without_end(paced_world: World) -> None:
    """B9: a program that has run wild keeps no team's alarm for half an hour; whatever is graver goes first still.

    Drills do not count.
    """
    drill = reports(paced_world, type=MODERATE, drill=True)
    drill.act("close", reason="resolved")
    paced_world.headers |= {"Idempotency-Key": "first"}
    assert len({reports(paced_world, type=MODERATE).ref for _ in range(FIRST_IN_TURN.most)}) == 1
    del paced_world.headers["Idempotency-Key"]
    many = [paced_world.newest(), *(reports(paced_world, type=MODERATE) for _ in range(FIRST_IN_TURN.most + 1))]
    paced_world.headers = paced_world.key("south", "raise", "read")
    other, grave = reports(paced_world, type=MODERATE), reports(paced_world, type=CRITICAL)

    each_second(paced_world, FIRST_IN_TURN.most + 4)

    told = [ref_in(text) for text in paced_world.phone("coordinator").inbox if drill.ref not in text]
    assert told == [each.ref for each in (grave, *many[:-2], other, *many[-2:])]


def test_a_graver_alarm_overtakes_those_that_wait(paced_world: World) -> None:
    """A7: under a tight rate the one that comes later and is worse leaves with the next second."""
    mild = [reports(paced_world, type=MODERATE) for _ in range(4)]
    each_second(paced_world, 1)
    grave = reports(paced_world, type=CRITICAL)

    each_second(paced_world, 5)

    messages = [ref_in(text) for text in paced_world.phone("coordinator").inbox]
    assert messages.index(grave.ref) == 2
    assert sorted(messages[:2] + messages[3:]) == sorted(incident.ref for incident in mild)


def test_what_becomes_graver_overtakes_those_that_wait(paced_world: World) -> None:
    """A7, A8: a raised severity counts at once, also for what is queued already."""
    mild = [reports(paced_world, type=MODERATE) for _ in range(4)]
    each_second(paced_world, 1)
    graver = mild[-1]

    graver.act("updates", text="they are armed", severity="critical")
    each_second(paced_world, 1)

    messages = [ref_in(text) for text in paced_world.phone("coordinator").inbox]
    assert messages[2] == graver.ref


def test_a_drill_waits_for_all_that_is_real(paced_world: World) -> None:
    """Be it ever so grave: the phones of a drill are those of the real alarm, and its levels open after it too."""
    reports(paced_world, type=MODERATE)
    drill = reports(paced_world, type=CRITICAL, drill=True)
    real = [reports(paced_world, type=MODERATE, severity="watch") for _ in range(2)]

    each_second(paced_world, 5)

    messages = [ref_in(text) for text in paced_world.phone("coordinator").inbox]
    assert messages[-1] == drill.ref
    assert {each.ref for each in real} <= {*messages[:-1]}


def test_what_nobody_wants_any_more_takes_no_pace(paced_world: World) -> None:
    """A4: it is dropped before it is sent, and the next one leaves in its second."""
    grave, superseded = reports(paced_world, type=CRITICAL), reports(paced_world, type="death_threat")
    mild = reports(paced_world, type=MODERATE)
    paced_world.settles()
    superseded.act("close", reason="false_alarm")

    each_second(paced_world, 2)

    messages = [ref_in(text) for text in paced_world.phone("coordinator").inbox]
    assert messages == [grave.ref, mild.ref]


def test_a_number_is_called_once_at_a_time_most_severe_first(world: World) -> None:
    """B3: over all incidents; the call that waits is neither busy nor a failure."""
    mild, grave = reports(world, type=MODERATE), reports(world, type=CRITICAL)
    world.passes(minutes=3)
    first = world.phone("coordinator").answers()
    world.passes(seconds=20)
    waiting = status_of_call(mild)

    first.hang_up()
    world.settles()
    second = world.phone("coordinator").answers()

    assert len(world.phone("coordinator").calls) == 2
    assert (ref_in(first.words), ref_in(second.words)) == (grave.ref, mild.ref)
    assert waiting == "queued"


def test_a_call_is_late_only_a_minute_after_its_line_was_free(world: World) -> None:
    """A11: with many incidents a look between two calls to one phone told everybody that messages leave late."""
    world.runtime.transact(heartbeats.note, heartbeats.WATCH_SINCE)
    for _ in range(4):
        reports(world, type=CRITICAL)
    world.passes(minutes=3, seconds=80)

    world.phone("coordinator").rejects()
    world.sandbox.settle()
    between = world.client.get("/readyz").json()["late"]
    world.clock.at += timedelta(seconds=61)
    after = world.client.get("/readyz").json()["late"]

    assert between == {}
    assert after["call"] > 60
    assert len(world.phone("coordinator").calls) < 4


def test_a_waiting_call_that_was_acknowledged_meanwhile_is_not_placed(world: World) -> None:
    """A4: the queue before a number is no way around a stop."""
    mild = reports(world, type=MODERATE)
    reports(world, type=CRITICAL)
    world.passes(minutes=3)
    first = world.phone("coordinator").answers()

    mild.act("acknowledgements", expect=201, tree="colombia", contact="coordinator", kind="acknowledged")
    first.hang_up()
    world.passes(seconds=30)

    assert len(world.phone("coordinator").calls) == 1


def status_of_call(incident: Incident) -> str:
    """How the coordinator's first call fares."""
    calls = [each for each in incident["notifications"] if (each["contact"], each["method"]) == ("coordinator", "call")]
    return str(calls[0]["status"])
