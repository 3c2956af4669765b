"""What waits for a coordinator's word: how it is asked, by which ways it is answered, and what silence does (B3)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.conftest import Worlds
from tests.scenarios.test_caught_up import texts_unheard
from tests.scenarios.valley import a_tree
from tests.scenarios.world import Incident, World, code_in, decision_code_in, link_in, spoken_code_in
from tests.support.rows import in_long

CONTACTS = """
  coordinator:
    role: coordinator
    organisation: Valley
    methods: [{sms: "+573005550101"}, {call: "+573005550101", after: 20m}]
  police: {role: authority, organisation: National Police, methods: [{sms: "+576015550112"}]}
  spain: {role: embassy, represents: ES, scope: national, organisation: Spain, methods: [{sms: "+34600550140"}]}
  defenders: {role: ngo, organisation: Defenders, methods: [{sms: "+573005550130"}]}
  desk: {role: ngo, organisation: Head office, methods: [{sms: "+32470550101"}]}
"""
COORDINATION = "  - {name: Coordination, notify: [coordinator], wait: 5m}\n"
POLICE = """
  - name: Police
    needs_go: {unless_severity: [critical], proceed_after: 30m}
    notify: [police]
    wait: 10m
"""
FRIENDS = "  - {name: Friends, notify: [defenders], wait: 10m}\n"
SERIOUS: dict[str, Any] = {"type": "assault", "perpetrator": "none"}


@pytest.fixture
def asked(world_of: Worlds) -> World:
    """After five minutes the coordinator is asked about the police, who are told by themselves after thirty more."""
    return world_of(a_tree(COORDINATION + POLICE + FRIENDS, CONTACTS))


def waits_for_go(world: World, **body: Any) -> Incident:
    """An incident whose coordinator has just been asked about the police."""
    incident = world.raises(**{**SERIOUS, **body})
    world.passes(minutes=5)
    assert incident.status("valley") == "waiting_for_go"
    return incident


def question(world: World) -> str:
    """The latest question on the coordinator's phone."""
    return next(text for text in reversed(world.phone("coordinator").inbox) if "GO " in text)


def questions(world: World) -> int:
    """How often the coordinator was asked by SMS."""
    return sum("GO " in text and ": recorded" not in text for text in world.phone("coordinator").inbox)


def decides(world: World, incident: Incident, by: str, decision: str) -> None:
    """The coordinator answers the latest question by that way."""
    match by:
        case "sms":
            world.texts("coordinator", f"{decision.upper()} {decision_code_in(question(world))}")
        case "call":
            call = world.phone("coordinator").answers()
            call.press(spoken_code_in(call.words)).press({"go": "1", "hold": "2"}[decision])
        case "page":
            world.client.post(link_in(question(world)), data={"answer": decision})
        case "api":
            incident.act("go", decision=decision, tree="valley", level="Police")
    world.settles()


@pytest.mark.parametrize("word", ["HOLD", "GO"])
def test_who_decides_on_what_went_on_by_itself_reads_so_and_not_that_all_is_closed(asked: World, word: str) -> None:
    """B3: the police are being told, and the incident is as open as before."""
    incident = waits_for_go(asked)
    code = decision_code_in(question(asked))
    asked.passes(minutes=30)
    assert incident.level("valley") == "Police"

    reply = asked.reply_to("coordinator", f"{word} {code}")

    assert f"{incident.ref}: go given: Police (21:49)" in reply


@pytest.mark.parametrize("who", ["coordinator", "second coordinator"])
def test_the_page_names_the_other_coordinator_who_has_decided(world_of: Worlds, who: str) -> None:
    """B3: whoever presses a moment later takes it for its own word otherwise."""
    second = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
    world = world_of(a_tree(COORDINATION + POLICE + FRIENDS, CONTACTS + second))
    waits_for_go(world)
    decides(world, world.newest(), "sms", "go")
    asked = next(text for text in world.phone(who).inbox if "GO " in text)

    answer = world.client.post(link_in(asked), data={"answer": "refuse"})

    assert (answer.status_code, ": go." in answer.text) == (409, True)
    assert ("Decided by coordinator." in answer.text) == (who == "second coordinator")


def test_a_question_says_what_it_decides(asked: World) -> None:
    """Level and contacts by name, why it is asked, and what happens without an answer: by SMS, call and page alike."""
    incident = waits_for_go(asked)
    sms = question(asked)
    page = asked.client.get(link_in(sms)).text
    asked.passes(minutes=19)
    call = asked.waits_for_ringing("coordinator", minutes=4).answers()
    call.press(spoken_code_in(call.words))

    assert "Tell Police (police)?" in sms
    assert "If you don't decide: " in sms
    for said in (
        "Tell Police?",
        "It is level 2 of Valley network: National Police.",
        "the plan says to ask first",
        "Without a decision they",
    ):
        assert said in page
    assert "Shall level 2 be told, Police, 1 contact?" in call.words
    assert "You are asked because: the plan says to ask first." in call.words
    assert incident.status("valley") == "waiting_for_go"


