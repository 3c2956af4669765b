"""Raising at the console: who will be told is seen before, and it is raised once."""

import re
from pathlib import Path

import pytest

from alertnet.core.escalation.context import LAST_RESORT_NAME
from alertnet.core.incident import Facts, Scope, Severity
from alertnet.flows.forecast.ahead import foretell
from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import incidents, notifications
from alertnet.trees import read_network
from tests.support.html import Elements
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk, Form
from tests.web.world import NOW, ROOT, TEAMS, TREE, World, world_in

ARREST = {"type": "arrest", "country": "CO", "consent": "international", "people": "P7", "summary": "At the bridge"}


def previewed(desk: Desk, **fields: str) -> tuple[str, Form]:
    """What the preview says, and the form to raise it."""
    answer = desk.opens("/desk/raise").presses("See who will be told", **ARREST | fields)
    assert answer.status_code == 200, answer.text
    page = type(desk.opens("/desk"))(desk, "/desk/raise", answer.text)
    return page.text, Form(page, "/desk/raise", {**ARREST, **fields, **page.form("Raise the alarm").fields})


def test_who_will_be_told_is_seen_before_anything_is_raised(world: World, desk: Desk) -> None:
    text, _ = previewed(desk)

    assert "at once Valley, Friends, Amis, Mountain post Friends, Valley network" in text
    assert world.rows(incidents) == []
    assert world.rows(notifications) == []


@pytest.mark.parametrize(
    ("path", "button", "act"),
    [("/desk/raise", "See who will be told", "raise"), ("/desk/drills/new", "See who takes part", "go")],
)
def test_the_enter_key_in_a_field_raises_nothing(desk: Desk, path: str, button: str, act: str) -> None:
    """It presses a form's first button, and who presses it in a line may not have filled in the next.

    Before 16.4 Safari passes over one that is not laid out.
    """
    seen = Elements(desk.opens(path).presses(button, **ARREST).text)

    steps = [each for each in seen.all("button") if each.get("name") == "step"]
    assert [each["value"] for each in steps] == ["preview", act, "preview"]
    assert not any("hidden" in each for each in steps)


def test_a_code_that_the_teams_file_does_not_know_is_said_before_it_is_raised(tmp_path: Path) -> None:
    """A slip in a code raises for somebody whose nationality and consent nobody knows."""
    with world_in(tmp_path, teams=f"{TEAMS}people: {{P7: {{kind: accompanier, nationality: ES}}}}\n") as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()

        known, _ = previewed(desk)
        slipped, _ = previewed(desk, people="P7 P77")

    assert "neither nationality nor consent is known: P77" in slipped
    assert "neither nationality nor consent is known" not in known


@pytest.mark.parametrize("typed", ["p7, M9", "P7;m9", "P7 ,  M9,"])
def test_codes_are_known_in_any_letters_and_with_commas_between_them(tmp_path: Path, typed: str) -> None:
    """A3: somebody else's narrower consent counts, however hurried whoever types it is."""
    people = "{P7: {kind: accompanier, nationality: ES}, M9: {kind: defender, consent: national}}"
    with world_in(tmp_path, teams=f"{TEAMS}people: {people}\n") as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()

        _, form = previewed(desk, people=typed)
        form.sent()

        [incident] = world.rows(incidents)
    assert [(each["code"], each["consent"]) for each in incident.facts["people"]] == [("P7", None), ("M9", "national")]


def test_a_level_is_foretold_under_the_tree_that_it_is_of() -> None:
    """Also where those whom it tells are told for another tree as well, as coordinators are."""
    network = read_network(ROOT / "contact_trees")
    arrest = Facts("arrest", Severity.CRITICAL, "CO", consent=Scope.INTERNATIONAL)

    told = foretell(network, arrest, NOW).levels

    own = {(tree.title, level.name) for tree in network.trees.values() for level in tree.levels}
    own |= {(tree.title, LAST_RESORT_NAME) for tree in network.trees.values()}
    assert {(each.title.common, each.level) for each in told} - own == set()
    assert len({each.title.common for each in told}) == 2


def test_those_whom_a_coordinator_is_to_phone_are_foretold_and_that_it_takes_a_go() -> None:
    """Else a level of them alone is not shown at all, nor that whatever follows it waits for that go."""
    network = read_network(ROOT / "contact_trees")
    raid = Facts("raid", Severity.SERIOUS, "CO", consent=Scope.INTERNATIONAL)

    told = foretell(network, raid, NOW).levels

    [authorities] = [each for each in told if each.level == "Authorities on the ground"]
    assert ("5th Brigade" in authorities.names, authorities.waits) == (True, True)


