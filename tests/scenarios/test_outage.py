"""The program was down for two hours: what is overdue runs once, in order, and nobody is flooded (A7)."""

from collections import Counter
from datetime import timedelta

from tests.scenarios.record import ALERTS, planned, reports
from tests.scenarios.world import Incident, World

SERIOUS = "assault"


def goes_down_for(world: World, **span: float) -> None:
    """Nobody looks for that long; then everything overdue happens."""
    world.clock.at += timedelta(**span)
    world.settles()


def told(incident: Incident) -> Counter[tuple[str, str]]:
    """How often each contact was told by each method, first alerts and repeats together."""
    return Counter(each for kind in ALERTS for each in incident.told(kind))


def levels_told(incident: Incident, tree: str) -> set[str]:
    """The levels of the tree that told somebody."""
    return {each["level"] for each in incident["notifications"] if each["tree"] == tree and each["kind"] == "alert"}


def test_overdue_levels_of_a_critical_incident_open_together_and_the_last_has_its_whole_time(world: World) -> None:
    """A7: all who should have heard by now hear now; the clock of the last begins when its messages are queued.

    No round starts inside the outage.
    """
    incident = world.raises(type="arrest", perpetrator="company")

    goes_down_for(world, hours=2)

    assert {"Ombudsman and defenders", "Authorities on the ground", "State institutions"} < levels_told(
        incident, "colombia"
    )
    assert levels_told(incident, "international") == {"Head office", "Embassies", "Capitals and United Nations"}
    world.passes(minutes=29)
    still = {each["tree"]: (each["status"], each["level"], each["round"]) for each in incident["escalations"]}
    assert still["colombia"] == ("running", "State institutions", 1)
    world.passes(minutes=2)
    assert incident.status("colombia") == "unanswered"


def test_each_contact_gets_one_message_by_each_method(world: World) -> None:
    """A7: overdue methods and repeats shrink to one."""
    incident = world.raises(type="arrest", perpetrator="army")
    before = told(incident)

    goes_down_for(world, hours=2)

    assert before == {("coordinator", "sms"): 1}
    since = told(incident) - before
    # The procedures of the UN have a mail address each for two of them.
    assert since.pop(("un-procedures", "email")) == 2
    assert set(since.values()) == {1}
    assert len(world.phone("spain").inbox) == 1
    assert len(world.phone("head office").inbox) == 1


def test_other_incidents_take_one_level_after_the_other(world: World) -> None:
    """A7: for those, any level that starts more than a minute late has its clock begin now."""
    incident = world.raises(type=SERIOUS, perpetrator="company")

    goes_down_for(world, hours=2)

    assert levels_told(incident, "colombia") == {"Coordination", "Ombudsman and defenders"}
    world.passes(minutes=14)
    assert incident.level("colombia") == "Ombudsman and defenders"


def test_the_most_severe_leave_first(world: World) -> None:
    """A7: most severe first, whatever was due earlier."""
    mild = reports(world, type="surveillance")
    grave = reports(world, type="arrest")

    goes_down_for(world, hours=2)

    first, second = world.phone("coordinator").inbox[:2]
    assert (grave.ref in first, mild.ref in second) == (True, True)


def test_an_incident_opened_right_before_it_is_told_right_after_it(world: World) -> None:
    """A1: accepted is durable."""
    incident = reports(world)

    goes_down_for(world, hours=2)

    assert world.phone("coordinator").inbox != []
    assert ("coordinator", "sms", 0) in planned(incident, "coordinator")


def test_an_answer_that_waited_comes_before_what_was_overdue(world: World) -> None:
    """A7: the answer first."""
    incident = world.raises(type="arrest", perpetrator="army")
    world.clock.at += timedelta(hours=2)

    incident.act("acknowledgements", expect=201, tree="colombia", contact="coordinator", kind="acknowledged")

    assert planned(incident, "coordinator", kinds=ALERTS) == [("coordinator", "sms", 0)]
    assert world.phone("coordinator").calls == []