def test_the_page_of_a_decision_asks_no_coordinator_for_silence(asked: World) -> None:
    """Whoever decides has to speak of the case; whoever is only told is asked not to."""
    waits_for_go(asked)

    coordinator = asked.client.get(link_in(question(asked))).text
    asked.passes(minutes=30)
    police = asked.client.get(f"{link_in(asked.phone('police').inbox[0])}?lang=en").text

    silence = "Please do not mention this case"
    assert (silence in coordinator, silence in police) == (False, True)


def test_a_question_that_nothing_answers_but_people_says_so(world_of: Worlds) -> None:
    """Where the state is to be told and who did it is unknown, silence tells nobody (B3)."""
    world = world_of(a_tree(COORDINATION + POLICE.replace(", proceed_after: 30m", "") + FRIENDS, CONTACTS))
    waits_for_go(world, perpetrator="unknown")

    page = world.client.get(link_in(question(world))).text

    assert "perpetrator unknown" in page
    assert "Without a decision they are not told." in page


def test_a_level_that_needs_a_go_is_asked_about_and_tells_nobody(asked: World) -> None:
    """B3: by SMS and call, with how many it would tell, a code of its own, and when it proceeds by itself."""
    waits_for_go(asked)

    assert asked.phone("police").inbox == []
    assert "GO" in question(asked)
    assert "HOLD" in question(asked)
    assert "21:49" in question(asked)  # 35 minutes after 21:14 in Bogotá
    assert decision_code_in(question(asked)) != code_in(asked.phone("coordinator").inbox[0])
    assert asked.phone("coordinator").ringing


@pytest.mark.parametrize("by", ["sms", in_long("call"), "page", in_long("api")])
def test_a_go_opens_the_level_at_once(asked: World, by: str) -> None:
    """B3: by each of its ways."""
    incident = waits_for_go(asked)

    decides(asked, incident, by, "go")

    assert incident.status("valley") == "running"
    assert len(asked.phone("police").inbox) == 1
    asked.passes(minutes=9)
    assert questions(asked) == 1


@pytest.mark.parametrize("by", ["sms", *(pytest.param(by, marks=pytest.mark.long) for by in ("call", "page", "api"))])
def test_a_hold_ends_the_automatic_time_and_is_asked_again_each_hour(asked: World, by: str) -> None:
    """B3: after 60 minutes, then hourly; the level never opens by itself."""
    incident = waits_for_go(asked)
    first = question(asked)

    decides(asked, incident, by, "hold")
    asked.passes(minutes=59)
    assert questions(asked) == 1
    asked.passes(minutes=2)
    assert questions(asked) == 2
    asked.passes(minutes=60)

    assert questions(asked) == 3
    assert ["21:49" in text for text in (first, question(asked))] == [True, False]
    assert asked.phone("police").inbox == []
    decides(asked, incident, "sms", "go")
    assert len(asked.phone("police").inbox) == 1


def test_no_with_a_questions_code_is_a_hold(asked: World) -> None:
    """B4; B3: and it ends what still rings for the question, so that the call is not placed once more."""
    waits_for_go(asked)
    assert asked.phone("coordinator").ringing

    asked.texts("coordinator", f"NO {decision_code_in(question(asked))}")
    asked.passes(minutes=2)
    assert len(asked.phone("coordinator").calls) == 1
    asked.passes(minutes=38)
    held = list(asked.phone("police").inbox)
    asked.texts("coordinator", f"GO {decision_code_in(question(asked))}")

    assert held == []
    assert len(asked.phone("police").inbox) == 1


def test_a_questions_code_alone_is_asked_back_and_go_with_the_coordinators_own_answers_it(asked: World) -> None:
    """A12, B4: with whom the level tells, for at night the first question lies far up; the oldest is meant."""
    waits_for_go(asked)

    reply = asked.reply_to("coordinator", decision_code_in(question(asked)))
    assert "Tell Police (police)?" in reply
    assert asked.phone("police").inbox == []

    asked.texts("coordinator", f"GO {code_in(asked.phone('coordinator').inbox[0])}")

    assert len(asked.phone("police").inbox) == 1


