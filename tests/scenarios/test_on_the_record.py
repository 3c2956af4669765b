"""What people do to an incident is on its record, under a name of its own (A10)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import Incident, World, spoken_code_in

CONTACTS = """
  coordinator: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550101"}, {call: "+573005550101"}]}
  police: {role: authority, organisation: National Police, methods: [{sms: "+576015550112"}]}
  defenders: {role: ngo, organisation: Defenders, methods: [{sms: "+573005550130"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
POLICE = """
  - name: Police
    needs_go: {proceed_after: 30m}
    notify: [police]
    wait: 10m
"""
WHERE: dict[str, Any] = {"tree": "valley", "level": "Police"}
HEARD: dict[str, Any] = {"tree": "valley", "contact": "defenders", "kind": "acknowledged"}
SAID: dict[str, Any] = {"scope": "national", "given_by": "P7", "how": "by telephone"}


def revokes(incident: Incident) -> None:
    """A coordinator takes an answer back that it had vouched for."""
    incident.act("acknowledgements", expect=201, **HEARD)
    (answer,) = incident["acknowledgements"]
    world = incident.world
    world.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{answer['id']}", headers=world.headers)
    world.settles()


def merges(incident: Incident) -> Incident:
    """A coordinator finds that another report is of the same event; gives that one."""
    other = incident.world.raises(perpetrator="none")
    other.act("merge", into=incident.ref)
    return other


def splits(incident: Incident) -> None:
    """It finds that it is not."""
    incident.act("split", reports=[merges(incident).ref])


def reopens(incident: Incident) -> None:
    incident.act("close", reason="released")
    incident.act("reopen", reason="taken again")


def picks_up(incident: Incident) -> None:
    """The coordinator keys the code that it hears."""
    call = incident.world.phone("coordinator").answers()
    call.press(spoken_code_in(call.words))
    incident.world.settles()


DEEDS: dict[str, Callable[[Incident], object]] = {
    "updated": lambda each: each.act("updates", text="she was seen"),
    "excluded": lambda each: each.act("exclude", contacts=["defenders"]),
    "consent_recorded": lambda each: each.act("consent", **SAID),
    "level_held": lambda each: each.act("go", decision="hold", **WHERE),
    "level_refused": lambda each: each.act("go", decision="refuse", **WHERE),
    "acknowledged": lambda each: each.act("acknowledgements", expect=201, **HEARD),
    "acknowledgement_revoked": revokes,
    "action_reported": lambda each: each.act("actions", contact="defenders", action="observed"),
    "code_keyed": picks_up,
    "merged": merges,
    "split": splits,
    "incident_closed": lambda each: each.act("close", reason="released"),
    "incident_reopened": reopens,
}
"""By the kind of its entry: what somebody does."""

TOGETHER = (
    "code_keyed",
    "updated",
    "consent_recorded",
    "action_reported",
    "acknowledged",
    "excluded",
    "incident_closed",
)
"""What may all be done in one evening, in this order."""


@pytest.fixture
def asked(world_of: Worlds) -> World:
    """The coordinator's phone rings, and ten minutes later it is asked about the police."""
    return world_of(a_tree(COORDINATION + POLICE, CONTACTS))


@pytest.mark.parametrize("kinds", [TOGETHER, *((each,) for each in DEEDS if each not in TOGETHER)], ids=str)
def test_what_somebody_does_is_an_entry(asked: World, kinds: tuple[str, ...]) -> None:
    """A10: once, and not before."""
    incident = asked.raises(perpetrator="none", severity="serious")
    if kinds[0].startswith("level"):
        asked.passes(minutes=10)
    for kind in kinds:
        assert kind not in incident.timeline()

        DEEDS[kind](incident)

        assert incident.timeline().count(kind) == 1


def test_a_report_that_was_part_of_another_says_so_once_it_is_its_own_again(asked: World) -> None:
    """A10: what happened to it meanwhile is on the record of the whole."""
    incident = asked.raises(perpetrator="none")
    part = merges(incident)
    assert part.timeline() == incident.timeline()

    incident.act("split", reports=[part.ref])

    assert [kind for kind in part.timeline() if kind in ("merged_into", "split_off")] == ["merged_into", "split_off"]


def changed(incident: Incident) -> list[dict[str, Any]]:
    """What the history says of facts that have changed, oldest first."""
    url = f"/v1/incidents/{incident.ref}/timeline"
    items = incident.world.client.get(url, headers=incident.world.headers).json()["items"]
    said = [each["payload"] for each in items if each["kind"] == "facts_changed"]
    assert all(each["by"] for each in said)
    return [{name: value for name, value in each.items() if name != "by"} for each in said]


def test_what_news_changes_of_an_incident_is_an_entry_with_what_it_was_before(asked: World) -> None:
    """A10: who asks later since when it was critical, and by whom, reads it there."""
    incident = asked.raises(perpetrator="none", severity="serious", people=[])
    incident.act("updates", text="nothing new")
    assert changed(incident) == []

    incident.act("updates", text="he is in hospital", severity="critical")

    assert changed(incident) == [{"severity": ["serious", "critical"]}]


def test_news_that_waits_for_a_go_is_an_entry_once_it_holds(world_of: Worlds) -> None:
    """A10: until then nothing has changed."""
    raids = "  - {name: Raids, when: {type: [raid]}, notify: [defenders], wait: 20m}\n"
    incident = world_of(a_tree(COORDINATION + raids, CONTACTS)).raises(type="raid", perpetrator="none", people=[])
    incident.act("updates", text="it was an arrest", type="arrest")
    assert changed(incident) == []

    incident.act("go", decision="go")

    assert changed(incident) == [{"type": ["raid", "arrest"]}]
