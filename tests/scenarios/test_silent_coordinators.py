"""All waits for a coordinator's word, and none says a thing, though nothing fails: last resort hears of it (A2)."""

from collections.abc import Callable

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.record import planned
from tests.scenarios.valley import CONTACTS, COORDINATION, a_tree
from tests.scenarios.world import Incident, World, code_in, decision_code_in

FRIENDS = "  - {name: Friends, notify: [ombuds], wait: 20m}\n"
POLICE = "  - {name: Police, notify: [police], wait: 20m}\n"
WITH_POLICE = CONTACTS + '  police: {role: authority, organisation: Police, methods: [{sms: "+576015550112"}]}\n'
ABROAD = a_tree(
    "  - {name: Embassies, notify: [spain], wait: 20m}\n",
    """
  spain: {role: embassy, organisation: Spain, scope: national, methods: [{sms: "+34600550140"}]}
  desk: {role: ngo, organisation: Advocacy, methods: [{sms: "+32470550109"}]}
""",
    tree="abroad",
)


@pytest.fixture
def world(world_of: Worlds) -> World:
    return world_of(a_tree(COORDINATION + FRIENDS))


def sos(world: World) -> Incident:
    """A bare cry for help, of which nobody knows whether it is true."""
    world.texts("ana", "SOS")
    return world.newest()


def alert(world: World, who: str) -> str:
    """The latest alert on that phone."""
    return next(text for text in reversed(world.phone(who).inbox) if "URGENT" in text)


def question(world: World) -> str:
    """The latest question on the coordinator's phone."""
    return next(text for text in reversed(world.phone("coordinator").inbox) if "GO " in text)


def moments(incident: Incident, contact: str) -> list[float]:
    """When the contact was told, in minutes after the opening."""
    return [minutes for _, _, minutes in planned(incident, contact)]


@pytest.mark.parametrize("behaviour", ["manual", pytest.param("no_coverage", marks=pytest.mark.long)])
def test_an_sos_that_no_coordinator_answers_is_told_to_last_resort(world: World, behaviour: str) -> None:
    """A2: again after 15, 30, 60 minutes; nobody else is told, nothing is verified, and they are asked all the same."""
    world.phone("coordinator").behaves(behaviour)
    incident = sos(world)
    world.passes(minutes=9)
    heard = list(world.phone("head office").inbox)
    world.passes(hours=2)

    assert heard == []
    assert moments(incident, "coordinator") == [0]
    assert moments(incident, "desk") == [10, 25, 55, 115]
    assert "coordinators_silent" in incident.timeline()
    assert world.phone("ombuds").inbox == []
    assert (incident.status("valley"), incident["verified"]) == ("waiting_for_go", False)
    assert len(planned(incident, "coordinator", kinds=["decision"])) > 6


def test_a_last_resort_of_coordinators_alone_is_rung_as_such_and_hears_nothing_twice(world_of: Worlds) -> None:
    """B9: the same telephones ring for the question already."""
    tree = a_tree(COORDINATION + FRIENDS)
    desk = "last_resort: [desk]"
    assert desk in tree
    world = world_of(tree.replace(desk, "last_resort: [coordinator]"))
    incident = sos(world)
    world.passes(hours=1)

    assert len([text for text in world.phone("coordinator").inbox if "GO " in text]) > 1
    assert "coordinators_silent" not in incident.timeline()


def test_a_tree_without_coordination_asks_twice_before_last_resort_hears(world_of: Worlds) -> None:
    """A2: ten minutes after the first asking; the police and their like hear nothing."""
    world = world_of(a_tree(FRIENDS))
    incident = sos(world)
    world.passes(minutes=11)

    assert moments(incident, "desk") == [10]
    assert world.phone("ombuds").inbox == []


def test_the_police_who_wait_for_a_word_that_nobody_says_are_not_told_and_last_resort_is(world_of: Worlds) -> None:
    """A2: who did it is unknown, so that nothing but a coordinator's go opens that level."""
    world = world_of(a_tree(COORDINATION + POLICE, WITH_POLICE))
    incident = world.raises(perpetrator="unknown")
    world.passes(minutes=40)

    assert moments(incident, "desk") == [20, 35]
    assert world.phone("police").inbox == []
    assert incident.status("valley") == "waiting_for_go"


def takes_charge(world: World) -> None:
    world.texts("coordinator", f"OK {code_in(alert(world, 'coordinator'))}")


def holds_what_comes(world: World) -> None:
    world.texts("coordinator", f"HOLD {code_in(alert(world, 'coordinator'))}")


def holds_the_question(world: World) -> None:
    world.texts("coordinator", f"HOLD {decision_code_in(question(world))}")


def says_that_it_is_not_true(world: World) -> None:
    world.newest().act("go", decision="refuse")


