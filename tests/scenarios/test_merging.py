"""Two teams report one event: a coordinator merges the two, one thread goes on outside, and a wrong merge is undone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from alertnet.core.incident import Facts, Severity
from alertnet.flows.incidents.merge import foresee_split
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents
from alertnet.store.records.credentials.codes import find_sent
from tests.scenarios.conftest import Worlds
from tests.scenarios.test_paused import SMS, pauses
from tests.scenarios.valley import CONTACTS, COORDINATION, a_tree
from tests.scenarios.world import CAST, DURESS, TRUE, Incident, World, code_in, decision_code_in, link_in

MARY = "+573005550003"
TEAMS = """
teams:
  north:
    country: CO
    language: es
    consent: international
    members:
      ana: {name: Ana Example, phone: "+573005550001", language: es}
      mary: {name: Mary Example, phone: "+573005550003", language: en}
people:
  P9: {kind: defender, nationality: CO, consent: national}
"""
SPAIN = """
  spain: {role: embassy, organisation: Spain, methods: [{sms: "+34600550140"}]}
"""
NATIONS = """
  spain: {role: embassy, represents: ES, organisation: Spain, methods: [{sms: "+34600550140"}]}
  germany: {role: embassy, represents: DE, organisation: Germany, methods: [{sms: "+49600550141"}]}
