"""An answer is revoked by hand: the alarm goes on, and whoever had read that somebody takes charge hears so (A6)."""

from datetime import timedelta

import pytest

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.flows.sending.pause import pause
from alertnet.sandbox import Fault
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, COORDINATION, a_tree
from tests.scenarios.world import CAST, Incident, World, code_in, link_in

OMBUDS = "  - {name: Ombuds, notify: [ombuds], wait: 30m}\n"
SECOND = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
BOTH = COORDINATION.replace("[coordinator]", "[coordinator, second]")
TAKES_CHARGE, NO_MORE = "ombuds takes charge", "the answer of ombuds counts no more"


@pytest.fixture
def world(world_of: Worlds) -> World:
    return world_of(a_tree(BOTH + OMBUDS, CONTACTS + SECOND))


def holds_back_texts(world: World, *, minutes: float) -> None:
    """Nothing leaves for so long, as where many alerts wait for their turn."""
    until, known = world.clock.at + timedelta(minutes=minutes), world.runtime.settings.routes
    world.runtime.transact(pause, [(MethodKind.SMS, FIRST)], until, "Ines", "they lose texts", known=known)
    world.settles()


def taken_on(world: World) -> Incident:
    """The ombuds office has said that it takes charge."""
    incident = world.raises()
    world.passes(minutes=11)
    world.texts("ombuds", f"OK {code_in(world.phone('ombuds').inbox[0])}")
    assert incident.status("valley") == "acknowledged"
    return incident


def is_vouched(incident: Incident, kind: str) -> None:
    """Somebody has heard the coordinator's answer by telephone."""
    incident.act("acknowledgements", tree="valley", contact="coordinator", kind=kind, expect=201)


def reads(world: World, who: str, words: str) -> int:
    return sum(words in text for text in world.phone(who).inbox)


def revokes(world: World, incident: Incident) -> None:
    """Somebody at the console or by the API takes the answer back."""
    given = incident["acknowledgements"][0]["id"]
    world.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{given}", headers=world.headers)
    world.settles()


def test_every_coordinator_hears_that_an_answer_counts_no_more(world: World) -> None:
    """Else they sleep on, for the last that they have read is that somebody has it in hand."""
    incident = taken_on(world)
    world.passes(minutes=15)

    revokes(world, incident)

    assert incident.status("valley") == "running"
    for who in ("coordinator", "second coordinator"):
        assert (reads(world, who, TAKES_CHARGE), reads(world, who, NO_MORE)) == (1, 1)


def test_who_revokes_it_on_their_page_is_told_nothing_of_it(world: World) -> None:
    """The others are."""
    taken_on(world)
    world.passes(minutes=15)
    page = next(link_in(text) for text in world.phone("coordinator").inbox if TAKES_CHARGE in text)

    world.client.post(page, data={"answer": "revoke"})
    world.settles()

    assert (reads(world, "coordinator", NO_MORE), reads(world, "second coordinator", NO_MORE)) == (0, 1)


def test_what_has_not_left_yet_no_longer_says_that_they_take_charge(world: World) -> None:
    """A notice may wait for ten minutes, and would say by then what is no longer so."""
    incident = world.raises()
    world.passes(minutes=11)
    given = code_in(world.phone("ombuds").inbox[0])
    world.texts("ombuds", f"NO {given}")
    world.texts("ombuds", f"OK {given}")
    assert reads(world, "coordinator", TAKES_CHARGE) == 0

    standing = next(each["id"] for each in incident["acknowledgements"] if each["kind"] == "acknowledged")
    world.client.delete(f"/v1/incidents/{incident.ref}/acknowledgements/{standing}", headers=world.headers)
    world.passes(minutes=11)

    assert reads(world, "coordinator", TAKES_CHARGE) == 0
    assert reads(world, "coordinator", NO_MORE) == 1


def test_what_has_not_left_yet_says_no_more_what_its_giver_has_changed(world: World) -> None:
    """Else coordinators read that the office takes charge from whoever can't act, and "+1" behind it."""
    world.raises()
    world.passes(minutes=11)
    given = code_in(world.phone("ombuds").inbox[0])
    for answer in ("NO", "OK", "NO"):
        world.texts("ombuds", f"{answer} {given}")

    world.passes(minutes=11)

    assert reads(world, "coordinator", TAKES_CHARGE) == 0
    assert reads(world, "coordinator", "ombuds can't act") == 2


