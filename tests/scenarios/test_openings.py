"""An office that was closed when its level told it is told at its next opening, unless it is settled by then (B3)."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import a_tree
from tests.scenarios.world import World, code_in

LEVELS = """
  - {name: Coordination, notify: [coordinator], wait: 10m}
  - {name: Friends, notify: [ombuds, desk], wait: 10m}
"""
# It is Friday afternoon, a holiday there, and on Saturday it opens at half past eight.
CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}]}
  ombuds:
    role: ombuds
    organisation: Ombuds office
    hours: "Mo-Sa 08:30-16:30"
    closed: [2026-11-27]
    methods: [{sms: "+573005550120"}, {call: "+573005550120", after: 10m}]
  desk: {role: ngo, organisation: Head office, methods: [{email: desk@desk.example}]}
"""
OPENS_IN = 17 * 60 + 30  # minutes


@pytest.fixture
def world(world_of: Worlds) -> World:
    """An incident on Friday at 15:00; the coordinator has it, and the friends are to be told as well."""
    world = world_of(a_tree(LEVELS, CONTACTS, rest="rounds: 1"))
    world.clock.forward(hours=17, minutes=46)
    world.raises()
    world.texts("coordinator", code_in(world.phone("coordinator").inbox[0]))
    return world


def test_a_closed_office_is_told_at_its_next_opening_and_may_answer(world: World) -> None:
    """B3: by its methods in order, after the holiday; its answer counts for the level that found it closed."""
    world.passes(minutes=15)
    world.clock.forward(minutes=OPENS_IN - 16)
    world.settles()
    assert world.phone("ombuds").inbox == []
    assert world.newest().status("valley") == "unanswered"

    world.passes(minutes=1)
    assert len(world.phone("ombuds").inbox) == 1
    world.passes(minutes=10)
    assert world.phone("ombuds").ringing is not None

    world.texts("ombuds", code_in(world.phone("ombuds").inbox[0]))
    assert world.newest().status("valley") == "acknowledged"


def test_nobody_is_told_at_an_opening_once_another_has_answered(world: World) -> None:
    """B3: not otherwise; A4."""
    world.passes(minutes=15)
    incident = world.newest()
    incident.act("acknowledgements", tree="valley", contact="desk", kind="acknowledged", expect=201)
    world.passes(minutes=OPENS_IN)

    assert incident.status("valley") == "acknowledged"
    assert "contact_closed" in incident.timeline()
    assert world.phone("ombuds").inbox == []