"""
FRIENDS = "  - {name: Friends, notify: [defenders], wait: 5m, then: next}\n"
EMBASSIES = "  - {name: Embassies, notify: [spain, ombuds], wait: 30m, repeat: {every: 5m, times: 3}}\n"


@pytest.fixture
def night(world_of: Worlds) -> World:
    """Two members with a PIN each, twelve minutes apart: at the second report the first tree is at its second level."""
    world = world_of(a_tree(COORDINATION + FRIENDS + EMBASSIES, CONTACTS + SPAIN), field=TEAMS)
    world.gives_pins("north/ana", "north/mary")
    return world


def reported(world: World, *, second: str = "ALERT {pin} 46 L13 tear gas") -> tuple[Incident, Incident]:
    """Ana reports an arrest, and twelve minutes later Mary what may be the same."""
    world.texts("ana", f"ALERTA {TRUE} 20 L12 nos pararon")
    first = world.newest()
    world.passes(minutes=12)
    world.texts(MARY, second.format(pin=TRUE))
    return first, world.newest()


def alerts(world: World, who: str) -> list[str]:
    return [text for text in world.phone(who).inbox if "URGENT" in text or "ALSO" in text]


def test_a_report_that_cannot_be_read_silences_nothing_of_what_it_was_merged_into(night: World) -> None:
    """A11: the embassies hear of it all the same, and its phone is left alone; it can be closed, and stays as it is."""
    first, second = reported(night)
    first.act("merge", into=second.ref)
    damaged = {"junk": b"x" * 40, "ref": first.ref}
    damage = text("UPDATE incidents SET facts = :junk WHERE ref = :ref")
    night.runtime.transact(lambda tx: tx.session.execute(damage, damaged))

    night.passes(minutes=11)
    refused = second.act("split", expect=409, reports=[first.ref])
    assert "what can't be read" in refused["detail"]
    second.act("updates", text="They took P7", severity="critical")
    link = link_in(night.phone("coordinator").inbox[0])
    assert second.ref in night.client.get(link).text
    night.client.post(link, data={"answer": "acknowledge"})
    assert [each["contact"] for each in second["acknowledgements"]] == ["coordinator"]
    second.act("close", reason="released")

    assert any(second.ref in text for text in night.phone("spain").inbox)
    assert "closed 21:37" in night.phone("spain").inbox[-1]
    assert second["status"] == "closed"
    kept = text("SELECT count(*) FROM incidents WHERE facts = :junk AND ref = :ref")
    assert night.runtime.read(lambda tx: tx.session.scalar(kept, damaged)) == 1


def test_two_reports_are_one_incident_under_both_references(night: World) -> None:
    """B5: the graver severity, both references, reports of both on one history; merged again nothing changes.

    Nor does what one of them turns out to be, where the other is graver.
    """
    first, second = reported(night)
    assert second["warnings"] == [f"may be the same event as {first.ref}"]

    merged = first.act("merge", into=second.ref)
    again = first.act("merge", into=second.ref)

    assert (merged["ref"], merged["severity"], merged["type"]) == (second.ref, "critical", "crowd_repression")
    assert merged["reports"] == [first.ref]
    assert again["reports"] == merged["reports"]
    assert again["escalations"] == merged["escalations"]
    assert first.act("updates", text="a threat", severity="serious")["severity"] == "critical"
    assert second.act("updates", text="both", severity="serious")["severity"] == "serious"
    assert first["ref"] == second.ref
    assert {text["text"] for text in first["texts"]} == {"nos pararon", "tear gas"}
    assert second.timeline().count("merged") == 1
    assert [each["ref"] for each in night.open_incidents()] == [second.ref]
    night.passes(minutes=11)
    assert any(f"{first.ref} is now part of it" in text for text in night.phone("coordinator").inbox)


def test_who_knows_the_part_alone_reads_of_which_incident_it_is_part_now(world_of: Worlds) -> None:
    """A deputy who was told of the second report alone knows it by no other reference."""
    people = CONTACTS.replace("role: coordinator,", "role: coordinator, deputy: second,", 1)
    second = '  second: {role: coordinator, organisation: Valley, methods: [{sms: "+573005550102"}]}\n'
    world = world_of(a_tree(COORDINATION, people + second))
    whole = world.raises()
    world.texts("coordinator", code_in(world.phone("coordinator").inbox[0]))
    part = world.raises()
    world.texts("coordinator", f"NO {code_in(world.phone('coordinator').inbox[-1])}")
    assert part.ref in world.phone("second coordinator").inbox[0]

    part.act("merge", into=whole.ref)
    world.passes(minutes=10)

    [told] = [text for text in world.phone("second coordinator").inbox if "is now part of it" in text]
    assert f"{whole.ref}: {part.ref} is now part of it" in told


def test_whoever_was_told_of_either_is_not_told_twice(night: World) -> None:
    """The first tree was at its second level: the whole goes on from there, and the third level hears once.

    A4: nothing that was queued of the absorbed leaves, for it is due nowhere any more.
    """
    first, second = reported(night)
    assert len(alerts(night, "defenders")) == 1

    first.act("merge", into=second.ref)
    night.passes(minutes=40)

    assert len(alerts(night, "defenders")) == 1
    for who in ("spain", "ombuds"):
        assert second.ref in alerts(night, who)[0]
        assert len({code_in(text) for text in alerts(night, who)}) == 1
        assert not [text for text in night.phone(who).inbox if first.ref in text]


def test_a_code_of_either_report_counts_for_the_whole(night: World) -> None:
    """Codes already sent still count, for seven days from when the whole is closed, however long ago they were merged.

    The answer and the end are told, once, with the reference that its giver knows.
    """
    first, second = reported(night)
    code = code_in(alerts(night, "defenders")[0])
    first.act("merge", into=second.ref)

    def counts() -> bool:
        return night.runtime.read(lambda tx: find_sent(tx, CAST["defenders"], [code]))[code].counts

    reply = night.texts("defenders", code)
    assert second.answers() == [("defenders", "acknowledged", "sms")]
    night.texts("coordinator", code_in(alerts(night, "coordinator")[0]))
    night.clock.forward(days=8)
    second.act("close", reason="resolved")

    [over] = [text for text in night.phone("defenders").inbox if "closed" in text]
    assert (first.ref in (reply or ""), first.ref in over) == (True, True)
    assert second.ref not in str(night.phone("defenders").inbox)
    assert counts()
    night.clock.forward(days=8)
    assert not counts()


def test_an_answer_from_before_carries_over(night: World) -> None:
    first, second = reported(night)
    night.texts("defenders", code_in(alerts(night, "defenders")[0]))
    night.texts("coordinator", code_in(alerts(night, "coordinator")[0]))

    first.act("merge", into=second.ref)
    night.passes(minutes=11)

    assert set(second.answers()) == {("defenders", "acknowledged", "sms"), ("coordinator", "acknowledged", "sms")}
    assert second.level("valley") == "Embassies"
    assert alerts(night, "spain")


def test_the_narrower_consent_holds_and_whoever_is_beyond_it_hears_nothing_more(night: World) -> None:
    """A3: contacts who were told of the wider report alone are told nothing more, and the history names them."""
    night.texts("ana", f"ALERTA {TRUE} 20 L12 C2 nos pararon")
    first = night.newest()
    first.act("go", decision="go", tree="valley", level="Embassies")
    night.passes(minutes=12)
    assert len(alerts(night, "spain")) >= 1
    before = len(night.phone("spain").inbox)
    night.texts(MARY, f"ALERT {TRUE} 20 L13 P9 C1")
    second = night.newest()

    first.act("merge", into=second.ref)
    night.passes(minutes=15)
    second.act("updates", text="they are free")
    second.act("close", reason="released")

    assert second["consent"] == "national"
    assert ("spain", "consent") in {(each["contact"], each["reason"]) for each in second["pruned"]}
    assert len(night.phone("spain").inbox) == before
    assert payload_of(night, second, "merged")["silent"] == ["valley/spain"]
    assert any("over" in text.lower() or "closed" in text.lower() for text in night.phone("ombuds").inbox)


def test_news_and_withdrawal_of_the_first_team_are_about_the_whole(night: World) -> None:
    """Both references live: what its phone writes joins the whole, and it is answered by the reference it knows."""
    first, second = reported(night, second="ALERT {pin} 30 L13 threats")
    first.act("merge", into=second.ref)

    news = night.texts("ana", f"NUEVA {TRUE} se los llevan")
    reply = night.texts("ana", f"FALSA {TRUE} {first.ref}")

    assert "se los llevan" in [text["text"] for text in second["texts"]]
    assert first.ref in (news or "")
    assert first.ref in (reply or "")
    assert "withdrawal_asked" in second.timeline()
    assert second["status"] == "open"


def test_who_cries_again_is_heard_in_what_its_report_was_merged_into(night: World) -> None:
    """B9: a report right after another joins it, also where a coordinator has merged that into an older one."""
    first, second = reported(night)
    second.act("merge", into=first.ref)
    night.passes(minutes=2)

    night.texts(MARY, "SOS")

    assert [each["ref"] for each in night.open_incidents()] == [first.ref]
    assert any(f"{first.ref}: SOS again from north" in text for text in night.phone("coordinator").inbox)


def test_whoever_closes_a_report_that_was_merged_meanwhile_does_not_close_the_whole(night: World) -> None:
    """A4: the one has seen a false alarm, the other two reports; who was told hears nothing of an end."""
    first, second = reported(night)
    first.act("merge", into=second.ref)

    refused = first.act("close", expect=409, reason="false_alarm")

    assert refused["current"] == f"part of {second.ref}"
    assert second["status"] == "open"
    assert second.told("correction") == []
    second.act("close", reason="false_alarm")
    assert ("defenders", "sms") in second.told("correction")


@pytest.mark.parametrize(
    "is_of_part", [True, pytest.param(False, marks=pytest.mark.long)], ids=["the part", "the whole"]
)
def test_a_stranger_who_has_said_so_of_one_report_hears_nothing_of_the_other(night: World, is_of_part: bool) -> None:
    """A9: neither an alert, nor news, nor how it ended, merged and split again; the others hear of it."""
    first, second = reported(night)
    part, whole = (first, second) if is_of_part else (second, first)
    night.client.post(link_in(alerts(night, "defenders")[0]), data={"answer": "wrong_person"})
    before = len(night.phone("defenders").inbox)

    part.act("merge", into=whole.ref)
    night.passes(minutes=11)
    whole.act("updates", text="they are at the fourth brigade")
    whole.act("split", reports=[part.ref])
    night.passes(minutes=20)
    for each in (first, second):
        each.act("updates", text="they are free")
        each.act("close", reason="released")
        assert ("spain", "sms") in each.told("stand_down")

    assert len(night.phone("defenders").inbox) == before


def test_what_waits_to_leave_for_a_stranger_is_taken_back_by_a_merge_into_what_knows_it(night: World) -> None:
    """A9: news that was held up while the network was away; the defenders hear of what goes on."""
    known, other = night.raises(), night.raises()
    alert = next(text for text in alerts(night, "coordinator") if known.ref in text)
    pauses(night, [SMS], minutes=20)
    other.act("updates", text="they are at the fourth brigade")
    night.client.post(link_in(alert), data={"answer": "wrong_person"})
    before = len(night.phone("coordinator").inbox)

    other.act("merge", into=known.ref)
    night.passes(minutes=21)

    assert night.phone("coordinator").inbox[before:] == []
    assert alerts(night, "defenders")


def test_who_is_a_stranger_is_learnt_for_each_of_two_reports_that_are_one(night: World) -> None:
    """A9: said while they were one, it holds for the report that is split off, which goes on to others."""
    first, second = reported(night)
    first.act("merge", into=second.ref)
    night.client.post(link_in(alerts(night, "defenders")[0]), data={"answer": "wrong_person"})
    before = len(night.phone("defenders").inbox)

    second.act("split", reports=[first.ref])
    night.passes(minutes=20)
    first.act("close", reason="released")

    assert len(night.phone("defenders").inbox) == before
    assert ("spain", "sms") in first.told("stand_down")


def test_an_alarm_taken_before_its_report_was_merged_rings_again_once_it_is_given_back(night: World) -> None:
    """A2: who says that they can't act reads that others are asked."""
    first, second = reported(night)
    night.texts("ana", f"INFO {TRUE} nos llevan mas gente")
    code = code_in(night.phone("coordinator").inbox[-1])
    night.texts("coordinator", code)
    first.act("merge", into=second.ref)

    night.texts("coordinator", f"NO {code}")

    assert "We are asking others" in night.phone("coordinator").inbox[-1]
    night.passes(minutes=15)
    assert [f"ALARM {second.ref}: news" in text for text in night.phone("coordinator").inbox].count(True) == 1