def test_what_is_named_neutrally_to_others_is_told_apart_by_who_raises(desk: Desk) -> None:
    """Two types share the name that an SMS may carry (A9); the country goes by its name too."""
    html = desk.opens("/desk/raise").html

    [types] = re.findall(r'<select id="type".*?</select>', html, re.DOTALL)
    names = re.findall(r"<option[^>]*>([^<]+)</option>", types)
    assert {"serious assault (torture)", "serious assault (sexual violence)", "arrest"} <= {*names}
    assert len(names) == len({*names})
    assert "selected>Colombia</option>" in html


def test_it_is_raised_by_a_person_once(world: World, desk: Desk) -> None:
    """The line breaks, and the browser sends it again: one incident (A1)."""
    _, form = previewed(desk)

    first, again = form.sent(), form.sent()

    [incident] = world.rows(incidents)
    assert first.headers["Location"] == f"/desk/incidents/{incident.ref}?done=raise"
    assert (again.status_code, incident.ref in again.text) == (409, True)
    assert {row.contact for row in world.rows(notifications)} >= {"alice", "bob", "carol", "dave"}
    assert "maria raises the alarm: arrest" in desk.opens(f"/desk/incidents/{incident.ref}").text


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"type": "picnic"}, "type: "),
        ({"country": "Atlantis"}, "country: "),
        ({"team": "nobody"}, "team: "),
        ({"exclude": "everybody"}, "exclude: "),
        ({"consent": "wide"}, "consent: "),
        ({"place": "x" * 501}, "place: "),
    ],
)
@pytest.mark.parametrize("step", ["preview", "raise"])
def test_what_cannot_be_is_said_above_what_was_filled_in(
    world: World, desk: Desk, step: str, fields: dict[str, str], named: str
) -> None:
    form = desk.opens("/desk/raise").form("See who will be told")

    refused = form.sent(**{**ARREST, "details": "Kept as it was typed", **fields, "step": step})

    assert refused.status_code == 422
    assert f"Nothing was raised yet. {named}" in refused.text
    assert "Kept as it was typed" in refused.text
    assert world.rows(incidents) == []


def test_whom_to_spare_is_chosen_by_name(world: World, desk: Desk) -> None:
    """A3: nobody knows ids by heart at night, and an organisation's name may have spaces."""
    html = desk.opens("/desk/raise").html
    assert {("carol", "Amis"), ("dave", "Mountain post")} <= {
        *re.findall(r'name="exclude" value="(.*?)"> <span>([^<]+?) <', html)
    }

    text, form = previewed(desk, exclude="carol")
    form.sent()

    assert "at once Valley, Friends, Mountain post Friends, Valley network" in text
    assert {row.contact for row in world.rows(notifications)} == {"alice", "bob", "dave"}


def test_an_observer_raises_nothing(world: World, sit_down: SitDown, desk: Desk) -> None:
    _, form = previewed(desk)
    observer = sit_down("olga", Role.OBSERVER)
    assert "Whoever observes" in observer.opens("/desk/raise").text

    proof = observer.opens("/desk/account").form("Sign out").fields["proof"]

    assert observer.posts("/desk/raise", {**form.fields, "proof": proof}).status_code == 403
    assert world.rows(incidents) == []
    assert form.sent().status_code == 303


def test_an_alarm_may_come_from_any_country_where_a_tree_serves_everywhere(tmp_path: Path) -> None:
    """Those that trees and teams name come first, and one alone is chosen already."""
    with world_in(tmp_path, tree=TREE.replace("countries: [CO]", 'countries: [CO, "*"]')) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()

        options = Elements(desk.opens("/desk/raise?lang=fr").html).all("option")
        desk.opens("/desk/raise?lang=en")
        text, _ = previewed(desk, country="NE")

    values = [each["value"] for each in options]
    at = values.index("CO")
    assert values[at : at + 4] == ["CO", "AF", "ZA", "AL"]
    assert "selected" in options[at]
    assert "Valley, Friends, Amis" in text


@pytest.mark.parametrize(("language", "title"), [("es", "Dar la alarma"), ("de", "Alarm auslösen")])
def test_the_pages_speak_the_language_that_is_asked_for(desk: Desk, language: str, title: str) -> None:
    """It is remembered."""
    assert f"<h1>{title}</h1>" in desk.opens(f"/desk/raise?lang={language}").html
    assert f'<html lang="{language}">' in desk.opens("/desk").html
