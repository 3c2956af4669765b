"""No coordinator's telephone exists any more: what waits for their word goes on without, and last resort hears (A2)."""

import pytest

from alertnet.sandbox import Fault
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, COORDINATION, a_tree
from tests.scenarios.world import Incident, World, code_in, link_in

GATED = "  - {name: Friends, needs_go: {proceed_after: 20m}, notify: [ombuds], wait: 20m}\n"
FRIENDS = GATED.replace("needs_go: {proceed_after: 20m}, ", "")
SECOND = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
ALWAYS = 10**6


@pytest.fixture
def gated(world_of: Worlds) -> World:
    return world_of(a_tree(COORDINATION + GATED))


@pytest.fixture
def world(world_of: Worlds) -> World:
    return world_of(a_tree(COORDINATION + FRIENDS))


def alerts(world: World, phone: str = "head office") -> list[str]:
    return [text for text in world.phone(phone).inbox if "URGENT" in text]


def unverified(world: World, text: str = "SOS") -> Incident:
    world.texts("ana", text)
    return world.newest()


@pytest.mark.parametrize("behaviour", ["invalid", "opted_out", "switched_off"])
def test_a_level_that_nobody_can_be_asked_about_proceeds_by_itself(gated: World, behaviour: str) -> None:
    """B3: a number that is none is no outage of ours: waiting for it helps nobody."""
    gated.phone("coordinator").behaves(behaviour)
    incident = gated.raises(people=[], type="raid")
    gated.passes(minutes=12)

    [alert] = alerts(gated)
    assert "nobody_to_ask" in incident.timeline()
    assert gated.phone("ombuds").inbox == []
    gated.passes(minutes=19)

    assert len(alerts(gated, "ombuds")) == 1
    assert gated.texts("head office", f"OK {code_in(alert)}")
    assert incident.status("valley") == "acknowledged"


@pytest.mark.parametrize(
    "behaviour",
    [
        "invalid",
        pytest.param("opted_out", marks=pytest.mark.long),
        pytest.param("switched_off", marks=pytest.mark.long),
    ],
)
def test_a_bare_sos_that_nobody_can_verify_is_told_to_last_resort(world: World, behaviour: str) -> None:
    """A2: the escalation waits for a word that can't come; last resort hears at once, again later, and can answer."""
    world.phone("coordinator").behaves(behaviour)
    incident = unverified(world)
    world.passes(minutes=1)

    assert len(alerts(world)) == 1
    world.passes(hours=3)
    assert 3 <= len(alerts(world)) <= 12
    assert world.phone("ombuds").inbox == []
    world.texts("head office", f"OK {code_in(alerts(world)[-1])}")
    assert incident.status("valley") == "acknowledged"
    told = len(alerts(world))
    world.passes(hours=1)
    assert len(alerts(world)) == told


def test_coordinators_whose_numbers_are_strangers_can_be_asked_nothing(world_of: Worlds) -> None:
    """A2, A9: nothing is written to a stranger, so that nothing fails there; the next asking finds nobody."""
    called = CONTACTS.replace('[{sms: "+573005550101"}]', '[{sms: "+573005550101"}, {call: "+573005550101"}]')
    world = world_of(a_tree(COORDINATION + GATED, called))
    world.phone("coordinator").behaves("wrong_person")
    incident = world.raises(people=[], type="raid")
    world.passes(minutes=9)

    assert "wrong_person" in incident.timeline()
    assert alerts(world) == []
    world.passes(minutes=4)
    assert len(alerts(world)) == 1
    assert "nobody_to_ask" in incident.timeline()
    assert world.phone("ombuds").inbox == []
    world.passes(minutes=30)
    assert len(alerts(world, "ombuds")) == 1


@pytest.mark.parametrize("reachable", ["coordinator", "second"])
def test_last_resort_hears_nothing_while_one_coordinator_can_be_asked(world_of: Worlds, reachable: str) -> None:
    """Only the other number is none: what the tests above found at head office stays away."""
    world = world_of(a_tree(COORDINATION + FRIENDS, CONTACTS + SECOND))
    dead = {"coordinator": "+573005550102", "second": "coordinator"}[reachable]
    world.phone(dead).behaves("invalid")
    incident = unverified(world)
    world.passes(minutes=9)
    heard = list(world.phone("head office").inbox)
    world.passes(minutes=2)

    assert heard == []
    assert "nobody_to_ask" not in incident.timeline()
    assert "coordinators_silent" in incident.timeline()


