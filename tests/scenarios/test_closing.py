"""Who was told hears what is new and that it is over, and nobody else; after that there is silence (A4, A9)."""

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.sandbox import Fault
from alertnet.worker.due_work import Search, perform
from alertnet.worker.sender import Sending
from alertnet.worker.service import POOLS, strides
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import reports, tries
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import ARREST, CAST, Incident, World, code_in, link_in, spoken_code_in
from tests.support.channels import Meanwhile

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


def test_a_call_that_was_answered_without_a_code_may_have_been_heard(valley: World) -> None:
    """A voicemail plays the reference later on, to whoever then hears that it is over."""
    incident = valley.raises()
    valley.phone(MAYOR).behaves("voicemail")
    valley.passes(minutes=11)

    incident.act("close", reason="released")

    assert tries(incident, "mayor", "call")[0].failure == "no_code"
    assert ("mayor", "call") in incident.told("stand_down")


def test_a_coordinator_who_had_an_alarm_alone_hears_that_it_is_over(world_of: Worlds) -> None:
    """The second coordinator stands in no level: it was rung when nobody acted, and must not go on."""
    second = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
    world = world_of(a_tree(COORDINATION, CONTACTS + second, rest="rounds: 1"))
    incident = world.raises()
    before = incident.told("alarm")
    world.passes(minutes=11)
    rung = incident.told("alarm")

    incident.act("close", reason="released")

    assert ("second", "sms") not in before
    assert ("second", "sms") in rung
    assert incident.told("alert").count(("second", "sms")) == 0
    assert ("second", "sms") in incident.told("stand_down")


def test_news_goes_to_those_who_were_alerted_alone(valley: World) -> None:
    """An alarm rings coordinators for themselves; the head office, which had none, hears no news either."""
    incident = valley.raises()
    the_mayor_declines(valley)

    incident.act("updates", text="They were seen at the northern post")

    assert {who for who, _ in incident.told("update")} == {"coordinator", "mayor", "ombuds"}


def test_whoever_a_coordinator_reached_by_telephone_first_hears_news_and_all_clear_too(valley: World) -> None:
    """It takes charge before its level opens, so nothing alerts it: it would act on what is long over."""
    incident = valley.raises()
    incident.act("acknowledgements", expect=201, tree="valley", contact="defenders", kind="acknowledged")

    incident.act("updates", text="seen at the barracks")
    incident.act("close", reason="released")

    assert sorted(incident.told("update")) == [("coordinator", "sms"), ("defenders", "sms")]
    assert sorted(incident.told("stand_down")) == [("coordinator", "sms"), ("defenders", "sms")]


def test_a_false_alarm_is_corrected(valley: World) -> None:
    """Whoever was alarmed for nothing hears so."""
    incident = valley.raises()

    incident.act("close", reason="false_alarm")

    assert incident.told("correction") == [("coordinator", "sms")]
    assert incident.told("stand_down") == []


# What is on its way


class Killed(BaseException):
    """The process is dead from here on."""


def dies() -> None:
    """Nothing is written down any more."""
    raise Killed


def closes_on_its_way(world: World, incident: Incident) -> None:
    """The next SMS is with the provider when the incident is closed, and its answer not yet with us."""
    outlet = world.runtime.outlets[MethodKind.SMS, FIRST]
    closes = cache(lambda: closed(world, incident))
    channel = Meanwhile(outlet.channel, before=closes)
    world.runtime.outlets[MethodKind.SMS, FIRST] = replace(outlet, channel=channel)


def closed(world: World, incident: Incident) -> None:
    """The incident is closed, and nothing follows from it yet."""
    answer = world.client.post(
        f"/v1/incidents/{incident.ref}/close", json={"reason": "released"}, headers=world.headers
    )
    assert answer.status_code == 200, answer.text


def test_what_is_on_its_way_when_it_is_closed_is_followed_by_the_stand_down(valley: World) -> None:
    """B5: whoever may have been told is told, and after the alert, not before it."""
    incident = reports(valley)
    closes_on_its_way(valley, incident)

    valley.settles()

    alert, stand_down = valley.phone("coordinator").inbox
    assert ("URGENT" in alert, "closed" in stand_down) == (True, True)
    assert incident.told("stand_down") == [("coordinator", "sms")]


def test_what_did_not_leave_after_all_is_followed_by_nothing(valley: World) -> None:
    """Whoever certainly heard nothing would wonder what is over."""
    incident = reports(valley)
    closes_on_its_way(valley, incident)
    valley.sandbox.misbehaves(Fault.ERROR_429, number=CAST["coordinator"])

    valley.settles()
    valley.passes(minutes=5)

    assert [each.status for each in tries(incident, "coordinator", "sms")] == ["cancelled"]
    assert (incident.told("stand_down"), valley.phone("coordinator").inbox) == ([], [])


