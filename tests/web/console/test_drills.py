"""Drills at the console: begun and planned on pages of their own, and what came of each."""

import pytest

from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import drills, incidents, notifications
from alertnet.worker.service import Worker
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk, Form, Sheet
from tests.web.console.test_people import end
from tests.web.world import World

ARREST = {"type": "arrest", "country": "CO", "consent": "international", "people": "P7"}


def previewed(desk: Desk, button: str, **fields: str) -> tuple[str, Form]:
    """What the preview says, and the form to go on."""
    answer = desk.opens("/desk/drills/new").presses("See who takes part", **ARREST, **fields)
    assert answer.status_code == 200, answer.text
    page = Sheet(desk, "/desk/drills/new", answer.text)
    return page.text, Form(page, "/desk/drills/new", {**ARREST, **fields, **page.form(button).fields})


def test_it_begins_once_on_pages_of_another_colour_and_no_alarm_can_be_raised_there(world: World, desk: Desk) -> None:
    """A1; that the words and the place differ keeps one from being taken for the other at night."""
    text, form = previewed(desk, "Begin the drill now")
    assert ("at once Valley Friends" in text, "Amis" in text) == (True, False)
    assert world.rows(notifications) == []

    first, again = form.sent(), form.sent()

    [incident] = world.rows(incidents)
    assert first.headers["Location"] == f"/desk/incidents/{incident.ref}?done=drill"
    assert (again.status_code, incident.facts["drill"]) == (409, True)
    assert {row.contact for row in world.rows(notifications)} == {"alice"}
    assert '<body class="drill"' in desk.opens("/desk/drills/new").html
    assert (incident.ref in desk.opens("/desk/drills").text, incident.ref in desk.opens("/desk").text) == (True, False)
    assert "drill" not in desk.opens("/desk/raise").html.split("<main>")[1].lower()


def test_one_is_planned_seen_with_who_takes_part_and_cancelled(world: World, desk: Desk) -> None:
    _, form = previewed(desk, "Plan it for 1 Dec 2026 10:00", date="2026-12-01", time="10:00", every="3")

    assert form.sent().headers["Location"] == "/desk/drills?done=planned"

    page = desk.opens("/desk/drills")
    assert (
        "1 Dec 2026 10:00 arrest, critical, Colombia · every 3 months Takes part: Valley · planned by maria"
        in page.text
    )
    assert world.rows(incidents) == []
    assert page.presses("Cancel it").headers["Location"] == "/desk/drills?done=cancelled"
    assert [row.status for row in world.rows(drills)] == ["cancelled"]
    assert "No drill is planned." in desk.opens("/desk/drills").text


def test_what_came_of_it_is_a_page_and_rows(world: World, desk: Desk) -> None:
    previewed(desk, "Begin the drill now")[1].sent()
    [incident] = world.rows(incidents)
    ref = incident.ref
    Worker(world.runtime).step()
    world.texts("+573005550011", world.written_code("alice"))

    page = desk.opens(f"/desk/drills/{ref}")
    rows = desk.browser.get(f"/desk/drills/{ref}.csv")

    assert "Told: 1 Reached: 1 Answered: 1 Dead numbers: 0" in page.text
    assert "refused for our account with the provider yes takes charge, sms" in page.text
    assert rows.text.splitlines()[1].startswith("valley,alice,yes,acknowledged,sms,0,")
    assert f"{ref}: 1 / 1" in desk.opens("/desk/drills").text


def test_a_dead_number_stands_beside_whose_it_is_and_leads_to_their_place_in_the_tree(world: World, desk: Desk) -> None:
    """On a telephone the columns further right are out of sight."""
    previewed(desk, "Begin the drill now")[1].sent()
    [incident] = world.rows(incidents)
    world.incident = incident.id
    end(world, "alice", status="failed", failure="invalid")

    page = desk.opens(f"/desk/drills/{incident.ref}")

    assert "Who By Reached Answer After Valley valley" in page.text
    assert "0 / 1 dead: mend it in the tree no – –" in page.text
    assert '<a href="/desk/trees/valley#contact-alice">dead: mend it in the tree</a>' in page.html


def test_what_is_real_has_no_such_report(world: World, desk: Desk) -> None:
    world.raises()

    assert desk.browser.get(f"/desk/drills/{world.ref()}").status_code == 409
    assert desk.browser.get("/desk/drills/A-AAAA").status_code == 404


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"date": "2026-13-01"}, "date: "),
        ({"date": "2026-12-01", "time": "25:00"}, "date: "),
        ({"date": "2020-12-01", "step": "go"}, "date: "),
        ({"date": "2020-12-01"}, "date: "),
        ({"every": "3"}, "date: "),
        ({"date": "2026-12-01", "every": "5"}, "every: "),
        ({"type": "picnic"}, "type: "),
    ],
)
def test_what_cannot_be_is_said_above_what_was_filled_in(
    world: World, desk: Desk, fields: dict[str, str], named: str
) -> None:
    form = desk.opens("/desk/drills/new").form("See who takes part")

    refused = form.sent(**{**ARREST, "summary": "Kept as it was typed", **fields})

    assert refused.status_code == 422
    assert f"Nothing was begun or planned yet. {named}" in refused.text
    assert "Kept as it was typed" in refused.text
    assert world.rows(drills) == []


def test_an_observer_begins_and_cancels_nothing(world: World, sit_down: SitDown, desk: Desk) -> None:
    previewed(desk, "Plan it for 1 Dec 2026 10:00", date="2026-12-01", time="10:00")[1].sent()
    [planned] = world.rows(drills)
    observer = sit_down("olga", Role.OBSERVER)
    proof = observer.opens("/desk/account").form("Sign out").fields["proof"]

    for path in (f"/desk/drills/{planned.id}/cancel", "/desk/drills/new"):
        refused = observer.posts(path, {**ARREST, "step": "go", "seen": "x", "proof": proof})
        assert refused.status_code == 403

    assert "Whoever observes" in observer.opens("/desk/drills/new").text
    assert "Cancel it" not in observer.opens("/desk/drills").text
    assert [row.status for row in world.rows(drills)] == ["planned"]