def test_a_wrong_merge_is_split_again(night: World) -> None:
    """Each goes on by itself where it stood: the first with whoever it told, the second tells them of its own.

    Only what was merged is.
    """
    first, second = reported(night)
    assert "reports" in str(second.act("split", expect=422, reports=[first.ref]))
    first.act("merge", into=second.ref)
    night.texts("defenders", code_in(alerts(night, "defenders")[0]))
    night.passes(minutes=1)

    split = second.act("split", reports=[first.ref])

    assert (split["ref"], split["severity"], split.get("reports")) == (second.ref, "serious", None)
    assert (first["ref"], first["status"], first["severity"]) == (first.ref, "open", "critical")
    assert first.answers() == [("defenders", "acknowledged", "sms")]
    assert second.answers() == []
    night.passes(minutes=15)
    assert [second.ref in text for text in alerts(night, "defenders")] == [False, True]
    assert first.act("close", reason="resolved")["status"] == "closed"
    assert second["status"] == "open"


def test_after_a_split_nobody_reads_what_was_written_about_the_other_report(night: World) -> None:
    """A9: what a wrong merge has brought together is told apart again; merged once more, it is there once."""
    first, second = reported(night)
    first.act("updates", text="seen at the mill")
    page = link_in(alerts(night, "coordinator")[1])

    read = []
    for act, about, said in (
        ("merge", first, {"into": second.ref}),
        ("split", second, {"reports": [first.ref]}),
        ("merge", first, {"into": second.ref}),
    ):
        about.act(act, **said)
        read.append((sorted(text["text"] for text in second["texts"]), night.client.get(page).text.count(" – news:")))

    second.act("split", reports=[first.ref])
    second.act("merge", into=first.ref)

    assert read == [(["nos pararon", "tear gas"], 1), (["tear gas"], 0), (["nos pararon", "tear gas"], 1)]
    assert sorted(text["text"] for text in first["texts"]) == ["nos pararon", "tear gas"]


def test_after_a_split_each_code_is_about_the_report_that_it_was_sent_for(night: World) -> None:
    """B4, A6: of the part for the part, of the whole for the whole, and its giver hears so.

    B9: a code of others is reported to the whole while they are one, then to that report's own coordinators alone.
    """
    first, second = reported(night)
    of_first, of_second = (code_in(alert) for alert in alerts(night, "coordinator"))
    of_others = code_in(alerts(night, "defenders")[0])
    first.act("merge", into=second.ref)
    night.texts("ombuds", of_others)
    assert (second.timeline().count("foreign_code"), first.answers()) == (1, [])
    second.act("split", reports=[first.ref])

    replies = [night.texts("defenders", of_others)]
    assert (first.answers(), second.answers()) == ([("defenders", "acknowledged", "sms")], [])
    replies.append(night.texts("coordinator", of_first))
    assert (len(first.answers()), second.answers()) == (2, [])
    night.texts("coordinator", of_second)

    assert second.answers() == [("coordinator", "acknowledged", "sms")]
    assert all(first.ref in (reply or "") for reply in replies)
    answers = first.answers()
    night.clock.forward(minutes=61)
    night.texts("ombuds", of_others)
    assert (first.timeline().count("foreign_code"), second.timeline().count("foreign_code")) == (1, 1)
    assert first.answers() == answers


@pytest.mark.parametrize("said", ["", "NO "], ids=["the same to both", "a decline to the other"])
def test_who_has_answered_both_before_a_merge_hears_nothing_more_after_the_split(night: World, said: str) -> None:
    """A4: the split takes the answer to the part away, and what was answered to the whole itself counts again."""
    first, second = reported(night)
    of_first, of_second = (code_in(alert) for alert in alerts(night, "coordinator"))
    night.texts("coordinator", f"{said}{of_first}")
    night.texts("coordinator", of_second)
    first.act("merge", into=second.ref)
    told = alerts(night, "coordinator")

    second.act("split", reports=[first.ref])
    night.passes(minutes=5)

    assert alerts(night, "coordinator") == told
    assert second.answers() == [("coordinator", "acknowledged", "sms")]


def test_what_is_answered_to_both_while_they_are_one_stays_with_the_whole(night: World) -> None:
    """A6: who took charge of one report and declined the other, and declines both, has taken charge of neither."""
    first, second = reported(night)
    of_first, of_second = (code_in(alert) for alert in alerts(night, "coordinator"))
    night.texts("coordinator", of_second)
    night.passes(minutes=1)
    night.texts("coordinator", f"NO {of_first}")
    first.act("merge", into=second.ref)
    night.texts("coordinator", f"NO {of_second}")

    second.act("split", reports=[first.ref])

    assert second.answers() == [("coordinator", "declined", "sms")]