@pytest.mark.parametrize("act", [takes_charge, holds_what_comes, holds_the_question, says_that_it_is_not_true])
def test_last_resort_is_left_alone_while_a_coordinator_has_it_in_hand(
    world: World, act: Callable[[World], None]
) -> None:
    """Only silence brings what the first test found at head office."""
    incident = sos(world)
    world.passes(minutes=3)
    act(world)
    world.passes(hours=2)

    assert world.phone("head office").inbox == []
    assert incident.status("valley") == "waiting_for_go"


@pytest.mark.parametrize("act", [holds_the_question, says_that_it_is_not_true])
def test_what_was_put_off_is_in_hand_no_more_once_the_field_tells_more(
    world: World, act: Callable[[World], None]
) -> None:
    """A2: the alarm about that rings at phones that are off; they have ten minutes for it, as for a question."""
    incident = sos(world)
    world.passes(minutes=3)
    act(world)
    world.passes(minutes=5)
    world.texts("ana", "ALERTA 20 L12 nos llevan")
    world.passes(minutes=11)

    assert world.newest().ref == incident.ref
    assert moments(incident, "desk") == [18]


def test_what_was_put_off_is_in_hand_no_more_once_its_phone_misses_a_check_in(world: World) -> None:
    """A2: that nothing is heard of whoever cried for help is more than was known when it was put off."""
    world.texts("ana", "GO L12 21:30")
    world.passes(minutes=2)
    incident = sos(world)
    world.passes(minutes=3)
    holds_the_question(world)
    world.passes(hours=2)

    assert world.newest().ref == incident.ref
    assert moments(incident, "desk")[:1] == [14 + 90 + 10]


@pytest.fixture
def presses(world: World) -> Callable[[], Incident]:
    """Somebody presses a bracelet, without a word of where it is."""
    own = world.key("north", "device:bracelet")

    def press() -> Incident:
        ref = world.client.post("/v1/devices/bracelet/alarm", json={}, headers=own).json()["ref"]
        world.settles()
        return Incident(world, ref)

    return press


def test_what_was_put_off_is_in_hand_no_more_once_the_device_is_pressed_again(
    world: World, presses: Callable[[], Incident]
) -> None:
    """A2, B5: a second cry is more than was known when the first was put off."""
    incident = presses()
    world.passes(minutes=3)
    holds_the_question(world)
    world.passes(minutes=5)
    presses()
    world.passes(minutes=11)

    assert moments(incident, "desk") == [18]


@pytest.mark.parametrize(("minutes", "is_another"), [(40, False), (50, True)])
def test_a_press_long_after_somebody_has_taken_charge_is_another_alarm(
    world: World, presses: Callable[[], Incident], minutes: int, is_another: bool
) -> None:
    """A2: in the first, which is acknowledged, last resort would never hear that no coordinator answers."""
    first = presses()
    first.act("go", decision="go")
    world.passes(minutes=11)
    world.texts("ombuds", f"OK {code_in(alert(world, 'ombuds'))}")
    assert first.status("valley") == "acknowledged"
    world.passes(minutes=minutes)
    again = presses()
    world.passes(minutes=11)

    assert (again.ref != first.ref) is is_another
    assert len(moments(again, "desk")) == is_another


def test_what_was_refused_before_a_close_is_in_hand_no_more_once_the_incident_is_reopened(world: World) -> None:
    """A2: the question is asked anew, and an answer from before is none to it."""
    incident = sos(world)
    world.passes(minutes=3)
    says_that_it_is_not_true(world)
    incident.act("close", reason="false_alarm")
    world.passes(hours=1)
    incident.act("reopen", reason="unresolved")
    world.passes(minutes=9)
    heard = moments(incident, "desk")
    world.passes(minutes=5)

    assert heard == []
    assert moments(incident, "desk") == [73]


@pytest.mark.parametrize("word", ["NO", "PASS"])
def test_a_coordinator_who_cannot_leaves_it_to_last_resort(world: World, word: str) -> None:
    """A2: whoever declines, or passes it on, has not taken it in hand."""
    incident = sos(world)
    world.passes(minutes=3)
    world.texts("coordinator", f"{word} {code_in(alert(world, 'coordinator'))}")
    world.passes(minutes=8)

    assert moments(incident, "desk") == [10]


@pytest.mark.parametrize(("is_answered", "heard"), [(True, 0), (False, 1)])
def test_a_coordinator_of_one_tree_answers_for_the_others(world_of: Worlds, is_answered: bool, heard: int) -> None:
    """B3: they are the coordinators of the incident."""
    world = world_of(a_tree(COORDINATION + FRIENDS), ABROAD)
    sos(world)
    if is_answered:
        takes_charge(world)
    world.passes(minutes=20)

    assert len(world.phone("+32470550109").inbox) == heard


