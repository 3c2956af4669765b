"""Two teams report one event: coordinators are told that it may be one, and nothing is joined by itself (A12)."""

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, FIELD, a_tree
from tests.scenarios.world import World

SUGGESTED = "may be the same event as"


def two_reports(world_of: Worlds, *, second: str, minutes: float = 12) -> World:
    world = world_of(a_tree(COORDINATION), field=FIELD)
    world.texts("ana", "ALERTA 20 L12 nos pararon")
    world.passes(minutes=minutes)
    world.texts("luis", second)
    world.passes(minutes=15)
    return world


def test_two_reports_twelve_minutes_apart_are_suggested_to_be_one(world_of: Worlds) -> None:
    """B1: each stays as it is until a coordinator says so."""
    world = two_reports(world_of, second="ALERTA 46 L13 gases")
    items = world.client.get("/v1/incidents?status=open", headers=world.headers).json()["items"]
    later, earlier = items

    assert later["warnings"] == [f"{SUGGESTED} {earlier['ref']}"]
    assert [text for text in world.phone("coordinator").inbox if f"{SUGGESTED} {earlier['ref']}" in text]
    assert SUGGESTED not in str(world.phone("ana").inbox + world.phone("luis").inbox)


def test_reports_of_different_things_are_not(world_of: Worlds) -> None:
    world = two_reports(world_of, second="ALERTA 51 L40 calumnias")

    assert len(world.client.get("/v1/incidents?status=open", headers=world.headers).json()["items"]) == 2
    assert SUGGESTED not in str(world.phone("coordinator").inbox)