@pytest.mark.parametrize("by", ["page", pytest.param("api", marks=pytest.mark.long)])
def test_a_refusal_skips_the_level_for_good(asked: World, by: str) -> None:
    """B3: the next level opens, and the later rounds pass this one by."""
    incident = waits_for_go(asked)

    decides(asked, incident, by, "refuse")

    assert incident.level("valley") == "Friends"
    assert len(asked.phone("defenders").inbox) == 1
    assert incident["pruned"] == [{"tree": "valley", "level": "Police", "contact": "police", "reason": "refused"}]
    asked.passes(minutes=25)
    assert incident["escalations"][0]["round"] >= 2
    assert asked.phone("police").inbox == []


def test_a_question_that_was_asked_late_is_not_asked_again_before_ten_minutes(asked: World) -> None:
    """A7, B9: it is due at its own moment, and its phone has ten minutes all the same."""
    waits_for_go(asked)
    asked.clock.at += timedelta(minutes=13)
    asked.settles()
    late = questions(asked)

    asked.passes(minutes=9)
    before = questions(asked)
    asked.passes(minutes=1)

    assert (late, before, questions(asked)) == (2, 2, 3)


def test_a_question_is_asked_again_every_ten_minutes_until_the_level_opens_at_its_automatic_time(asked: World) -> None:
    """B3: `proceed_after` counts from the question, and the question is over then."""
    incident = waits_for_go(asked)

    asked.passes(minutes=25)
    assert questions(asked) == 3
    asked.passes(minutes=4, seconds=59)
    assert asked.phone("police").inbox == []
    asked.passes(seconds=1)

    assert len(asked.phone("police").inbox) == 1
    assert incident.level("valley") == "Police"
    before = questions(asked)
    asked.passes(minutes=9)
    assert questions(asked) == before


def test_a_critical_incident_is_spared_the_question(asked: World) -> None:
    """B1: `unless_severity`."""
    asked.raises(type="arrest", perpetrator="none")

    asked.passes(minutes=5)

    assert len(asked.phone("police").inbox) == 1
    assert questions(asked) == 0


def test_a_raised_severity_opens_what_had_to_wait(asked: World) -> None:
    """A8: at once, on the pinned trees."""
    incident = waits_for_go(asked)

    incident.act("updates", text="He was taken to hospital", severity="critical")

    assert len(asked.phone("police").inbox) == 1


def test_an_unknown_perpetrator_keeps_the_authorities_waiting_even_when_critical(asked: World) -> None:
    """B3: it might be they; that wait never ends by itself."""
    incident = asked.raises(type="killing", perpetrator="unknown")

    asked.passes(minutes=37)

    assert incident.status("valley") == "waiting_for_go"
    assert asked.phone("police").inbox == []
    incident.act("updates", text="It was a company's guards", perpetrator="company")
    assert len(asked.phone("police").inbox) == 1


EMBASSIES = "  - {name: Embassies, when: {nationality: match}, notify: [spain], wait: 20m}\n"


def test_an_unknown_nationality_waits_as_long_as_the_level_lasts(world_of: Worlds) -> None:
    """B3: it prunes nothing, but somebody should say whose embassy; without a word the level opens after its wait."""
    world = world_of(a_tree(COORDINATION + EMBASSIES, CONTACTS))
    incident = world.raises(**SERIOUS, people=[{"code": "P55"}])

    world.passes(minutes=24)
    assert incident.status("valley") == "waiting_for_go"
    assert world.phone("spain").inbox == []
    world.passes(minutes=1)

    assert len(world.phone("spain").inbox) == 1


def test_an_unknown_nationality_holds_up_no_critical_incident(world_of: Worlds) -> None:
    """B1."""
    world = world_of(a_tree(COORDINATION + EMBASSIES, CONTACTS))
    world.raises(type="arrest", perpetrator="none", people=[])

    world.passes(minutes=5)

    assert len(world.phone("spain").inbox) == 1


@pytest.fixture
def unverified(world_of: Worlds) -> World:
    """A tree whose second level would tell a friend after five minutes, the third after fifteen."""
    police = "  - {name: Police, notify: [police], wait: 10m}\n"
    return world_of(a_tree(COORDINATION + FRIENDS + police, CONTACTS, rest="unknown_perpetrator: proceed"))


def test_an_unverified_report_reaches_coordinators_alone(unverified: World) -> None:
    """B3: anybody may hold that phone. The coordinators hear, and are asked whether it is true; else last resort."""
    unverified.texts("ana", "SOS")
    incident = unverified.newest()
    unverified.passes(minutes=30)

    assert incident["verified"] is False
    assert incident.status("valley") == "waiting_for_go"
    assert unverified.phone("defenders").inbox == []
    assert unverified.phone("head office").inbox != []  # Nobody has answered.
    assert questions(unverified) == 4


