"""Duty at the console: the turns of the coming weeks, somebody out of turn, two who exchange, and taking it back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import arrangements
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.world import TEAMS, TREE, World, world_in

LUIS = '      luis: {name: Luis Example, phone: "+573005550002", language: es}\n'
TWO = TEAMS.replace("    members: {ana: ", "    members:\n      ana: ").replace("es}}", "es}") + LUIS
ROTA = TREE.replace("    pin: true\n", '    pin: true\n    duty: {rota: [ana, luis], change: "Mo 09:00"}\n', 1)


@pytest.fixture
def rota() -> str:
    """Whom the coordinator's duty names."""
    return "[ana, luis]"


@pytest.fixture
def world(tmp_path: Path, rota: str) -> Iterator[World]:
    """The valley, whose coordinator has a rota."""
    with world_in(tmp_path, tree=ROTA.replace("[ana, luis]", rota), teams=TWO) as world:
        yield world


def test_the_turns_of_the_coming_weeks_stand_with_whose_it_is_now(desk: Desk) -> None:
    text = desk.opens("/desk/duty").text

    assert "Valley valley/alice · America/Bogota north/ana 23 Nov 09:00 – 30 Nov 09:00 now" in text
    assert "now north/luis 30 Nov 09:00" in text
    assert "north/luis 11 Jan 09:00 – 18 Jan 09:00" in text
    assert "Its rota is empty" not in text


@pytest.mark.parametrize("rota", ["[]"])
def test_an_empty_rota_says_why_nobody_can_take_over(desk: Desk) -> None:
    """Whoever comes to hand over the watch is not left before a page without a button."""
    text = desk.opens("/desk/duty").text

    assert "nobody, so its own numbers serve" in text
    assert "Its rota is empty: once the tree names people there" in text


def test_somebody_out_of_turn_holds_at_once_and_is_taken_back(world: World, desk: Desk) -> None:
    """Maria takes back what Maria arranged, and nothing of others."""
    page = desk.opens("/desk/duty")
    done = page.presses("Off duty", member="north/ana")
    assert done.headers["Location"] == "/desk/duty?done=set"
    [row] = world.rows(arrangements)
    assert (row.officer, row.is_on, row.made_by) == ("north/ana", False, "user maria")

    undone = desk.opens("/desk/duty").presses("Take it back")

    assert undone.headers["Location"] == "/desk/duty?done=undo"
    assert world.rows(arrangements) == []


def test_two_exchange_turns(world: World, desk: Desk) -> None:
    page = desk.opens("/desk/duty")

    done = page.presses("Exchange them", one="north/ana", other="north/luis", week="2026-12-07")

    assert done.headers["Location"] == "/desk/duty?done=swap"
    assert {row.officer for row in world.rows(arrangements)} == {"north/ana", "north/luis"}


@pytest.mark.parametrize(
    ("button", "fields", "named"),
    [
        ("On duty", {"member": "north/zoe"}, "Member: "),
        ("On duty", {"member": "north/ana", "until": "tomorrow"}, "Until: "),
        ("On duty", {"member": "north/ana", "until": "2020-01-01T10:00"}, "Until: &#39;2020-01-01 10:00&#39; "),
        ("On duty", {"member": "north/ana", "from": "9999-12-31T23:59"}, "From: "),
        ("On duty", {"member": "north/ana", "from": "0001-01-01T00:00"}, "From: "),
        ("On duty", {"member": "north/ana", "until": "2101-01-01T00:00"}, "Until: "),
        ("Exchange them", {"one": "north/ana", "other": "north/luis", "week": "soon"}, "Week: "),
        ("Exchange them", {"one": "north/ana", "other": "north/luis", "week": "9999-12-31"}, "Week: "),
        ("Exchange them", {"one": "north/ana", "other": "north/ana", "week": "2026-12-07"}, "Members: "),
    ],
)
def test_what_can_not_be_arranged_is_refused_by_name(
    world: World, desk: Desk, button: str, fields: dict[str, str], named: str
) -> None:
    refused = desk.opens("/desk/duty").presses(button, **fields)

    assert (refused.status_code, named in refused.text) == (422, True)
    assert world.rows(arrangements) == []


def test_an_observer_sees_who_is_on_duty_and_arranges_nothing(world: World, desk: Desk, sit_down: SitDown) -> None:
    form = desk.opens("/desk/duty").form("Off duty")
    observer = sit_down("olga", Role.OBSERVER)
    proof = observer.opens("/desk/account").form("Sign out").fields["proof"]

    refused = observer.posts("/desk/duty/set", {**form.fields, "member": "north/ana", "proof": proof})

    assert refused.status_code == 403
    assert "north/ana" in observer.opens("/desk/duty").text
    assert "Off duty" not in observer.opens("/desk/duty").text
    assert world.rows(arrangements) == []