def answered_both(world: World, first_says: str, second_says: str) -> tuple[Incident, list[str]]:
    """The coordinator answers the second report, and ten minutes later the first; then the first is merged into it.

    The whole, and the ids of both answers, the second's first.
    """
    first, second = reported(world)
    of_first, of_second = (code_in(alert) for alert in alerts(world, "coordinator"))
    world.texts("coordinator", f"{second_says} {of_second}")
    world.passes(minutes=10)
    world.texts("coordinator", f"{first_says} {of_first}")
    ids = [each["acknowledgements"][0]["id"] for each in (second, first)]
    first.act("merge", into=second.ref)
    return second, ids


def revokes(incident: Incident, answer: str) -> None:
    world = incident.world
    path = f"/v1/incidents/{incident.ref}/acknowledgements/{answer}"
    assert world.client.delete(path, headers=world.headers).status_code == 200
    world.settles()


@pytest.mark.parametrize(("says", "kind"), [("OK", "acknowledged"), ("NO", "declined")])
def test_of_two_answers_of_one_the_one_that_is_left_counts_when_the_other_is_revoked(
    night: World, says: str, kind: str
) -> None:
    """A6: what is on record is what counts; who has taken charge of the other report is not told again."""
    second, ids = answered_both(night, says, "OK")
    told = alerts(night, "coordinator")

    revokes(second, ids[1])
    night.passes(minutes=5)
    assert second.answers() == [("coordinator", "acknowledged", "sms")]
    assert alerts(night, "coordinator") == told

    revokes(second, ids[0])
    assert second.answers() == []
    assert len(alerts(night, "coordinator")) == len(told) + 1


@pytest.mark.parametrize("is_later", [True, False])
def test_of_two_answers_to_what_is_one_now_the_later_counts(world_of: Worlds, is_later: bool) -> None:
    """A2, A4: who has said NO since has not taken charge by an OK of before, nor declined who says OK after a NO."""
    world = world_of(a_tree("  - {name: Office, notify: [ombuds], wait: 30m}\n" + FRIENDS), field=TEAMS)
    world.gives_pins("north/ana", "north/mary")
    first, second = reported(world)
    of_first, of_second = (code_in(alert) for alert in alerts(world, "ombuds"))
    says = [("OK", of_first), ("NO", of_second)]
    for verb, code in says if is_later else reversed(says):
        world.texts("ombuds", f"{verb} {code}")
        world.passes(minutes=3)

    first.act("merge", into=second.ref)

    assert second.status("valley") == ("running" if is_later else "acknowledged")
    assert len(second.answers()) == 2
    assert len(alerts(world, "defenders")) == 1


@pytest.mark.parametrize("says", ["NO", "PASS", None])
def test_who_takes_back_its_answer_to_a_report_while_that_is_merged_has_none_of_it_after_the_split(
    world_of: Worlds, says: str | None
) -> None:
    """A2, A6: the report went on as if it were still taken care of, and told nobody; None: it is revoked."""
    night = world_of(a_tree("  - {name: Office, notify: [ombuds], wait: 30m}\n" + FRIENDS), field=TEAMS)
    night.gives_pins("north/ana", "north/mary")
    first, second = reported(night)
    code = code_in(alerts(night, "ombuds")[0])
    night.texts("ombuds", f"OK {code}")
    assert first.status("valley") == "acknowledged"
    first.act("merge", into=second.ref)

    if says:
        night.texts("ombuds", f"{says} {code}")
    else:
        revokes(second, second["acknowledgements"][-1]["id"])
    second.act("split", reports=[first.ref])

    assert first.status("valley") == "running"
    assert len(alerts(night, "ombuds")) > 1


def test_who_has_answered_only_the_other_report_is_told_of_this_one_after_the_split(night: World) -> None:
    first, second = reported(night)
    night.texts("coordinator", code_in(alerts(night, "coordinator")[0]))
    first.act("merge", into=second.ref)
    told = alerts(night, "coordinator")

    second.act("split", reports=[first.ref])
    night.passes(minutes=5)

    [anew] = alerts(night, "coordinator")[len(told) :]
    assert second.ref in anew


def test_who_was_only_asked_about_this_report_and_told_of_the_other_is_told_of_it_after_the_split(
    world_of: Worlds,
) -> None:
    """A2: a question, or an alarm, is no alert."""
    night = world_of(a_tree("  - {name: Office, notify: [ombuds], wait: 10m}\n" + COORDINATION), field=TEAMS)
    night.gives_pins("north/ana", "north/mary")
    first, second = reported(night, second="ALERT 46 L13 tear gas")
    first.act("merge", into=second.ref)
    assert ("coordinator", "sms") in second.told("decision")
    assert [second.ref in text for text in alerts(night, "coordinator")] == [False]

    second.act("split", reports=[first.ref])

    assert [second.ref in text for text in alerts(night, "coordinator")] == [False, True]


def test_wider_consent_waits_after_a_split(night: World) -> None:
    """A8: what the narrower report held back is told to nobody until a coordinator has seen the difference."""
    first, second = reported(night, second="ALERT {pin} 20 L13 P9 C1")
    second.act("merge", into=first.ref)
    assert first["consent"] == "national"
    foreseen = night.runtime.read(lambda tx: foresee_split(tx, incidents.id_of(tx, first.ref), second.ref))

    first.act("split", reports=[second.ref])

    assert first["consent"] == foreseen.facts.consent == "national"
    assert any("takes effect when a coordinator re-resolves" in each for each in first["warnings"])
    seen = first.act("re-resolve", apply=False)
    first.act("re-resolve", apply=True, expected=seen["hash"])
    assert first["consent"] == "international"


def test_what_was_learnt_while_merged_holds_for_each_of_the_two_after_a_split(night: World) -> None:
    """A3, B4: narrower consent, whoever is to be spared, and a phone that is to be left alone."""
    first, second = reported(night, second="ALERT {pin} 30 L13 threats")
    second.act("merge", into=first.ref)
    first.act("consent", scope="national", given_by="Ana", how="call")
    first.act("exclude", contacts=["defenders"])
    night.texts(MARY, f"FALSE {TRUE} {second.ref}")

    first.act("split", reports=[second.ref])
    before = len(night.phone(MARY).inbox), len(alerts(night, "defenders"))
    night.passes(minutes=20)
    second.act("close", reason="false_alarm")

    assert (first["consent"], second["consent"]) == ("national", "national")
    pruned = {(each["contact"], each["reason"]) for each in second["pruned"]}
    assert {("spain", "consent"), ("defenders", "excluded")} <= pruned
    assert [text for text in night.phone("ombuds").inbox if second.ref in text]
    assert (len(night.phone(MARY).inbox), len(alerts(night, "defenders"))) == before


