"""A call that rings out is placed once more at once: a phone set to Do Not Disturb lets the second one through."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.record import tries
from tests.scenarios.valley import CONTACTS, OFFICES, a_tree, calling_offices
from tests.scenarios.world import CAST, World, code_in, spoken_code_in

TEXTED = f'methods: [{{sms: "{CAST["defenders"]}"}}'
CALLED = f'{TEXTED}, {{call: "{CAST["defenders"]}", after: 1m}}'


@pytest.fixture
def world(world_of: Worlds) -> World:
    """An office whose phone rings a minute after it was texted."""
    world = world_of(
        a_tree("  - {name: Offices, notify: [defenders], wait: 20m}\n", CONTACTS.replace(TEXTED, CALLED)),
    )
    world.phone("defenders").behaves("manual")
    return world


def statuses(world: World, who: str) -> list[str]:
    """How each call to that phone stands."""
    return [call.status for call in world.phone(who).calls]


def test_a_call_that_rings_out_is_placed_once_more_at_once(world: World) -> None:
    """Both within two minutes, from the same number; never a third time."""
    incident = world.raises()

    world.passes(minutes=5)

    assert statuses(world, "defenders") == ["no-answer", "no-answer"]
    first, second = tries(incident, "defenders", "call")
    assert (first.failure, second.failure) == ("no_answer", "no_answer")
    assert (second.started_at - first.started_at).total_seconds() < 120
    assert first.sender == second.sender


def test_who_picks_up_the_second_time_can_answer(world: World) -> None:
    """A6: with the code that is spoken in that call."""
    incident = world.raises()
    world.passes(minutes=1, seconds=31)

    call = world.phone("defenders").answers()
    call.press(spoken_code_in(call.words)).press("1")

    assert ("defenders", "acknowledged", "call") in incident.answers()


def test_a_call_that_fails_otherwise_is_not_placed_again(world_of: Worlds) -> None:
    """A line that is busy, or something that picked up, is no phone that keeps silent."""
    world = world_of(calling_offices())
    for office, number in OFFICES.items():
        world.phone(number).behaves(office.replace("-", "_"))
    world.raises()

    world.passes(minutes=2)

    assert {office: len(statuses(world, number)) for office, number in OFFICES.items()} == {
        "busy": 1,
        "manual": 2,
        "voicemail": 1,
        "wrong-person": 1,
    }


def test_an_acknowledgement_ends_it(world: World) -> None:
    """A4: while the escalation is acknowledged no further alert of it leaves."""
    world.raises()
    world.passes(minutes=1, seconds=10)

    world.texts("defenders", code_in(world.phone("defenders").inbox[0]))
    world.passes(minutes=3)

    assert len(statuses(world, "defenders")) == 1


def test_a_message_that_rang_out_has_failed_even_if_its_second_call_was_called_off(world: World) -> None:
    """A4 cancels the second call; that the first one rang stays on the record."""
    incident = world.raises()
    world.passes(minutes=1, seconds=31)

    world.texts("defenders", code_in(world.phone("defenders").inbox[0]))

    (call,) = [each for each in incident["notifications"] if (each["contact"], each["method"]) == ("defenders", "call")]
    assert call["status"] == "failed"
    assert [attempt["status"] for attempt in call["attempts"]] == ["failed", "cancelled"]
