"""The field on the road at the console: who is awaited when, what is heard of them otherwise, and roll-calls."""

from datetime import timedelta

import pytest

from alertnet.core.directory.routine import Risk, Terms
from alertnet.core.inbound.on_the_road.journey import Journey, JourneyKind, Leg
from alertnet.core.incident import Scope
from alertnet.flows.journeys.check_in import announce_journey
from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import journeys, notifications
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.world import ANA, NOW, World


def sets_out(world: World, *legs: tuple[str, int], **more: object) -> str:
    """Ana is awaited at those places, each so many minutes from now; the id of her journey."""
    stages = tuple(Leg(to, NOW + timedelta(minutes=after), "America/Bogota") for to, after in legs)
    terms = Terms(Risk.LOW, timedelta(minutes=90), False)
    known = {"kind": JourneyKind.JOURNEY, "team": "north", "member": "ana", "country": "CO", "consent": Scope.NATIONAL}
    journey = Journey(**{**known, "legs": stages, "terms": terms, "began_at": NOW, **more})  # type: ignore[arg-type]
    return world.runtime.transact(announce_journey, journey, "test")


def test_who_is_on_the_road_stands_with_the_next_check_in_and_what_follows(world: World, desk: Desk) -> None:
    sets_out(world, ("L12", 60), ("L14", 120), people=("P7",))

    text = desk.opens("/desk/journeys").text

    assert "north/ana: L12 03:14 on the road" in text
    assert "expected 03:14 · then L14 04:14 · P7" in text
    assert "If nothing is heard, they are reminded 03:29" in text


def test_who_is_overdue_stands_first_and_is_counted_in_the_title(world: World, desk: Desk) -> None:
    sets_out(world, ("L12", 60))
    sets_out(world, ("L9", -10))

    page = desk.opens("/desk/journeys")

    assert page.text.index("L9 02:04 overdue") < page.text.index("L12 03:14 on the road")
    assert "<title>(1) On the road" in page.html


def test_who_is_to_be_called_stands_with_the_number(world: World, desk: Desk, sit_down: SitDown) -> None:
    """An alarm says whom to call; who only looks on is shown no number."""
    sets_out(world, ("L9", -10))

    assert f'href="tel:{ANA}"' in desk.opens("/desk/journeys").html
    seen = sit_down("olga", Role.OBSERVER).opens("/desk/journeys")
    assert "north/ana" in seen.text
    assert ANA not in seen.html


def test_who_has_not_answered_a_roll_call_stands_with_the_number(desk: Desk) -> None:
    page = desk.opens("/desk/journeys")
    page.presses("Ask them now", whom="team/north", within="30m")

    asked = desk.opens("/desk/journeys")
    assert f'href="tel:{ANA}"' in asked.html
    asked.presses("I have heard from them north/ana")
    assert ANA not in desk.opens("/desk/journeys").html


def test_a_place_in_words_is_for_those_who_may_read(world: World, desk: Desk, sit_down: SitDown) -> None:
    """A9: as a code it may stand anywhere."""
    sets_out(world, ("the white house at the mill", 60))

    assert "white house" in desk.opens("/desk/journeys").text
    seen = sit_down("olga", Role.OBSERVER).opens("/desk/journeys")
    assert "white house" not in seen.html
    assert "north/ana: 03:14" in seen.text


@pytest.mark.parametrize(
    ("button", "fields", "stands"),
    [
        ("They have arrived north/ana", {}, "over"),
        ("Called off north/ana", {}, "over"),
        ("Expect them later north/ana", {"later": "2h"}, "under_way"),
    ],
)
def test_what_is_heard_otherwise_is_recorded_by_a_person(
    world: World, desk: Desk, button: str, fields: dict[str, str], stands: str
) -> None:
    sets_out(world, ("L12", 60))

    done = desk.opens("/desk/journeys").presses(button, **fields)

    assert done.status_code == 303
    [row] = world.rows(journeys)
    assert row.status == stands
    if fields:
        assert row.expected_at == NOW + timedelta(hours=3)
        assert "L12 05:14" in desk.opens(done.headers["Location"]).text