@pytest.mark.parametrize("is_known", [False, True])
def test_coordinators_hear_whose_answer_counts_no_more_since_the_other_report_excludes_it(
    night: World, *, is_known: bool
) -> None:
    """A2, A3: they would rely on whoever has taken charge. After a split it counts again, so it is not revoked.

    They hear of it once, also where it had counted no more by its own report.
    """
    first, second = reported(night)
    night.texts("defenders", code_in(alerts(night, "defenders")[0]))
    if is_known:
        first.act("updates", text="They were there", people=[{"code": "P5", "contact": "defenders"}])
        night.passes(minutes=11)
    else:
        second.act("exclude", contacts=["defenders"])

    second.act("merge", into=first.ref)
    night.passes(minutes=21)

    told = [text for text in night.phone("coordinator").inbox if "the answer of defenders counts no more" in text]
    assert len(told) == 1
    assert [(each[0], each[1]) for each in first.answers()] == [("defenders", "acknowledged")]


def test_consent_of_people_that_one_report_names_holds_until_a_coordinator_has_seen_the_difference(
    night: World,
) -> None:
    """A8: without the defender of the second report the first would be told abroad."""
    first, second = reported(night, second="ALERT {pin} 20 L13 P9 C2")
    second.act("merge", into=first.ref)

    first.act("split", reports=[second.ref])

    assert (first["consent"], second["consent"]) == ("national", "national")
    assert "spain" in {each["contact"] for each in first["pruned"]}
    seen = first.act("re-resolve", apply=False)
    first.act("re-resolve", apply=True, expected=seen["hash"])
    assert "spain" not in {each["contact"] for each in first["pruned"]}


def test_what_only_the_other_report_verified_is_asked_again_after_a_split(night: World) -> None:
    """A2: nothing waits for an answer that nobody is asked for; a report named twice is split off once."""
    night.texts("ana", "SOS")
    first = night.newest()
    night.texts(MARY, f"ALERT {TRUE} 20 L13 they take them")
    second = night.newest()
    second.act("merge", into=first.ref)
    assert first["verified"]

    first.act("split", reports=[second.ref, second.ref.lower()])
    asked = [kind for kind in first.timeline() if kind == "decision_raised"]
    night.passes(minutes=1)

    assert not first["verified"]
    assert len(asked) == 2
    assert second["status"] == "open"


def test_a_level_that_only_the_other_report_was_let_open_waits_for_its_own_go(world_of: Worlds) -> None:
    """B3: it opens without a go where it is critical, and after the split what stays is not."""
    held = EMBASSIES.replace("repeat", "needs_go: {unless_severity: [critical]}, repeat")
    night = world_of(a_tree(COORDINATION + held, CONTACTS + SPAIN), field=TEAMS)
    night.gives_pins("north/ana", "north/mary", duress=None)
    first, second = reported(night)
    assert first.level("valley") == "Embassies"
    first.act("merge", into=second.ref)
    assert second.level("valley") == "Embassies"

    second.act("split", reports=[first.ref])
    night.passes(minutes=12)

    assert first.level("valley") == "Embassies"
    assert (second.level("valley"), second.status("valley")) == ("Coordination", "waiting_for_go")
    assert not [text for text in alerts(night, "spain") if second.ref in text]
    second.act("go", decision="go", tree="valley", level="Embassies")
    assert [text for text in alerts(night, "spain") if second.ref in text]


@pytest.mark.parametrize("overdue", [0, 1], ids=["opened while merged", "overdue at the merge"])
def test_whom_only_the_other_report_concerned_hears_no_more_of_this_one_after_a_split(
    world_of: Worlds, overdue: int
) -> None:
    """B1: an embassy that the level of both names for its own nationals; that of the others goes on being told."""
    by_nation = EMBASSIES.replace("notify: [spain, ombuds]", "when: {nationality: match}, notify: [spain, germany]")
    world = world_of(a_tree(COORDINATION + by_nation, CONTACTS + NATIONS))
    first = world.raises(people=[{"code": "P7", "nationality": "ES"}])
    second = world.raises(people=[{"code": "P8", "nationality": "DE"}])
    spain, germany = world.phone("spain"), world.phone("+49600550141")
    world.clock.at += timedelta(minutes=11) * overdue
    first.act("merge", into=second.ref)
    world.passes(minutes=11 - 10 * overdue)
    assert (len(spain.inbox), len(germany.inbox)) == (1, 1)

    second.act("split", reports=[first.ref])
    world.passes(minutes=20)

    assert {first.ref in text for text in spain.inbox[1:]} == {True}
    assert [second.ref in text for text in germany.inbox] == [True, True, True, True]


def test_whom_only_the_other_report_barred_is_told_in_the_level_that_is_open_after_a_split(world_of: Worlds) -> None:
    """A2, B3: it goes on as it would have without the report that accused the army, to others at once as well."""
    brigade = """
  brigade: {role: authority, belongs_to: army, organisation: Brigade, methods: [{sms: "+573005550142"}]}
"""
    both = FRIENDS.replace("[defenders]", "[defenders, brigade]")
    world = world_of(a_tree(COORDINATION + both, CONTACTS + brigade))
    accusing, other = world.raises(perpetrator="army"), world.raises(perpetrator="none")
    army = world.phone("+573005550142")
    accusing.act("merge", into=other.ref)
    world.passes(minutes=12)
    assert (other.level("valley"), army.inbox) == ("Friends", [])

    other.act("split", reports=[accusing.ref])
    world.passes(minutes=1)

    assert [other.ref in text for text in army.inbox] == [True]
    assert other.told("alert").count(("defenders", "sms")) == 1


def test_whom_only_the_other_report_let_into_a_level_that_was_met_hears_no_more_after_a_split(world_of: Worlds) -> None:
    """B1: the answer that had met it was revoked while the two were one."""
    nations = (
        "  - {name: Nations, when: {nationality: match}, notify: [spain, germany], wait: 30m, then: next, repeat: "
    )
    tree = a_tree(COORDINATION + nations + "{every: 5m, times: 3}}\n" + FRIENDS, CONTACTS + NATIONS)
    world = world_of(tree)
    first = world.raises(people=[{"code": "P7", "nationality": "ES"}])
    second = world.raises(people=[{"code": "P8", "nationality": "DE"}])
    world.passes(minutes=11)
    spain, germany = world.phone("spain"), world.phone("+49600550141")
    world.texts("+49600550141", code_in(germany.inbox[0]))
    first.act("merge", into=second.ref)
    [answer] = second["acknowledgements"]
    world.client.delete(f"/v1/incidents/{second.ref}/acknowledgements/{answer['id']}", headers=world.headers)
    world.passes(minutes=6)
    assert ("spain", "sms") in second.told("reminder")

    second.act("split", reports=[first.ref])
    world.passes(minutes=20)

    assert {first.ref in text for text in spain.inbox} == {True}
    assert second.ref in germany.inbox[-1]