def test_it_is_asked_again_also_after_the_coordinator_has_taken_charge(unverified: World) -> None:
    """B3: whoever looks after it has not said that it is true."""
    unverified.texts("ana", "SOS")
    alert = next(text for text in unverified.phone("coordinator").inbox if "URGENT" in text)
    unverified.texts("coordinator", code_in(alert))

    unverified.passes(minutes=11)

    assert unverified.newest().answers() == [("coordinator", "acknowledged", "sms")]
    assert any("Next: Friends. It waits for GO" in text for text in unverified.phone("coordinator").inbox)
    assert questions(unverified) == 2


def test_a_go_opens_at_once_what_was_due_meanwhile(unverified: World) -> None:
    """B3: levels whose moment has passed open at once, the others at theirs."""
    unverified.texts("ana", "SOS")
    incident = unverified.newest()
    unverified.passes(minutes=8)

    unverified.texts("coordinator", f"GO {decision_code_in(question(unverified))}")

    assert incident["verified"] is True
    assert len(unverified.phone("defenders").inbox) == 1
    assert unverified.phone("police").inbox == []
    unverified.passes(minutes=7)
    assert len(unverified.phone("police").inbox) == 1
    assert questions(unverified) == 1


def test_it_can_be_verified_over_the_api(unverified: World) -> None:
    """B5: `…/go` without tree and level."""
    unverified.texts("ana", "SOS")
    incident = unverified.newest()

    incident.act("go", decision="go")

    assert incident["verified"] is True
    incident.act("go", decision="go", expect=409)


# Nobody there to decide


def test_what_no_coordinator_may_be_asked_is_asked_of_the_last_resort(world_of: Worlds) -> None:
    """A2: the only coordinator cries for help itself, unverified; without anybody to ask nothing would ever be sent."""
    contacts = CONTACTS.replace("organisation: Defenders,", "organisation: Defenders, scope: internal,")
    world = world_of(a_tree(FRIENDS, contacts))

    world.texts("coordinator", "SOS")

    [question] = world.phone("head office").inbox
    assert "DECISION" in question
    assert world.phone("defenders").inbox == []
    world.texts("head office", f"GO {code_in(question)}")
    assert "URGENT" in world.phone("defenders").inbox[-1]


def test_the_last_resort_is_asked_of_nothing_while_a_coordinator_may_be(world_of: Worlds) -> None:
    """What the test above found at head office is the coordinator's while somebody else cries for help."""
    world = world_of(a_tree(FRIENDS, CONTACTS))

    world.texts("ana", "SOS")

    assert "DECISION" in world.phone("coordinator").inbox[0]
    assert world.phone("head office").inbox == []


def test_a_coordinator_without_a_telephone_is_asked_by_mail(world_of: Worlds) -> None:
    """A2: a question that only rings would never reach it."""
    contacts = CONTACTS.replace(
        '[{sms: "+573005550101"}, {call: "+573005550101", after: 20m}]', "[{email: duty@valley.example}]"
    )
    world = world_of(a_tree(COORDINATION + FRIENDS, contacts))

    world.texts("ana", "SOS")

    assert "DECISION" in [mail.subject for mail in world.mailbox("duty@valley.example").mails][-1]


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [("go", "HOLD", "go given"), ("refuse", "GO", "refused"), ("refuse", "HOLD", "refused")],
)
def test_who_decides_after_another_coordinator_reads_what_that_one_decided(
    world_of: Worlds, first: str, then: str, said: str
) -> None:
    """B3: not that its own word is recorded, nor that the matter is closed."""
    second = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
    world = world_of(a_tree(COORDINATION + POLICE + FRIENDS, CONTACTS + second))
    incident = waits_for_go(world)
    asked = next(text for text in world.phone("second coordinator").inbox if "GO " in text)
    world.client.post(link_in(question(world)), data={"answer": first})
    world.settles()

    reply = world.reply_to("second coordinator", f"{then} {decision_code_in(asked)}")

    assert f"{incident.ref}: {said}: coordinator (" in reply
    assert (incident.level("valley") == "Police") == (first == "go")


@pytest.mark.parametrize("who", ["coordinator", "second coordinator"])
def test_a_go_that_is_heard_late_opens_nothing_against_a_newer_hold(world_of: Worlds, who: str) -> None:
    """A3: the police would hear of it though the last word was that they do not."""
    second = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
    world = world_of(a_tree(COORDINATION + POLICE + FRIENDS, CONTACTS + second))
    world.catches_up()
    waits_for_go(world)
    code = decision_code_in(question(world))
    texts_unheard(world, "coordinator", f"GO {code}")
    world.texts(who, f"HOLD {code}")

    world.catches_up()
    world.passes(minutes=1)

    assert world.phone("police").inbox == []
    assert "hold" in world.phone("coordinator").inbox[-1].lower()
