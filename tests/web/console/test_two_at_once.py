"""Two coordinators at the desk on one night, each with a page as it was before the other pressed."""

import pytest

from alertnet.web.console.shown import LANGUAGE
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.console.test_incident import recorded, sheet
from tests.web.world import World


@pytest.fixture
def pedro(sit_down: SitDown) -> Desk:
    return sit_down("pedro")


def closing(ref: str, reason: str = "released") -> str:
    return f"/desk/incidents/{ref}/close?reason={reason}"


def test_a_level_that_another_has_just_opened_is_left_out_only_by_who_has_seen_that(
    world: World, desk: Desk, pedro: Desk
) -> None:
    """A2: whoever presses a moment later undoes what they have not seen otherwise."""
    ref = world.raises() and world.ref()
    before = sheet(pedro, ref)
    sheet(desk, ref).presses("Go", which="valley/Coordination")

    refused = before.presses("Refuse", which="valley/Coordination")
    after = sheet(pedro, ref).presses("Refuse", which="valley/Coordination")

    assert refused.status_code == 409
    assert "Level Coordination is go by maria: somebody was faster" in refused.text
    assert after.status_code == 303
    assert [each["decision"] for each in recorded(world, "decision")] == ["go", "refuse"]


def test_who_was_faster_is_said_in_the_readers_language(world: World, desk: Desk, pedro: Desk) -> None:
    """Where Spanish is chosen, no English word stands in the middle."""
    ref = world.raises() and world.ref()
    before = sheet(pedro, ref)
    sheet(desk, ref).presses("Go", which="valley/Coordination")
    pedro.browser.cookies.set(LANGUAGE, "es")

    refused = before.presses("Refuse", which="valley/Coordination")

    assert refused.status_code == 409
    assert "El nivel Coordination ya está decidido (autorizar, por maria): alguien fue más rápido" in refused.text


def test_two_may_decide_the_same_from_the_same_page(world: World, desk: Desk, pedro: Desk) -> None:
    """Nobody is refused what holds already."""
    ref = world.raises() and world.ref()
    before = sheet(pedro, ref)
    sheet(desk, ref).presses("Hold", which="valley/Coordination")

    assert before.presses("Hold", which="valley/Coordination").status_code == 303


def test_what_was_reopened_is_closed_only_by_who_has_seen_that(world: World, desk: Desk, pedro: Desk) -> None:
    """A2: the page of the close still lay open at the other desk, and one more press would have ended the alarm."""
    ref = world.raises() and world.ref()
    left_open = pedro.opens(closing(ref, "false_alarm"))
    desk.opens(closing(ref)).presses("Yes, it is over")
    first = left_open.presses("Yes, it is over")
    sheet(desk, ref).presses("Open it again", reason="he was taken again")

    second = left_open.presses("Yes, it is over")
    third = pedro.opens(closing(ref)).presses("Yes, it is over")

    assert (first.status_code, second.status_code, third.status_code) == (409, 409, 303)
    assert f"Incident {ref} is open again: look at it before you close it" in second.text
