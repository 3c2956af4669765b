"""The one field: a reference, a name or a code, and every act on it; without script it is a page."""

import re
from pathlib import Path

import pytest
from sqlalchemy import event

from alertnet.store.records.credentials.users import Role
from alertnet.store.tables import incidents
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.console.test_incident import a_text, recorded, ref, sheet
from tests.web.world import TREE, World, world_in

__all__ = ["ref"]


def acts(desk: Desk, asked: str) -> dict[str, str]:
    """What is offered for that, by its words, with where it leads."""
    answer = desk.browser.get("/desk/find", params={"q": asked})
    assert answer.status_code == 200
    found = re.findall(r'<a href="([^"]+)" data-key="\w"><kbd>\w</kbd> ([^<]+)</a>', answer.text)
    return {name: path.replace("&amp;", "&") for path, name in found}


def test_a_reference_offers_every_act_on_its_incident_and_each_unfolds(world: World, desk: Desk, ref: str) -> None:
    """Typed in small letters, without the hyphen, or only begun."""
    offered = acts(desk, ref)
    folded = set(re.findall(r'<details class="card" id="do-([a-z-]+)"><summary>([^<]+)', sheet(desk, ref).html))

    assert {(path.partition("#do-")[2], name) for name, path in offered.items()} == {*folded, ("", "Look")}
    assert acts(desk, ref.lower().replace("-", "")) == acts(desk, ref[:3]) == offered
    unfolded = desk.opens(offered["Somebody has answered me"].partition("#")[0])
    assert '<details class="card" id="do-vouch" open>' in unfolded.html


def test_what_is_closed_can_be_opened_again(world: World, desk: Desk, ref: str) -> None:
    world.closes()

    assert list(acts(desk, ref)) == ["Look", "It is not over after all"]


def test_a_text_offers_what_can_be_decided_on_it(world: World, desk: Desk) -> None:
    offered = acts(desk, a_text(world))

    decisions = ["Make an incident of the text", "Join it to an incident", "It is no incident"]
    assert list(offered) == ["Look", *decisions]
    assert "No incident is open." in desk.opens(offered["Join it to an incident"].partition("#")[0]).text


def test_a_contact_offers_what_it_may_have_said_in_each_open_incident(world: World, desk: Desk, ref: str) -> None:
    """The form comes with it chosen; of who was told of nothing there is its place in the tree alone."""
    offered = acts(desk, "friends")

    told = {f"Somebody has answered me ({ref})", f"Somebody has done something ({ref})"}
    assert set(offered) == {*told, "The trees"}
    page = desk.opens(offered[f"Somebody has answered me ({ref})"].partition("#")[0])
    assert '<option value="valley/bob" selected>' in page.html
    assert acts(desk, "desk") == {"The trees": "/desk/trees/valley#contact-desk"}


def test_many_who_go_by_a_name_cost_no_more_than_a_few(tmp_path: Path) -> None:
    """Each incident is looked at once, and nobody who is not shown is looked for: of 800 offices that took 3,200."""
    posts = "".join(
        f'  post-{each}: {{role: ngo, organisation: Post {each}, methods: [{{call: "+5730055509{each}"}}]}}\n'
        for each in range(10, 50)
    )
    told = ", ".join(f"post-{each}" for each in range(10, 50))
    tree = TREE.replace("  desk:", f"{posts}  desk:").replace("carol, dave]", f"carol, dave, {told}]")
    with world_in(tmp_path, tree=tree) as world:
        desk, asked = Desk.of(world, "maria", Role.COORDINATOR), list[object]()
        desk.signs_in()
        world.raises()
        acts(desk, "post-10")
        event.listen(world.runtime.engine, "before_cursor_execute", lambda *which: asked.append(which[2]))

        assert len(acts(desk, "post-10")) == 3
        alone = len(asked)
        answer = desk.browser.get("/desk/find", params={"q": "post"})

        assert answer.text.count("Somebody has answered me") == 6
        assert len(asked) - alone == alone


def test_a_team_and_a_member_of_it_lead_to_an_alarm_for_the_team(desk: Desk) -> None:
    assert acts(desk, "north") == acts(desk, "ana")
    form = desk.opens(acts(desk, "north")["Raise an alarm"])

    assert '<option value="north" selected>' in form.html
    assert '<option value="CO" selected>' in form.html


@pytest.mark.parametrize("asked", ["bogota", "Embassy Spain", "BOGOTÁ embassy"])
def test_a_contact_is_found_without_accents_and_by_any_words_of_its_name(tmp_path: Path, asked: str) -> None:
    tree = TREE.replace("Mountain post", "Embassy of Spain in Bogotá")
    with world_in(tmp_path, tree=tree) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()

        assert "Embassy of Spain in Bogotá" in desk.opens(f"/desk/find?q={asked}").text
        assert "Embassy of Spain" not in desk.opens("/desk/find?q=Embassy of Peru").text


def test_who_observes_finds_incidents_alone(world: World, sit_down: SitDown, ref: str) -> None:
    observer = sit_down("olga", Role.OBSERVER)

    assert acts(observer, ref) == {"Look": f"/desk/incidents/{ref}"}
    assert acts(observer, "friends") == {}


@pytest.mark.parametrize("asked", ["nobody at all", "nobody\0", "<script>", "%", "X-0000", "x" * 500])
def test_what_nothing_goes_by_is_said(desk: Desk, asked: str) -> None:
    assert "Nothing goes by that." in desk.browser.get("/desk/find", params={"q": asked}).text
    assert acts(desk, asked) == {}
    assert acts(desk, "north") != {}


@pytest.mark.postgres
def test_what_no_keyboard_types_finds_nothing_on_postgresql_either(tmp_path: Path, postgres: str) -> None:
    """Its driver takes no NUL."""
    with world_in(tmp_path, ALERTNET_DATABASE_URL=postgres) as world:
        desk = Desk.of(world, "maria", Role.COORDINATOR)
        desk.signs_in()

        assert [acts(desk, asked) for asked in ("\0", "A-\0")] == [{}, {}]
        assert acts(desk, "nor\0th") == acts(desk, "north") != {}


def test_a_text_is_joined_to_an_incident_from_its_page(world: World, desk: Desk) -> None:
    """A12: its words stand there, and the person who joined it on the record; it is one text, once."""
    text = a_text(world)
    world.raises()
    into = world.ref()
    form = sheet(desk, text).form("Join it")

    first, again = form.sent(into=into), form.sent(into=into)

    assert (first.headers["Location"], again.status_code) == (f"/desk/incidents/{into}?done=join-text", 409)
    assert "in front of the house again" in sheet(desk, into).text
    assert recorded(world, "sms_received")[0]["joined_by"] == "user maria"
    assert {row.ref: row.status for row in world.rows(incidents)} == {text: "closed", into: "open"}


def test_a_text_is_joined_to_nothing_that_is_not_open(world: World, desk: Desk) -> None:
    text = a_text(world)
    world.raises()
    into = world.ref()
    form = sheet(desk, text).form("Join it")
    world.closes()

    assert [form.sent(into=each).status_code for each in (into, text, "X-0000", "")] == [409, 409, 404, 404]
    assert {row.ref: row.status for row in world.rows(incidents)} == {text: "open", into: "closed"}