def test_a_hold_comes_with_the_other_reports_and_ends_with_the_last_of_them(night: World) -> None:
    """B3, A2: although its levels are opened; one that was given to the whole before or since stays."""
    first, second, third = *reported(night), night.raises()
    for each in (first, third):
        alert = next(text for text in alerts(night, "coordinator") if each.ref in text)
        night.texts("coordinator", f"HOLD {code_in(alert)}")
        each.act("merge", into=second.ref)
        night.passes(minutes=10)
    assert second.timeline().count("hold_began") == 1
    assert alerts(night, "spain") == []

    second.act("split", reports=[first.ref])
    assert second.timeline().count("hold_ended") == 0
    second.act("split", reports=[third.ref])

    assert second.timeline().count("hold_ended") == 1
    assert first.timeline().count("hold_ended") == third.timeline().count("hold_ended") == 0


@pytest.mark.parametrize("decisions", [("hold", "refuse"), pytest.param(("refuse", "hold"), marks=pytest.mark.long)])
def test_what_was_decided_of_two_reports_holds_until_the_last_of_them_is_split_off(
    night: World, decisions: tuple[str, str]
) -> None:
    """B3: what the other had decided is part of the whole still.

    A2: then it ends, else a level of the report that stays would be told to nobody, for what is not about it.
    """
    first, second, third = *reported(night), night.raises()
    for each, decision in zip((first, third), decisions, strict=True):
        each.act("go", decision=decision, tree="valley", level="Embassies")
        each.act("merge", into=second.ref)

    second.act("split", reports=[first.ref])
    night.passes(minutes=20)

    assert second.timeline().count("level_released") == 0
    assert [text for text in alerts(night, "defenders") if second.ref in text]
    assert alerts(night, "spain") == []

    second.act("split", reports=[third.ref])
    night.passes(minutes=11)

    assert second.timeline().count("level_released") == 1
    assert [second.ref in text for text in alerts(night, "spain")][:1] == [True]
    assert not [text for text in alerts(night, "spain") if first.ref in text or third.ref in text]


def test_a_level_that_another_report_was_given_a_go_for_stays_open_when_one_is_split_off(world_of: Worlds) -> None:
    """B3: whoever is told of the event by that go is not let down by a split that concerns others."""
    night = world_of(a_tree(COORDINATION + EMBASSIES.replace("repeat", "needs_go: {}, repeat"), CONTACTS + SPAIN))
    first, second, third = night.raises(), night.raises(), night.raises()
    first.act("merge", into=second.ref)
    night.passes(minutes=1)
    third.act("go", decision="go", tree="valley", level="Embassies")
    third.act("merge", into=second.ref)
    assert second.level("valley") == "Embassies"

    second.act("split", reports=[first.ref])

    assert second.timeline().count("level_taken_back") == 0
    assert second.level("valley") == "Embassies"


def test_who_took_charge_of_two_reports_is_in_charge_when_one_of_them_is_split_off(world_of: Worlds) -> None:
    """A4: its answer to the other, which is part of the whole still, counts; it ends with the last of them."""
    night = world_of(a_tree(COORDINATION + EMBASSIES, CONTACTS + SPAIN))
    first, second, third = night.raises(), night.raises(), night.raises()
    night.passes(minutes=11)
    for each in (first, third):
        night.texts("ombuds", code_in(next(text for text in alerts(night, "ombuds") if each.ref in text)))
        each.act("merge", into=second.ref)

    second.act("split", reports=[first.ref])
    assert second.status("valley") == "acknowledged"
    second.act("split", reports=[third.ref])

    assert second.status("valley") == "running"


def test_what_a_phone_says_of_itself_is_kept_with_its_own_report(night: World) -> None:
    """The battery and the language of the second phone are not those of the first."""
    first, second = reported(night, second="ALERT {pin} 30 L13 threats")
    second.act("merge", into=first.ref)

    night.texts(MARY, f"LANG {TRUE} FR")
    night.texts(MARY, "LOW")

    whole, part = night.runtime.read(lambda tx: both(tx, first.ref))
    assert (whole.field_language, whole.field_low_since) == ("es", None)
    assert part.field_language == "fr"
    assert part.field_low_since is not None


@pytest.mark.parametrize("kind", ["20", "44"], ids=["custody", "no custody"])
def test_a_phone_that_was_left_alone_as_part_of_a_custody_stays_so(night: World, kind: str) -> None:
    """B4: whatever the whole is called later; who holds the phones of a team that was taken nobody knows."""
    first, second = reported(night, second="ALERT {pin} 30 L13 threats")
    if kind == "44":
        first.act("updates", text="it was no arrest", type="armed_presence")
        applied(first)
    second.act("merge", into=first.ref)
    if kind == "20":
        first.act("updates", text="it was no arrest", type="armed_presence")
        applied(first)
    before = len(night.phone(MARY).inbox)

    first.act("close", reason="resolved")

    assert first["type"] == "armed_presence"
    assert len(night.phone(MARY).inbox) - before == (0 if kind == "20" else 1)


def test_that_the_phone_of_the_whole_is_left_alone_silences_no_other(night: World) -> None:
    """B4: it was thought to be taken, which it was not; who reported the same from another phone hears who has it."""
    first, second = reported(night, second="ALERT {pin} 30 L13 threats")
    first.act("updates", text="it was no arrest", type="armed_presence")
    applied(first)
    second.act("merge", into=first.ref)
    before = {who: len(night.phone(who).inbox) for who in (MARY, "ana")}

    night.texts("coordinator", code_in(next(text for text in alerts(night, "coordinator") if first.ref in text)))

    assert {who: len(night.phone(who).inbox) - told for who, told in before.items()} == {MARY: 1, "ana": 0}