def test_a_namesake_in_another_tree_is_told_and_not_who_revokes_it(world_of: Worlds) -> None:
    """An id is unique in its tree alone: most trees call their coordinator so."""
    towns = CONTACTS.replace("+573005550101", "+573005550102")
    world = world_of(a_tree(COORDINATION + OMBUDS), a_tree(COORDINATION, towns, tree="town"))
    taken_on(world)
    world.passes(minutes=15)
    page = next(link_in(text) for text in world.phone("coordinator").inbox if TAKES_CHARGE in text)

    world.client.post(page, data={"answer": "revoke"})
    world.settles()

    assert (reads(world, "coordinator", NO_MORE), reads(world, "second coordinator", NO_MORE)) == (0, 1)


def test_whose_answer_was_revoked_reads_on_its_page_why_it_is_alerted_again(world: World) -> None:
    """A12: else it seems that its answer was lost. So do its SMS, until it has answered again."""
    incident = taken_on(world)
    assert reads(world, "ombuds", "your answer no longer counts") == 0
    revokes(world, incident)
    link = link_in(world.phone("ombuds").inbox[-1])
    assert reads(world, "ombuds", "your answer no longer counts") == 1

    assert "this answer no longer counts" in world.client.get(link).text
    again = world.client.post(link, data={"answer": "acknowledge"}).text
    assert "you take charge" in again
    assert "this answer no longer counts" not in again


def test_nobody_hears_so_once_the_incident_is_closed(world: World) -> None:
    """Nothing goes on for it any more; it stays on record."""
    incident = taken_on(world)
    incident.act("close", reason="resolved", expect=200)
    world.settles()

    revokes(world, incident)
    world.passes(minutes=15)

    assert "acknowledgement_revoked" in incident.timeline()
    assert reads(world, "coordinator", NO_MORE) == 0


def test_what_is_revoked_while_the_incident_is_closed_counts_no_more_once_it_is_open_again(world: World) -> None:
    """A6: nobody has it in hand, so the alarm goes on at once, at the phone of who never took charge as well."""
    incident = taken_on(world)
    incident.act("close", reason="released")
    rung = reads(world, "ombuds", "URGENT")

    revokes(world, incident)
    closed = (incident.status("valley"), reads(world, "ombuds", "URGENT"))
    incident.act("reopen", reason="he was taken again")

    assert closed == ("stopped", rung)
    assert incident.status("valley") == "running"
    assert reads(world, "ombuds", "URGENT") == rung + 1


@pytest.mark.parametrize("changes_its_mind", [True, False])
def test_whose_alert_was_called_off_is_told_once_nobody_has_it_in_hand(world: World, changes_its_mind: bool) -> None:
    """A2: it had not left yet when somebody took charge, and the level that it was for is open again."""
    holds_back_texts(world, minutes=3)
    incident = world.raises()
    is_vouched(incident, "acknowledged")
    world.settles()

    if changes_its_mind:
        is_vouched(incident, "declined")
    else:
        revokes(world, incident)
    world.passes(minutes=4)

    assert incident.status("valley") == "running"
    assert reads(world, "second coordinator", "URGENT") == 1
    assert reads(world, "coordinator", "URGENT") == int(not changes_its_mind)


@pytest.mark.parametrize(
    ("seconds", "is_closed_meanwhile"),
    [
        pytest.param(5, False, id="not asked yet"),
        pytest.param(5, True, id="closed before it is asked"),
        pytest.param(60, False, id="asked once"),
        pytest.param(200, True, id="given up while closed"),
    ],
)
def test_whose_alert_may_not_have_left_is_told_once_nobody_has_it_in_hand(
    world: World, seconds: int, *, is_closed_meanwhile: bool
) -> None:
    """A2, A5: the provider knows of none, also where it was asked while somebody had it in hand, or it was closed."""
    world.sandbox.misbehaves(Fault.ERROR_500, number=CAST["second coordinator"])
    incident = world.raises()
    world.settles()
    world.passes(seconds=2)
    is_vouched(incident, "acknowledged")
    world.passes(seconds=1)
    if is_closed_meanwhile:
        incident.act("close", reason="released")
    world.passes(seconds=seconds)
    if is_closed_meanwhile:
        incident.act("reopen", reason="he was taken again")
    spared = reads(world, "second coordinator", "URGENT")

    revokes(world, incident)
    world.passes(minutes=3)

    assert (spared, reads(world, "second coordinator", "URGENT")) == (0, 1)
