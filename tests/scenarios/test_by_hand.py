"""A coordinator opens a level out of its turn: whoever was to be told anyway is told when they would have been (B3)."""

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import World

OMBUDS = "  - {name: Ombuds, notify: [ombuds], wait: 10m}\n"
FRIENDS = "  - {name: Friends, notify: [defenders], wait: 60m}\n"


@pytest.fixture
def world(world_of: Worlds) -> World:
    """Coordination for ten minutes, the ombuds office for ten more, then for an hour the friends."""
    return world_of(a_tree(COORDINATION + OMBUDS + FRIENDS))


def texts_to(world: World, who: str) -> int:
    return sum(text.startswith("VALLEY URGENT") for text in world.phone(who).inbox)


def test_whoever_comes_before_the_level_opened_now_is_told_at_their_time(world: World) -> None:
    """Nobody waits for what a coordinator has asked for besides."""
    incident = world.raises()
    world.passes(minutes=2)

    incident.act("go", decision="go", tree="valley", level="Friends")
    world.passes(minutes=7)
    before = texts_to(world, "ombuds")
    world.passes(minutes=1)

    assert texts_to(world, "defenders") == 1
    assert (before, texts_to(world, "ombuds")) == (0, 1)


def test_the_last_resort_hears_when_it_would_have_though_a_level_is_opened_again(world_of: Worlds) -> None:
    """A2: at the end of the tree, which a level that is over does not move when it is opened once more."""
    world = world_of(a_tree(FRIENDS.replace("60m", "30m") + OMBUDS))
    incident = world.raises()
    world.passes(minutes=35)

    incident.act("go", decision="go", tree="valley", level="Friends")
    world.passes(minutes=4)
    before = texts_to(world, "head office")
    world.passes(minutes=1)

    assert texts_to(world, "defenders") == 2
    assert (before, texts_to(world, "head office")) == (0, 1)


def test_the_tree_runs_again_at_its_time_though_a_level_is_opened_in_the_pause(world: World) -> None:
    """A2: round again with back-off, counted from the end of the tree and not from what a coordinator opens then."""
    incident = world.raises()
    world.passes(minutes=80)
    assert (incident.status("valley"), texts_to(world, "coordinator")) == ("unanswered", 1)

    incident.act("go", decision="go", tree="valley", level="Friends")
    world.passes(minutes=15)

    assert texts_to(world, "defenders") == 2
    assert texts_to(world, "coordinator") == 2