def test_a_phone_that_only_the_other_report_had_silenced_is_written_to_after_a_split(night: World) -> None:
    """B4: it was left alone for the custody of others; what a coordinator took for one event is two."""
    night.texts("ana", f"ALERTA {TRUE} 20 L12 nos pararon")
    taken = night.newest()
    night.texts(MARY, f"ALERT {TRUE} L13 they are shouting")
    seen = night.newest()
    taken.act("merge", into=seen.ref)
    night.texts("coordinator", code_in(next(text for text in alerts(night, "coordinator") if seen.ref in text)))
    told = list(night.phone(MARY).inbox)
    assert seen["type"] == "arrest"

    seen.act("split", reports=[taken.ref])

    assert (seen["type"], taken["type"]) == ("other", "arrest")
    [has_it] = night.phone(MARY).inbox[len(told) :]
    assert seen.ref in has_it
    before = len(night.phone("ana").inbox)
    for each in (seen, taken):
        each.act("close", reason="resolved")
    assert len(night.phone(MARY).inbox) == len(told) + 2
    assert len(night.phone("ana").inbox) == before


@pytest.mark.parametrize(
    ("said", "told", "under_duress"),
    [
        (None, 2, False),
        pytest.param(f"FALSE {TRUE}", 0, False, marks=pytest.mark.long),
        (f"FALSE {DURESS}", 0, True),
        pytest.param(f"NEWS {TRUE} 20 they take us", 0, False, marks=pytest.mark.long),
    ],
)
def test_what_a_phone_said_itself_while_merged_holds_after_a_split_though_the_other_had_said_it(
    night: World, said: str | None, told: int, under_duress: bool
) -> None:
    """B4: it was told that we do not write; duress is kept with its report, as grave as it is."""
    taken, seen = one_custody(night, f"FALSA {DURESS}")
    taken.act("merge", into=seen.ref)
    if said:
        night.texts(MARY, said)
    third = night.raises(type="threat", people=[], perpetrator="none")
    third.act("merge", into=seen.ref)
    night.texts("coordinator", code_in(next(text for text in alerts(night, "coordinator") if seen.ref in text)))
    before = len(night.phone(MARY).inbox)

    seen.act("split", reports=[taken.ref])
    seen.act("split", reports=[third.ref])
    night.passes(minutes=11)

    facts = night.runtime.read(lambda tx: of_phone(tx, seen.ref))
    assert facts.duress is under_duress
    assert (facts.severity is Severity.CRITICAL) is (under_duress or " 20 " in (said or ""))
    seen.act("close", reason="resolved")
    assert len(night.phone(MARY).inbox) - before == told


@pytest.mark.parametrize("is_part", [True, False])
def test_what_a_phone_says_as_grave_as_the_other_had_said_it_holds_after_a_split(night: World, is_part: bool) -> None:
    """A2: nothing of it was news while they were one; alone it is what the report is about."""
    taken, seen = reported(night, second="ALERT {pin} 99 L13 shouting")
    part, whole = (seen, taken) if is_part else (taken, seen)
    part.act("merge", into=whole.ref)
    night.texts(MARY, f"NEWS {TRUE} 20 they have P9")

    whole.act("split", reports=[part.ref])

    assert (seen["type"], seen["severity"]) == ("arrest", "critical")
    assert (taken["type"], taken["severity"]) == ("arrest", "critical")


@pytest.mark.parametrize(
    ("of_other", "said"),
    [(f"FALSA {DURESS}", f"FALSE {DURESS}"), (f"NUEVA {TRUE} 20", f"NEWS {TRUE} 20 they take us")],
)
def test_what_the_phone_of_a_part_said_itself_holds_after_a_split_though_the_other_had_said_it(
    night: World, of_other: str, said: str
) -> None:
    """B4: the same for a report that was merged into another."""
    taken, seen = one_custody(night, of_other)
    seen.act("merge", into=taken.ref)
    night.texts(MARY, said)
    before = len(night.phone(MARY).inbox)

    taken.act("split", reports=[seen.ref])
    night.passes(minutes=11)

    facts = night.runtime.read(lambda tx: of_phone(tx, seen.ref))
    assert facts.duress is (DURESS in said)
    assert facts.leaves_phone_alone
    seen.act("close", reason="resolved")
    assert len(night.phone(MARY).inbox) == before


@pytest.mark.parametrize(
    ("said", "rings"), [(f"FALSA {TRUE}", "asks to withdraw"), (f"NUEVA {DURESS} todo bien", "before you call anybody")]
)
def test_an_alarm_of_a_part_rings_on_until_somebody_has_it(night: World, said: str, rings: str) -> None:
    """A2: also where the whole is in hand; the code that it had counts, and after a split too it is answered."""
    first, second = reported(night)
    night.texts("coordinator", code_in(alerts(night, "coordinator")[-1]))
    night.texts("ana", said)
    first.act("merge", into=second.ref)
    night.passes(minutes=11)
    before, again = [text for text in night.phone("coordinator").inbox if rings in text]
    assert first.ref in before
    assert second.ref in again
    assert code_in(before) == code_in(again)

    reply = night.texts("coordinator", f"OK {code_in(before)}")
    second.act("split", reports=[first.ref])
    night.passes(minutes=11)

    assert "you take charge" in (reply or "")
    assert len([text for text in night.phone("coordinator").inbox if rings in text]) == 2


def test_the_page_of_an_alarm_that_rang_while_merged_is_about_its_own_report_after_a_split(night: World) -> None:
    """A6, A9: else it shows the other report, and what is pressed there is on the other's record; so are its rings."""
    first, second = reported(night)
    night.texts("ana", f"FALSA {TRUE}")
    first.act("merge", into=second.ref)
    night.passes(minutes=11)
    page = link_in([text for text in night.phone("coordinator").inbox if "asks to withdraw" in text][-1])

    second.act("split", reports=[first.ref])
    night.passes(minutes=11)
    rung = [text for text in night.phone("coordinator").inbox if "asks to withdraw" in text]
    assert [first.ref in text for text in rung] == [True, False, True]
    before = len(second.timeline())
    shown = night.client.post(page, data={"answer": "acknowledge"})

    assert (shown.status_code, first.ref in shown.text) == (200, True)
    assert first.timeline()[-1] == "alarm_answered"
    assert len(second.timeline()) == before


