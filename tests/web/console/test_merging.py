"""Two reports of one event on the console: suggested, merged, split, each said before it is done."""

import pytest

from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials.users import Role
from alertnet.store.views import incident_list
from tests.web.console.conftest import SitDown
from tests.web.console.desk import Desk
from tests.web.world import World


@pytest.fixture
def refs(world: World) -> tuple[str, str]:
    """Two incidents, the first of which is perhaps what the second is about."""
    world.raises()
    first = world.ref()
    world.raises()
    return first, world.ref()


def status(world: World, ref: str) -> str:
    """How the incident of that reference itself stands."""
    found = world.runtime.read(lambda tx: incident_list.page(tx.session, None, None, 50))
    return next(each.status.value for each in found if each.ref == ref)


def test_what_a_merging_would_do_is_said_before_it_is_done(world: World, desk: Desk, refs: tuple[str, str]) -> None:
    first, second = refs
    assert "It is the same event as another" in desk.opens(f"/desk/incidents/{second}").text

    page = desk.opens(f"/desk/incidents/{second}/merge?into={first.lower().replace('-', '')}")

    assert f"One incident goes on for both: {first}" in page.text
    assert "Whoever was told of one is not told again" in page.text
    assert "consent: international" in page.text
    assert status(world, second) == "open"


def test_what_may_be_the_same_event_leads_to_it(world: World, desk: Desk, refs: tuple[str, str]) -> None:
    """On the board and on the page: nobody types a reference at night to compare two reports."""
    first, second = refs
    world.runtime.transact(_suspects, world.incident, first)

    pages = [desk.opens("/desk").html, desk.opens(f"/desk/incidents/{second}").html]

    led = f'may be the same event as <a href="/desk/incidents/{first}">{first}</a>, &lt;b&gt;'
    assert [page.count(led) for page in pages] == [1, 1]


def _suspects(tx: Tx, incident: str, ref: str) -> None:
    locked = take_up(tx, incident)
    locked.warn(f"may be the same event as {ref}, <b>")
    locked.finish()


def test_the_other_incident_is_chosen_from_those_that_are_open(world: World, desk: Desk, refs: tuple[str, str]) -> None:
    """Nobody in the street remembers a reference from another page. A drill is no event like it."""
    first, second = refs
    world.raises(drill=True)

    offered = (
        desk.opens(f"/desk/incidents/{second}").html.split('<datalist id="merge-others">')[1].split("</datalist>")[0]
    )

    assert f'<option value="{first}">arrest, since ' in offered
    assert offered.count("<option") == 1


def test_who_would_hear_nothing_more_is_called_by_name(world: World, desk: Desk, refs: tuple[str, str]) -> None:
    """Whom one of the two spares, the whole spares."""
    first, second = refs
    desk.opens(f"/desk/incidents/{second}").presses("Spare them", contacts="dave")

    page = desk.opens(f"/desk/incidents/{second}/merge?into={first}")

    assert "Would hear nothing more: Mountain post Merge the two" in page.text


def test_two_are_merged_and_split_again(world: World, desk: Desk, refs: tuple[str, str]) -> None:
    first, second = refs

    merged = desk.opens(f"/desk/incidents/{second}/merge?into={first}").presses("Merge the two")

    assert (merged.status_code, merged.headers["Location"]) == (303, f"/desk/incidents/{first}?done=merge")
    assert status(world, second) == "closed"
    whole = desk.opens(f"/desk/incidents/{second}").text
    assert f"Take out again: {second}" in whole
    assert f"{second} is part of it from now on" in whole

    split = desk.opens(f"/desk/incidents/{first}/split?report={second}").presses("Take it out again")

    assert split.headers["Location"] == f"/desk/incidents/{first}?done=split"
    assert (status(world, first), status(world, second)) == ("open", "open")
    assert "is an incident of its own again" in desk.opens(f"/desk/incidents/{first}").text


def test_an_incident_is_not_merged_into_itself(desk: Desk, refs: tuple[str, str]) -> None:
    """The reference of the page, typed where the other's belongs, was shown as a merge and told as done."""
    first, second = refs

    foreseen = desk.browser.get(f"/desk/incidents/{first}/merge?into={first.lower()}")
    pressed = desk.opens(f"/desk/incidents/{first}/merge?into={second}").form("Merge the two").fields | {"into": first}
    done = desk.posts(f"/desk/incidents/{first}/merge", pressed)

    for refused in (foreseen, done):
        assert (refused.status_code, "the reference of another incident" in refused.text) == (422, True)


def test_what_was_split_again_can_be_read(world: World, desk: Desk) -> None:
    """A question that ended with the merge was answered by nobody: that is no part that is lost (A11)."""
    refs = []
    for _ in range(2):
        world.raises(verified=False)
        refs.append(world.ref())
    first, second = refs
    desk.opens(f"/desk/incidents/{second}/merge?into={first}").presses("Merge the two")
    desk.opens(f"/desk/incidents/{first}/split?report={second}").presses("Take it out again")

    board = desk.opens("/desk").text

    assert f"Is {second} genuine?" in board
    assert "can't be read" not in board


def test_an_observer_sees_it_and_merges_nothing(world: World, sit_down: SitDown, refs: tuple[str, str]) -> None:
    first, second = refs
    observer = sit_down("olga", Role.OBSERVER)

    page = observer.opens(f"/desk/incidents/{second}/merge?into={first}")

    assert "Merge the two" not in page.text
    assert "Back, nothing is done" in page.text
    proof = observer.opens("/desk/account").form("Sign out").fields["proof"]
    refused = observer.posts(f"/desk/incidents/{second}/merge", {"into": first, "proof": proof, "seen": "x"})
    assert refused.status_code == 403
    assert status(world, second) == "open"
