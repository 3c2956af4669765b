"""Who took charge is expected to act: what is awaited until when, what ends the waiting, and what happens else (B3)."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.record import planned
from tests.scenarios.valley import a_tree
from tests.scenarios.world import Incident, World, code_in, link_in

COORDINATION = "  - {name: Coordination, notify: [coordinator], wait: 5m}\n"


def tree(otherwise: str) -> str:
    """The ombuds office acts within an hour of its answer, or else."""
    level = f"""
  - name: Ombuds
    notify: [ombuds]
    wait: 10m
    action_due: {{after: 60m, otherwise: {otherwise}}}
"""
    return a_tree(COORDINATION + level + "  - {name: Friends, notify: [defenders], wait: 10m}\n")


def takes_charge(world: World) -> Incident:
    """The ombuds office was told after five minutes, and has answered three minutes later."""
    incident = world.raises()
    world.passes(minutes=5)
    world.passes(minutes=3)
    world.texts("ombuds", f"OK {code_in(world.phone('ombuds').inbox[0])}")
    assert incident.status("valley") == "acknowledged"
    return incident


def reports(incident: Incident, by: str) -> None:
    """The ombuds office, or a coordinator for it, says what it did."""
    world = incident.world
    match by:
        case "sms":
            world.texts("ombuds", f"DONE {code_in(world.phone('ombuds').inbox[0])} spoke with the colonel")
        case "page":
            link = link_in(world.phone("ombuds").inbox[0])
            world.client.post(link, data={"answer": "action", "action": "called_authority", "note": "the colonel"})
        case "api":
            incident.act("actions", contact="ombuds", action="called_authority")


def test_the_confirmation_says_by_when_an_action_is_expected(world_of: Worlds) -> None:
    """Counted from the answer: 22:22 in Bogotá."""
    world = world_of(tree("next"))

    takes_charge(world)

    assert "by 22:22" in world.phone("ombuds").inbox[-1]


def test_without_an_action_the_next_level_opens(world_of: Worlds) -> None:
    """`otherwise: next`; the coordinators hear of it, and whoever took charge is reminded."""
    world = world_of(tree("next"))
    incident = takes_charge(world)

    world.passes(minutes=59)
    assert incident.status("valley") == "acknowledged"
    world.passes(minutes=1)

    assert incident.status("valley") == "running"
    assert planned(incident, "defenders") == [("defenders", "sms", 68)]
    assert incident.told("action_reminder") == [("ombuds", "sms")]
    assert ("coordinator", "sms") in incident.told("notice")


def test_without_an_action_the_same_level_is_told_again(world_of: Worlds) -> None:
    """`otherwise: again`; its answer counts anew."""
    world = world_of(tree("again"))
    incident = takes_charge(world)

    world.passes(minutes=60)

    assert planned(incident, "ombuds") == [("ombuds", "sms", 5), ("ombuds", "sms", 68)]
    world.texts("ombuds", f"OK {code_in(world.phone('ombuds').inbox[0])}")
    assert incident.status("valley") == "acknowledged"
    assert planned(incident, "defenders") == []


@pytest.mark.parametrize("by", ["sms", "page", "api"])
def test_one_reported_action_ends_the_wait(world_of: Worlds, by: str) -> None:
    """By each of its ways."""
    world = world_of(tree("next"))
    incident = takes_charge(world)

    reports(incident, by)
    world.passes(hours=2)

    assert [each["contact"] for each in incident["actions"]] == ["ombuds"]
    assert incident.status("valley") == "acknowledged"
    assert incident["escalations"][0]["due_at"] is None
    assert planned(incident, "defenders") == []


@pytest.mark.parametrize("goes_on", ["running", "unanswered"])
def test_an_action_reported_late_ends_what_went_on_without_it(world_of: Worlds, goes_on: str) -> None:
    """A4: with the next level told, or at the tree's end, the alert goes on for want of that report alone."""
    yaml = tree("next")
    world = world_of(yaml if goes_on == "running" else yaml[: yaml.index("  - {name: Friends")])
    incident = takes_charge(world)
    world.passes(minutes=62)
    assert incident.status("valley") == goes_on

    world.texts("ombuds", f"DONE {code_in(world.phone('ombuds').inbox[0])} spoke with the colonel")

    assert incident.status("valley") == "acknowledged"
    rung = len(world.phone("coordinator").inbox)
    world.passes(hours=2)
    assert incident.status("valley") == "acknowledged"
    assert not any("ALARM" in text for text in world.phone("coordinator").inbox[rung:])


@pytest.mark.parametrize("by", ["sms", "page", "api"])
def test_an_action_reported_late_ends_what_tells_the_same_level_again(world_of: Worlds, by: str) -> None:
    """A4: whoever reports what it did still has charge, though it was asked anew."""
    world = world_of(tree("again"))
    incident = takes_charge(world)
    world.passes(minutes=62)
    assert incident.status("valley") == "running"

    reports(incident, by)
    world.passes(hours=2)

    assert incident.status("valley") == "acknowledged"
    assert planned(incident, "defenders") == []


def test_an_action_reported_late_does_not_end_what_a_coordinator_has_opened_since(world_of: Worlds) -> None:
    """B3: a go opens its level whatever the escalation waits for; the report ends what goes on by itself alone."""
    levels = "  - {name: Defence, notify: [desk], wait: 30m, repeat: {every: 10m, times: 2}}\n"
    world = world_of(tree("next").rstrip() + "\n" + levels)
    incident = takes_charge(world)
    world.passes(minutes=61)
    incident.act("go", decision="go", tree="valley", level="Defence")

    world.texts("ombuds", f"DONE {code_in(world.phone('ombuds').inbox[0])} spoke with the colonel")
    world.passes(minutes=15)

    assert [each["contact"] for each in incident["actions"]] == ["ombuds"]
    assert incident.status("valley") == "running"
    assert incident.told("reminder") == [("desk", "sms")]


def test_reporting_that_nothing_was_done_ends_no_wait(world_of: Worlds) -> None:
    """`none` is kept on record."""
    world = world_of(tree("next"))
    incident = takes_charge(world)

    incident.act("actions", contact="ombuds", action="none", note="the line is dead")
    world.passes(minutes=60)

    assert incident.status("valley") == "running"


def test_an_action_is_told_to_the_coordinators(world_of: Worlds) -> None:
    """One notice, without a word of what was done (A9)."""
    world = world_of(tree("next"))
    incident = takes_charge(world)
    before = len(world.phone("coordinator").inbox)

    incident.act("actions", contact="ombuds", action="visited", note="saw them at Vereda Secreta")

    # There was one of the answer: the next SMS goes ten minutes later.
    assert world.phone("coordinator").inbox[before:] == []
    world.passes(minutes=10)
    notices = world.phone("coordinator").inbox[before:]
    assert len(notices) == 1
    assert "Secreta" not in notices[0]