@pytest.mark.parametrize(("is_put_off", "heard"), [(True, 0), (False, 2)])
def test_a_question_that_is_put_off_in_one_tree_is_in_hand_in_the_others(
    world_of: Worlds, is_put_off: bool, heard: int
) -> None:
    """B3: no last resort is told that no coordinator answers where one has just done so."""
    abroad = ABROAD.replace("[spain]", "[federal]").replace(
        "spain: {role: embassy, organisation: Spain, scope: national",
        "federal: {role: authority, organisation: Federal",
    )
    world = world_of(a_tree(POLICE, WITH_POLICE), abroad)
    incident = world.raises(perpetrator="unknown")
    world.passes(minutes=3)
    if is_put_off:
        incident.act("go", decision="hold", tree="valley", level="Police")
    world.passes(minutes=30)

    assert len(world.phone("+32470550109").inbox) == heard


@pytest.mark.parametrize("is_put_off", [True, False])
def test_who_has_put_off_whether_it_is_true_has_not_answered_what_is_asked_once_it_is(
    world_of: Worlds, is_put_off: bool
) -> None:
    """A2: a later question that nobody answers is told to last resort as any other."""
    world = world_of(a_tree(COORDINATION + POLICE, WITH_POLICE))
    incident = sos(world)
    world.passes(minutes=3)
    if is_put_off:
        holds_the_question(world)
    world.passes(minutes=3)
    incident.act("go", decision="go")
    world.passes(minutes=20)

    assert moments(incident, "desk") == [20]


def test_last_resort_hears_once_what_an_outage_has_eaten(world: World) -> None:
    """A7: and the next time counts from there."""
    incident = sos(world)
    world.passes(minutes=1)
    world.clock.at = world.clock.at.replace(hour=8)
    world.settles()
    world.passes(minutes=14)
    first = moments(incident, "desk")
    world.passes(minutes=2)

    assert len(first) == 1
    assert [round(each - first[0]) for each in moments(incident, "desk")] == [0, 15]


def test_whoever_takes_back_that_it_has_it_in_hand_leaves_it_to_last_resort(world: World) -> None:
    """A6, A2: an answer that is revoked counts for nothing."""
    incident = sos(world)
    takes_charge(world)
    world.passes(minutes=20)
    [answer] = incident["acknowledgements"]
    heard = list(world.phone("head office").inbox)
    world.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{answer['id']}", headers=world.headers)
    world.passes(minutes=30)

    assert heard == []
    assert moments(incident, "desk") != []


def test_what_is_in_hand_no_more_in_one_tree_is_left_to_the_last_resort_of_the_others_as_well(
    world_of: Worlds,
) -> None:
    """A6, A2: the coordinator of the one had it in hand for both, and takes that back; each has a desk of its own."""
    abroad = """
  coordinator: {role: coordinator, organisation: Abroad, methods: [{sms: "+573005550102"}]}
  spain: {role: embassy, organisation: Spain, scope: national, methods: [{sms: "+34600550140"}]}
  desk: {role: ngo, organisation: Advocacy, methods: [{sms: "+32470550109"}]}
"""
    embassies = COORDINATION + "  - {name: Embassies, notify: [spain], wait: 20m}\n"
    world = world_of(a_tree(COORDINATION + FRIENDS), a_tree(embassies, abroad, tree="abroad"))
    incident = sos(world)
    world.texts("second coordinator", code_in(alert(world, "second coordinator")))
    world.passes(minutes=20)
    assert [world.phone(desk).inbox for desk in ("head office", "+32470550109")] == [[], []]

    [answer] = incident["acknowledgements"]
    world.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{answer['id']}", headers=world.headers)
    world.passes(minutes=20)

    assert all(incident.ref in world.phone(desk).inbox[0] for desk in ("head office", "+32470550109"))


@pytest.mark.parametrize(("behaviour", "minutes"), [("invalid", 3), ("manual", 12)])
def test_what_last_resort_has_taken_charge_of_goes_on_once_it_is_known_to_be_true(
    world: World, behaviour: str, minutes: int
) -> None:
    """B3: what was due meanwhile opens at once: so far nobody knew whether it was true."""
    world.phone("coordinator").behaves(behaviour)
    incident = sos(world)
    world.passes(minutes=minutes)
    world.texts("head office", f"OK {code_in(alert(world, 'head office'))}")
    acknowledged = incident.status("valley")
    incident.act("go", decision="go")

    assert acknowledged == "acknowledged"
    assert len(world.phone("ombuds").inbox) == 1
    told = len(world.phone("head office").inbox)
    world.texts("ombuds", f"OK {code_in(alert(world, 'ombuds'))}")
    world.passes(hours=1)
    assert incident.status("valley") == "acknowledged"
    assert len(world.phone("head office").inbox) == told


def test_a_tree_that_was_at_its_end_stays_with_last_resort_once_it_is_known_to_be_true(world_of: Worlds) -> None:
    """A4: nobody is left who has yet to be told."""
    world = world_of(a_tree(COORDINATION))
    incident = sos(world)
    world.passes(minutes=11)
    world.texts("head office", f"OK {code_in(alert(world, 'head office'))}")
    incident.act("go", decision="go")
    told = len(world.phone("head office").inbox)
    world.passes(hours=1)

    assert incident.status("valley") == "acknowledged"
    assert len(world.phone("head office").inbox) == told