def test_whoever_lets_our_sms_through_while_two_reports_are_one_is_told_of_both(night: World) -> None:
    """B3: of the whole at once, and of the part once that is by itself again."""
    night.phone("defenders").behaves("opted_out")
    first, second = reported(night)
    first.act("merge", into=second.ref)
    night.phone("defenders").behaves("manual")

    night.texts("defenders", "START")
    assert [second.ref in text for text in alerts(night, "defenders")] == [True]
    second.act("split", reports=[first.ref])

    assert [first.ref in text for text in alerts(night, "defenders")] == [False, True]


def test_a_phone_that_is_to_be_left_alone_is_so_as_part_of_what_another_raised(night: World) -> None:
    """B4: a roll-call is another message on our own account; the phone of the whole has it."""
    taken, seen = reported(night)
    taken.act("merge", into=seen.ref)
    before = len(night.phone("ana").inbox)

    answer = night.client.post("/v1/roll-calls", json={"team": "north"}, headers=night.headers)
    night.settles()

    assert answer.status_code == 201, answer.text
    assert "are you safe" in night.phone(MARY).inbox[-1]
    assert len(night.phone("ana").inbox) == before


@pytest.mark.parametrize("by_merge", [True, False], ids=["by a merge", "by news"])
def test_what_waits_to_leave_for_a_phone_that_is_left_alone_from_now_on_is_taken_back(
    night: World, by_merge: bool
) -> None:
    """B4: queued while the network was away, it would ring hours later beside whoever holds the phone."""
    coerced, seen = reported(night, second="ALERT {pin} 30 L13 threats")
    night.texts("ana", f"FALSA {DURESS}")
    pauses(night, [SMS], minutes=20)
    alert = next(text for text in alerts(night, "coordinator") if seen.ref in text)
    night.client.post(link_in(alert), data={"answer": "acknowledge"})
    assert ("field/north", "sms") in seen.told("field_status")
    before = len(night.phone(MARY).inbox)

    if by_merge:
        seen.act("merge", into=coerced.ref)
    else:
        seen.act("updates", text="they were taken", type="arrest")
    night.passes(minutes=25)

    assert night.phone(MARY).inbox[before:] == []


def test_news_that_nobody_has_decided_on_is_asked_of_the_whole(world_of: Worlds) -> None:
    """A8: by the code that it had; after a split it is asked of the part alone."""
    arrests = "  - {name: Arrests, notify: [defenders], wait: 30m, when: {type: [arrest]}}\n"
    night = world_of(a_tree(COORDINATION + arrests, CONTACTS))
    first, second = (night.raises(type=each, people=[]) for each in ("threat", "raid"))
    first.act("updates", text="they took somebody", type="arrest")
    [asked] = [text for text in night.phone("coordinator").inbox if "Apply the news" in text]
    first.act("merge", into=second.ref)
    warned = second["warnings"]

    second.act("split", reports=[first.ref])
    assert second["warnings"] == []
    first.act("merge", into=second.ref)
    night.texts("coordinator", f"GO {decision_code_in(asked)}")

    assert "type: raid → arrest" in str(warned)
    assert second["type"] == "arrest"


def test_what_was_done_about_one_report_is_done_about_the_whole(world_of: Worlds) -> None:
    """B3: who has acted is not asked again what it did, and nobody further is told for want of it."""
    due = "  - {name: Ombuds, notify: [ombuds], wait: 10m, action_due: {after: 60m, otherwise: next}}\n"
    world = world_of(a_tree(COORDINATION + due + FRIENDS, CONTACTS))
    first, second = world.raises(), world.raises()
    world.passes(minutes=10)
    for incident in (first, second):
        incident.act("acknowledgements", expect=201, tree="valley", contact="ombuds", kind="acknowledged")
    first.act("actions", contact="ombuds", action="visited")

    first.act("merge", into=second.ref)
    world.passes(minutes=70)

    assert second.status("valley") == "acknowledged"
    assert second.told("action_reminder") == []
    assert world.phone("defenders").inbox == []


@pytest.mark.parametrize("other", [{"country": "GT"}, {"drill": True}], ids=["another country", "a drill"])
def test_what_can_be_no_one_event_is_refused(night: World, other: dict[str, Any]) -> None:
    incident = night.raises(type="threat", people=[], perpetrator="none")
    second = night.raises(type="threat", people=[], perpetrator="none", **other)

    second.act("merge", expect=409, into=incident.ref)
    incident.act("merge", expect=422, into=incident.ref)
    incident.act("merge", expect=422, into="Z-ZZZZ")

    assert incident["status"] == second["status"] == "open"


def one_custody(world: World, news: str) -> tuple[Incident, Incident]:
    """Ana is taken, and that is her news; Mary has only heard shouting."""
    world.texts("ana", f"ALERTA {TRUE} 20 L12 nos pararon")
    taken = world.newest()
    world.texts("ana", news)
    world.texts(MARY, f"ALERT {TRUE} L13 they are shouting")
    return taken, world.newest()


def of_phone(tx: Tx, ref: str) -> Facts:
    """What is known of the report that has this reference."""
    return incidents.get(tx.session, incidents.id_of(tx, ref)).facts


def applied(incident: Incident) -> None:
    """A coordinator has seen what the news changes, and applies it."""
    incident.act("re-resolve", apply=True, expected=incident.act("re-resolve", apply=False)["hash"])


def both(tx: Tx, ref: str) -> tuple[Facts, Facts]:
    """What is known of the whole, and of its one part."""
    whole = incidents.get(tx.session, incidents.id_of(tx, ref))
    [part] = incidents.get_each(tx.session, whole.every_id[1:])
    return whole.facts, part.facts


def payload_of(world: World, incident: Incident, kind: str) -> Any:
    answer = world.client.get(f"/v1/incidents/{incident.ref}/timeline", headers=world.headers)
    return next(each["payload"] for each in answer.json()["items"] if each["kind"] == kind)


def test_a_level_that_the_other_report_has_had_refused_while_it_was_told_stays_left_out(night: World) -> None:
    """B3: a refusal that came after the opening is the last word on it, in the whole too; a later GO is not needed."""
    first, second = reported(night)
    night.passes(minutes=4)
    assert first.level("valley") == "Embassies"
    first.act("go", decision="refuse", tree="valley", level="Embassies")
    night.passes(minutes=7)
    assert (second.level("valley"), len(alerts(night, "spain"))) == ("Friends", 1)

    first.act("merge", into=second.ref)
    night.passes(minutes=20)

    assert len(alerts(night, "spain")) == 1
