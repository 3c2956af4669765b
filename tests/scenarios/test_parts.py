"""Texts as bad coverage brings them: in parts, in the wrong order, or twice; nothing of them is lost (A12)."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, FIELD, a_tree
from tests.scenarios.world import TRUE, Incident, World

FIRST = f"ALERTA {TRUE} 20 L12 P7 nos pararon en el"
REST = "cruce del rio, son doce hombres"


@pytest.fixture
def night(world_of: Worlds) -> World:
    world = world_of(a_tree(COORDINATION), field=FIELD)
    world.gives_pins("north/ana", duress=None)
    return world


def is_open(world: World) -> list[Incident]:
    items = world.client.get("/v1/incidents?status=open", headers=world.headers).json()["items"]
    return [Incident(world, each["ref"]) for each in items]


def texts(incident: Incident) -> list[str]:
    return [each["text"] for each in incident["texts"]]


def test_the_first_part_raises_at_once_and_the_rest_joins_it(night: World) -> None:
    """The rest may come late, or never: what the first one says is enough to begin."""
    night.texts("ana", FIRST)
    [incident] = is_open(night)
    assert (incident["type"], incident["verified"]) == ("arrest", True)
    night.passes(minutes=4)

    night.texts("ana", REST)

    assert [each.ref for each in is_open(night)] == [incident.ref]
    assert texts(incident) == ["nos pararon en el", REST]


@pytest.mark.parametrize("early", [REST, f"NUEVA {TRUE} se los llevan"], ids=["a later part", "an update"])
def test_what_comes_before_the_report_that_it_belongs_to_is_one_incident_with_it(night: World, early: str) -> None:
    """Out of order: people read the first, and the report makes an incident of it, with all that was written."""
    night.texts("ana", early)
    night.passes(minutes=3)

    night.texts("ana", FIRST)

    [incident] = is_open(night)
    assert (incident["type"], incident["verified"]) == ("arrest", True)
    assert len(texts(incident)) == 2
    assert texts(incident)[1] == "nos pararon en el"


def test_the_same_text_twice_within_minutes_has_one_effect_and_the_same_answer(night: World) -> None:
    """A handset that got no receipt sends again, under another id of the carrier."""
    first = night.texts("ana", FIRST)
    night.passes(minutes=2)
    inbox = len(night.phone("coordinator").inbox)

    again = night.reply_to("ana", FIRST)

    [incident] = is_open(night)
    assert first is not None
    assert incident.ref in first
    assert incident.ref in again
    assert incident.timeline().count("report_received") == 1
    assert len(night.phone("coordinator").inbox) == inbox