@pytest.mark.long
def test_an_outage_of_ours_is_waited_out(gated: World) -> None:
    """B3: what has not been sent does not count against `proceed_after`, and nobody else is told for it."""
    incident = gated.raises(people=[], type="raid")
    gated.passes(minutes=9)
    gated.sandbox.misbehaves(Fault.SUSPENDED, times=ALWAYS, method="POST")
    gated.passes(hours=1)

    assert incident.status("valley") == "waiting_for_go"
    assert "nobody_to_ask" not in incident.timeline()
    gated.sandbox.recovers()
    gated.passes(minutes=15)
    assert gated.phone("head office").inbox == gated.phone("ombuds").inbox == []
    gated.passes(minutes=7)
    assert len(alerts(gated, "ombuds")) == 1


def test_a_last_resort_that_is_excluded_hears_nothing(gated: World) -> None:
    """A3: consent and exclusions bind it as at the end of the tree; the level still comes by itself."""
    gated.phone("coordinator").behaves("invalid")
    incident = gated.raises(people=[], type="raid", exclude=["desk"])
    gated.passes(minutes=35)

    assert gated.phone("head office").inbox == []
    assert "nobody_to_ask" not in incident.timeline()
    assert len(alerts(gated, "ombuds")) == 1


def test_under_duress_nothing_of_it_reaches_the_field(gated: World) -> None:
    """B4: what stands beside that phone learns nothing; head office hears all the same."""
    gated.gives_pins("north/ana")
    gated.phone("coordinator").behaves("invalid")
    incident = unverified(gated, "SOS 47990")
    heard = len(gated.phone("+573005550001").inbox)
    gated.passes(minutes=15)

    assert "nobody_to_ask" in incident.timeline()
    assert len(alerts(gated)) == 1
    assert len(gated.phone("+573005550001").inbox) == heard


LATER = "  - {name: Later, notify: [second], wait: 10m}\n"


@pytest.mark.parametrize(
    ("levels", "hears"), [(COORDINATION + FRIENDS, "head office"), (COORDINATION + FRIENDS + LATER, "+573005550102")]
)
def test_a_notice_never_reaches_nobody(world_of: Worlds, levels: str, hears: str) -> None:
    """A2: where whoever was told turns out to be a stranger, who was not told yet hears, else last resort."""
    world = world_of(a_tree(levels, CONTACTS + SECOND if "second" in levels else CONTACTS))
    incident = world.raises(type="threat", perpetrator="none")
    world.client.post(link_in(world.phone("coordinator").inbox[0]), data={"answer": "wrong_person"})
    world.passes(minutes=5)
    assert any(f"{incident.ref}: " in text and "coordinator" in text for text in world.phone(hears).inbox)
    before = len(world.phone("coordinator").inbox)

    world.texts("ombuds", f"OK {code_in(world.phone('ombuds').inbox[0])}")
    world.passes(minutes=11)

    assert "ombuds takes charge" in world.phone(hears).inbox[-1]
    assert len(world.phone("coordinator").inbox) == before


@pytest.mark.parametrize("method", ["sms", "call"])
def test_what_the_only_coordinator_did_itself_is_told_to_nobody_else(world_of: Worlds, method: str) -> None:
    """Last resort hears where nobody else knows; of whom the coordinator has heard, it hears nothing."""
    contacts = CONTACTS.replace('[{sms: "+573005550101"}]', f'[{{{method}: "+573005550101"}}]')
    world = world_of(a_tree(COORDINATION + FRIENDS, contacts))
    incident = world.raises(type="threat", perpetrator="none")
    incident.act("acknowledgements", tree="valley", contact="coordinator", kind="acknowledged", expect=201)
    world.passes(minutes=11)

    assert incident.answers() == [("coordinator", "acknowledged", "vouched")]
    assert world.phone("head office").inbox == []