def test_the_same_press_counts_once(world: World, desk: Desk) -> None:
    """A line that broke, a second window: done once, and said."""
    sets_out(world, ("L12", 60), ("L14", 120), ("L16", 180))
    form = desk.opens("/desk/journeys").form("They have arrived north/ana")

    first, again = form.sent(), form.sent()

    assert (first.status_code, again.status_code) == (303, 409)
    assert "recorded before" in again.text
    assert "L14 04:14" in desk.opens("/desk/journeys").text


@pytest.mark.parametrize(
    ("fields", "named"),
    [({"said": "lost"}, "Said: "), ({"said": "later", "later": "soon"}, "Later: "), ({}, "Said: ")],
)
def test_what_can_not_be_heard_is_refused_by_name(world: World, desk: Desk, fields: dict[str, str], named: str) -> None:
    sets_out(world, ("L12", 60))
    form = desk.opens("/desk/journeys").form("They have arrived north/ana")

    refused = form.sent(**{"said": "", **fields})

    assert refused.status_code == 422
    assert named in refused.text
    assert world.rows(journeys)[0].status == "under_way"


def test_an_observer_looks_on(world: World, desk: Desk, sit_down: SitDown) -> None:
    id = sets_out(world, ("L12", 60))
    observer = sit_down("olga", Role.OBSERVER)
    proof = observer.opens("/desk/account").form("Sign out").fields["proof"]

    refused = observer.posts(f"/desk/journeys/{id}", {"proof": proof, "seen": "1", "said": "end"})

    assert refused.status_code == 403
    assert "Called off" not in observer.opens("/desk/journeys").text
    assert "Called off" in desk.opens("/desk/journeys").text


def test_everybody_is_asked_and_who_was_heard_of_otherwise_is_safe(world: World, desk: Desk) -> None:
    page = desk.opens("/desk/journeys")
    done = page.presses("Ask them now", whom="team/north", within="30m", text="shots at the market")

    assert done.headers["Location"] == "/desk/journeys?done=asked#rolls"
    page = desk.opens("/desk/journeys")
    assert "team north: 0 of 1 have answered shots at the market north/ana no answer yet" in page.text
    assert [row.kind for row in world.rows(notifications)] == ["field_status"]

    page.presses("I have heard from them north/ana")
    assert "team north: 1 of 1 have answered" in desk.opens("/desk/journeys").text
    assert "équipe north : 1 sur 1 ont répondu" in desk.opens("/desk/journeys?lang=fr").text


def test_a_country_that_is_asked_goes_by_its_name(desk: Desk) -> None:
    page = desk.opens("/desk/journeys?lang=de")
    desk.opens("/desk/journeys?lang=en").presses("Ask them now", whom="country/CO", within="30m")

    assert '<option value="country/CO">Kolumbien</option>' in page.html
    assert "Kolumbien: 0 von 1" in desk.opens("/desk/journeys?lang=de").text


@pytest.mark.parametrize("whom", ["", "team/", "team/nowhere", "network/all", "village/x"])
def test_nobody_is_asked_of_what_does_not_exist(world: World, desk: Desk, whom: str) -> None:
    refused = desk.opens("/desk/journeys").presses("Ask them now", whom=whom, within="30m")

    assert refused.status_code == 422
    assert world.rows(journeys) == []


def test_duress_in_a_roll_call_is_for_coordinators(world: World, desk: Desk, sit_down: SitDown) -> None:
    """B4: to everybody else it is as after a true PIN."""
    world.gives_pin("north/ana", duress="47990")
    desk.opens("/desk/journeys").presses("Ask them now", whom="network", within="30m")
    world.texts("+573005550001", "OK 47990")

    reads = desk.opens("/desk/journeys").text
    sees = sit_down("olga", Role.OBSERVER).opens("/desk/journeys")

    assert "north/ana under duress" in reads
    assert "duress" not in sees.html
    assert "north/ana has answered" in sees.text