def test_what_was_withheld_is_followed_by_nothing(valley: World) -> None:
    """Claimed, but closed before the first byte left."""
    incident = reports(valley)
    jobs = list(Search(Sending(valley.runtime), strides(POOLS, 16), frozenset()).jobs())
    closed(valley, incident)

    for job in jobs:
        perform(job)
    valley.passes(minutes=5)

    assert len(jobs) == 1
    assert [each.status for each in tries(incident, "coordinator", "sms")] == ["cancelled"]
    assert (incident.told("stand_down"), valley.phone("coordinator").inbox) == ([], [])


@pytest.mark.parametrize("is_found", [True, False])
def test_an_outcome_that_is_unknown_at_the_close_may_have_been_heard(valley: World, is_found: bool) -> None:
    """B5: the stand-down goes at once, once; and it is still found out what became of the alert (A5)."""
    valley.sandbox.misbehaves(Fault.LOSE_ANSWER, number=CAST["coordinator"])
    valley.sandbox.misbehaves(Fault.CALL_BACK_NEVER, number=CAST["coordinator"])
    if not is_found:
        valley.sandbox.misbehaves(Fault.LIST_LATE, number=CAST["coordinator"], delay=timedelta(hours=1))
    incident = valley.raises()

    incident.act("close", reason="released")
    at_once = incident.told("stand_down")
    valley.passes(minutes=5)

    (attempt,) = tries(incident, "coordinator", "sms")
    assert (attempt.status, attempt.failure) == (("delivered", None) if is_found else ("cancelled", "outcome_unknown"))
    assert at_once == incident.told("stand_down") == [("coordinator", "sms")]


def test_an_answer_that_was_lost_while_it_was_closed_may_have_been_heard(valley: World) -> None:
    """B5: as soon as nobody can say any more that it surely has not left."""
    incident = reports(valley)
    closes_on_its_way(valley, incident)
    valley.sandbox.misbehaves(Fault.LOSE_ANSWER, number=CAST["coordinator"])
    valley.sandbox.misbehaves(Fault.CALL_BACK_NEVER, number=CAST["coordinator"])

    valley.settles()

    assert incident.told("stand_down") == [("coordinator", "sms")]


def test_whoever_was_to_send_may_die_over_it(valley: World) -> None:
    """A5: when his lease is over the provider is asked, and the stand-down follows."""
    valley.sandbox.misbehaves(Fault.CALL_BACK_NEVER, number=CAST["coordinator"])
    incident = reports(valley)
    outlet = valley.runtime.outlets[MethodKind.SMS, FIRST]
    dying = Meanwhile(outlet.channel, before=lambda: closed(valley, incident), after=dies)
    valley.runtime.outlets[MethodKind.SMS, FIRST] = replace(outlet, channel=dying)
    with pytest.raises(Killed):
        valley.settles()
    valley.runtime.outlets[MethodKind.SMS, FIRST] = outlet
    before = incident.told("stand_down")

    valley.passes(seconds=31)

    assert (before, incident.told("stand_down")) == ([], [("coordinator", "sms")])


def test_what_an_acknowledgement_cancelled_on_its_way_is_remembered_at_the_close(valley: World) -> None:
    """B5: the ombuds office was told, though somebody had it already; it is stood down hours later."""
    incident = valley.raises()
    outlet = valley.runtime.outlets[MethodKind.SMS, FIRST]

    @cache
    def vouches() -> None:
        body = {"tree": "valley", "contact": "mayor", "kind": "acknowledged"}
        valley.client.post(f"/v1/incidents/{incident.ref}/acknowledgements", json=body, headers=valley.headers)

    valley.runtime.outlets[MethodKind.SMS, FIRST] = replace(outlet, channel=Meanwhile(outlet.channel, before=vouches))
    valley.passes(minutes=60)

    incident.act("close", reason="released")

    assert ("ombuds", "sms") in incident.told("stand_down")
    assert any("URGENT" in text for text in valley.phone("ombuds").inbox)


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

    reply = valley.reply_to("coordinator", f"OK {code}")

    assert "closed" in reply
    assert incident.answers() == []


@pytest.mark.parametrize("words", ["DONE {} they took her again", "{} they took her again"])
def test_words_after_an_old_code_reach_people(valley: World, words: str) -> None:
    """A12: a day after the close the code answers nothing any more, and what stands beside it may be an alarm."""
    incident = valley.raises()
    valley.passes(minutes=10)
    code = code_in(valley.phone("ombuds").inbox[0])
    incident.act("close", reason="released")
    valley.passes(hours=24)
    before = len(valley.phone("coordinator").inbox)

    reply = valley.reply_to("ombuds", words.format(code))

    assert "coordinator" in reply
    assert any("read the message from ombuds" in text for text in valley.phone("coordinator").inbox[before:])
    assert incident.answers() == []


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
