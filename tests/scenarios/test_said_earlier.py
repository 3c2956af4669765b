"""What was said earlier, and is heard only now, undoes nothing that was said since (A2, A6)."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.test_caught_up import texts_unheard
from tests.scenarios.valley import a_tree
from tests.scenarios.world import Incident, World, code_in, link_in

CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}]}
  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}
  ombuds:
    role: ombuds
    organisation: Ombuds office
    methods: [{sms: "+573005550120"}, {sms: "+573005550121", after: 1m, acknowledges_as: relay}]
  defenders: {role: ngo, organisation: Defenders, methods: [{sms: "+573005550130"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
LEVELS = """
  - {name: Coordination, notify: [coordinator, second], wait: 10m}
  - {name: Friends, notify: [ombuds], wait: 20m}
  - {name: Others, notify: [defenders], wait: 20m}
"""
COLLEAGUE = "+573005550121"


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """Two coordinators first, then the ombuds office, whose colleague only passes it on, then the defenders."""
    world = world_of(a_tree(LEVELS, CONTACTS))
    world.catches_up()
    return world


def code_of(world: World, who: str) -> str:
    """The written code on that phone."""
    return code_in(next(text for text in world.phone(who).inbox if "URGENT" in text))


def told_the_ombuds(world: World) -> Incident:
    """The ombuds office has been told, and its colleague too."""
    incident = world.raises()
    world.passes(minutes=12)
    return incident


def test_who_can_not_after_all_is_not_taken_to_have_charge_by_what_it_said_before(valley: World) -> None:
    """A2: its OK was lost for two minutes, its NO was not; the others are told, and stay so."""
    incident = told_the_ombuds(valley)
    code = code_of(valley, "ombuds")
    texts_unheard(valley, "ombuds", f"OK {code}")
    valley.texts("ombuds", f"NO {code}")

    valley.catches_up()

    assert incident.answers() == [("ombuds", "declined", "sms")]
    assert incident.status("valley") == "running"
    assert ("defenders", "sms") in incident.told()
    assert "you can't act" in valley.phone("ombuds").inbox[-1]


def test_who_takes_charge_after_all_has_it_whatever_it_said_before(valley: World) -> None:
    """A4: nobody else is told because a NO of before comes late."""
    incident = told_the_ombuds(valley)
    texts_unheard(valley, "ombuds", f"NO {code_of(valley, 'ombuds')}")
    valley.client.post(link_in(valley.phone("ombuds").inbox[0]), data={"answer": "acknowledge"})

    valley.catches_up()
    valley.passes(minutes=40)

    assert incident.answers() == [("ombuds", "acknowledged", "link")]
    assert valley.phone("defenders").inbox == []


def test_a_colleague_who_has_passed_it_on_since_takes_nothing_from_who_took_charge(valley: World) -> None:
    """B3: a relay is no answer, so the office's own counts, however late it is heard."""
    incident = told_the_ombuds(valley)
    texts_unheard(valley, "ombuds", f"OK {code_of(valley, 'ombuds')}")
    valley.texts(COLLEAGUE, f"OK {code_of(valley, COLLEAGUE)}")

    valley.catches_up()

    assert incident.answers() == [("ombuds", "acknowledged", "sms")]
    assert incident.status("valley") == "acknowledged"


def test_a_hold_from_before_anothers_go_holds_nothing(valley: World) -> None:
    """A2, B3: the friends hear at their time, and whoever wrote HOLD reads what comes next and how to hold it."""
    incident = valley.raises()
    codes = {who: code_of(valley, who) for who in ("coordinator", "second coordinator")}
    texts_unheard(valley, "coordinator", f"HOLD {codes['coordinator']}", minutes=1)
    valley.texts("second coordinator", f"HOLD {codes['second coordinator']}")
    valley.texts("second coordinator", f"GO {codes['second coordinator']}")

    valley.catches_up()
    valley.passes(minutes=10)

    assert sorted(contact for contact, _, _ in incident.answers()) == ["coordinator", "second"]
    assert "Next 21:24: Friends. HOLD " in valley.phone("coordinator").inbox[-1]
    assert ("ombuds", "sms") in incident.told()


@pytest.mark.parametrize("verb", ["NO", "PASS"])
def test_a_hold_from_before_its_own_no_holds_nothing(valley: World, verb: str) -> None:
    """A2: a hold ends with the answer that it came with, in whatever order the two are heard."""
    incident = valley.raises()
    code = code_of(valley, "coordinator")
    texts_unheard(valley, "coordinator", f"HOLD {code}", minutes=1)
    valley.texts("coordinator", f"{verb} {code}")

    valley.catches_up()
    valley.passes(minutes=12)

    assert "HOLD" not in valley.phone("coordinator").inbox[-1]
    assert ("ombuds", "sms") in incident.told()


def test_a_go_from_before_anothers_hold_lets_nothing_go_on(valley: World) -> None:
    """B3: what the other holds since stays held, and whoever wrote GO reads so."""
    incident = valley.raises()
    codes = {who: code_of(valley, who) for who in ("coordinator", "second coordinator")}
    valley.texts("coordinator", f"HOLD {codes['coordinator']}")
    texts_unheard(valley, "coordinator", f"GO {codes['coordinator']}", minutes=1)
    valley.texts("second coordinator", f"HOLD {codes['second coordinator']}")

    valley.catches_up()
    valley.passes(minutes=30)

    assert "HOLD" in valley.phone("coordinator").inbox[-1]
    assert sorted(incident.told()) == [("coordinator", "sms"), ("second", "sms")]


def test_of_two_that_are_heard_late_the_later_holds(valley: World) -> None:
    """B3: a GO after the HOLD is one, although both are heard at one moment."""
    incident = valley.raises()
    code = code_of(valley, "coordinator")
    texts_unheard(valley, "coordinator", f"HOLD {code}", minutes=1)
    texts_unheard(valley, "coordinator", f"GO {code}", minutes=1)

    valley.catches_up()
    valley.passes(minutes=10)

    assert ("ombuds", "sms") in incident.told()
