"""Who was told hears what is new and that it is over, and nobody else; after that there is silence (A4, A9)."""

from typing import Any

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import ARREST, World, code_in, link_in, spoken_code_in

CONTACTS = """
  coordinator:
    role: coordinator
    organisation: Valley
    methods: [{sms: "+573005550101"}, {email: duty@valley.example, after: 20m}]
  ombuds: {role: ombuds, organisation: Ombuds office, methods: [{sms: "+573005550120"}]}
  mayor: {role: authority, organisation: Mayor, methods: [{call: "+576045550110"}]}
  defenders: {role: ngo, organisation: Defenders, methods: [{sms: "+573005550130"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
LEVELS = """
  - {name: Ombuds, notify: [ombuds, mayor], wait: 30m, repeat: {every: 5m, times: 5}}
  - {name: Friends, notify: [defenders], wait: 30m}
"""
MAYOR = "+576045550110"
EVERYBODY = ("coordinator", "ombuds", "defenders", "head office", MAYOR)


@pytest.fixture
def valley(world_of: Worlds) -> World:
    """The coordinator, then ombuds office and mayor, then the defenders."""
    return world_of(a_tree(COORDINATION + LEVELS, CONTACTS, rest="unknown_perpetrator: proceed"))


def heard(world: World) -> dict[str, int]:
    """How many texts and calls each of them has had so far."""
    return {who: len(world.phone(who).inbox) + len(world.phone(who).calls) for who in EVERYBODY}


def the_mayor_declines(world: World) -> None:
    """After ten minutes, by telephone."""
    world.passes(minutes=10)
    call = world.phone(MAYOR).answers()
    call.press(spoken_code_in(call.words)).press("3")
    world.settles()


def test_closing_tells_exactly_those_who_were_told(valley: World) -> None:
    """Nobody whose level had not come, and each by a way by which it was told."""
    incident = valley.raises()
    the_mayor_declines(valley)

    incident.act("close", reason="released")

    assert sorted(incident.told("stand_down")) == [("coordinator", "sms"), ("mayor", "call"), ("ombuds", "sms")]
    assert valley.phone("defenders").inbox == valley.phone("head office").inbox == []
    assert "closed" in valley.phone("ombuds").inbox[-1]
    assert incident["status"] == "closed"
    assert incident.status("valley") == "stopped"


def test_a_call_that_nobody_answered_has_told_nothing(valley: World) -> None:
    """Whoever hears of it first when it is over would wonder."""
    incident = valley.raises()
    valley.passes(minutes=11)

    incident.act("close", reason="released")

    assert valley.phone(MAYOR).calls != []
    assert sorted(incident.told("stand_down")) == [("coordinator", "sms"), ("ombuds", "sms")]


def test_a_false_alarm_is_corrected(valley: World) -> None:
    """Whoever was alarmed for nothing hears so."""
    incident = valley.raises()

    incident.act("close", reason="false_alarm")

    assert incident.told("correction") == [("coordinator", "sms")]
    assert incident.told("stand_down") == []


def test_nothing_leaves_after_closing(valley: World) -> None:
    """A4: no alert, no reminder, no alarm, in none of the rounds that would have come."""
    incident = valley.raises()
    valley.passes(minutes=11)
    incident.act("close", reason="released")
    valley.passes(minutes=1)
    before = heard(valley)

    valley.passes(hours=6)

    assert heard(valley) == before


def test_what_rings_is_hung_up_when_it_is_closed(valley: World) -> None:
    """A4."""
    incident = valley.raises()
    valley.passes(minutes=10)
    assert valley.phone(MAYOR).ringing

    incident.act("close", reason="released")

    assert valley.phone(MAYOR).calls[0].status == "canceled"


def test_an_answer_after_closing_hears_that_it_is_over(valley: World) -> None:
    """Not dropped, not counted (A12)."""
    incident = valley.raises()
    code = code_in(valley.phone("coordinator").inbox[0])
    incident.act("close", reason="released")

    reply = valley.texts("coordinator", f"OK {code}")

    assert reply is not None
    assert "closed" in reply
    assert incident.answers() == []


def test_reopened_it_goes_on_where_it_stood(valley: World) -> None:
    """Design B3: reopening restores; who had answered is not told again."""
    incident = valley.raises()
    valley.passes(minutes=11)
    incident.act("close", reason="released")
    valley.passes(minutes=60)

    incident.act("reopen", reason="He was taken again")

    assert incident["status"] == "open"
    assert (incident.status("valley"), incident.level("valley")) == ("running", "Friends")
    assert len(valley.phone("defenders").inbox) == 1


def test_an_answered_incident_that_is_reopened_stays_answered(valley: World) -> None:
    """Its acknowledgement was not taken back."""
    incident = valley.raises()
    valley.passes(minutes=10)
    valley.texts("ombuds", code_in(valley.phone("ombuds").inbox[0]))
    incident.act("close", reason="released")
    before = heard(valley)

    incident.act("reopen", reason="By mistake")
    valley.passes(hours=1)

    assert incident.status("valley") == "acknowledged"
    assert heard(valley) == before


def test_news_reaches_exactly_those_who_were_told(valley: World) -> None:
    """B5: without a word of it; the page of those who may read it has the text."""
    incident = valley.raises()
    the_mayor_declines(valley)

    incident.act("updates", text="Maria Secreta was moved")

    assert sorted(incident.told("update")) == [("coordinator", "sms"), ("mayor", "call"), ("ombuds", "sms")]
    assert "Secreta" not in "".join(text for who in EVERYBODY for text in valley.phone(who).inbox)


def test_a_closed_incident_takes_no_news(valley: World) -> None:
    """B5: 409 with the current state."""
    incident = valley.raises()
    incident.act("close", reason="released")

    problem = incident.act("updates", text="He is back", expect=409)

    assert "closed" in str(problem)


def test_the_link_says_that_it_is_over(valley: World) -> None:
    """B4: an answer can be changed while the incident is open."""
    incident = valley.raises()
    link = link_in(valley.phone("coordinator").inbox[0])
    incident.act("close", reason="released")

    assert "closed" in valley.client.get(link).text
    assert valley.client.post(link, data={"answer": "acknowledge"}).status_code == 409


def test_the_same_idempotency_key_gives_the_same_incident(valley: World) -> None:
    """A1: one effect, one answer; another body with it is refused."""
    headers = {**valley.headers, "Idempotency-Key": "sos-1"}

    def report(**body: Any) -> Any:
        return valley.client.post("/v1/incidents", json={**ARREST, **body}, headers=headers)

    first, second = report(), report()
    valley.settles()

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["ref"] == second.json()["ref"]
    assert first.headers["Location"] == second.headers["Location"]
    assert len(valley.phone("coordinator").inbox) == 1
    assert report(type="raid").status_code == 422
