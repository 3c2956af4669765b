"""Answers by SMS with a right code: of contacts, and of the coordinators who decide (A6, B4)."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from alertnet.core.incident import Affected, Perpetrator, Scope
from alertnet.flows.incidents.update import exclude
from alertnet.store.tables import alarms, attempts, notifications
from tests.flows.switchboard import Switchboard


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("{code}", "acknowledged", "usted se hace cargo"),
        ("Ok {code}, gracias", "acknowledged", "usted se hace cargo"),
        ("no {code}", "declined", "usted no puede actuar"),
        ("PASO {code}", "relayed", "usted lo transmitio"),
    ],
)
def test_a_right_code_records_the_answer_and_says_so(board: Switchboard, text: str, kind: str, words: str) -> None:
    """A6: the written code from a number of that contact."""
    board.opens()

    reply = board.texts("coordinator", text.format(code=board.code_of("coordinator")))

    assert board.answers() == [("coordinator", kind)]
    assert reply
    assert words in reply


def test_an_acknowledgement_cancels_what_is_still_queued(board: Switchboard) -> None:
    """A4: in the acknowledging transaction."""
    incident = board.opens()
    board.tells(incident, "ombuds")

    board.texts("coordinator", board.code_of("coordinator"))

    mine = {row.id for row in board.rows(notifications, contact="coordinator", kind="alert")}
    assert mine
    assert {row.status for row in board.rows(attempts) if row.notification_id in mine} == {"cancelled"}


def test_the_reply_is_the_confirmation_to_that_number(board: Switchboard) -> None:
    """B4: the one reply is also the `recorded` SMS to that number; the other methods get one of their own."""
    board.opens()

    board.texts("coordinator", board.code_of("coordinator"))

    recorded = {row.method: row for row in board.rows(notifications, kind="recorded", contact="coordinator")}
    queued = {row.notification_id for row in board.rows(attempts)}
    assert recorded["sms"].id not in queued
    assert recorded["email"].id in queued


def test_the_same_answer_again_changes_nothing(board: Switchboard) -> None:
    board.opens()
    code = board.code_of("coordinator")

    assert board.texts("coordinator", code) == board.texts("coordinator", code)
    assert board.answers() == [("coordinator", "acknowledged")]


def test_done_counts_as_an_answer_and_keeps_the_words(board: Switchboard) -> None:
    board.opens()

    reply = board.texts("coordinator", f"HECHO {board.code_of('coordinator')} llamé al alcalde")

    assert board.answers() == [("coordinator", "acknowledged")]
    assert board.actions() == [("coordinator", "observed", "llamé al alcalde")]
    assert reply
    assert "su informe" in reply


def test_an_answer_and_a_report_in_one_text_both_count_once(board: Switchboard) -> None:
    board.opens()
    code = board.code_of("coordinator")

    board.texts("coordinator", f"OK {code}\nHECHO {code} visita")

    assert board.answers() == [("coordinator", "acknowledged")]
    assert len(board.actions()) == 1


def test_several_codes_in_one_text_each_count(board: Switchboard) -> None:
    """B4; the one reply speaks of one incident, the other is confirmed by an SMS of its own."""
    first, second = board.opens(), board.opens()
    codes = board.codes_of("coordinator")

    board.texts("coordinator", " ".join(codes))

    assert board.answers() == [("coordinator", "acknowledged")] * 2
    sent = {row.notification_id for row in board.rows(attempts)}
    confirmed = board.rows(notifications, kind="recorded", contact="coordinator", method="sms")
    assert {row.incident_id for row in confirmed} == {first, second}
    assert len([row for row in confirmed if row.id in sent]) == 1


def test_a_code_counts_with_another_incident_open(board: Switchboard) -> None:
    board.opens()
    board.passes(minutes=1)
    second = board.opens()
    code = board.code_of("coordinator")

    board.texts("coordinator", code)

    [answer] = board.answers()
    assert board.history(second, "acknowledged")
    assert answer == ("coordinator", "acknowledged")


def test_the_text_is_kept_on_the_record(board: Switchboard) -> None:
    """A10, A12: as it is."""
    incident = board.opens()
    text = f"Sí… OK {board.code_of('coordinator')}"

    board.texts("coordinator", f"OK {board.code_of('coordinator')} vamos ✓")
    board.texts("coordinator", text)

    assert [entry["text"] for entry in board.history(incident, "sms_received")][-1] == text


def test_after_the_close_the_code_says_that_it_is_over(board: Switchboard) -> None:
    incident = board.opens()
    code = board.code_of("coordinator")
    board.closes(incident)

    reply = board.texts("coordinator", code)

    assert board.answers() == []
    assert reply
    assert "ya se cerro" in reply


def test_a_code_is_dead_a_week_after_the_close_and_still_no_strangers(board: Switchboard) -> None:
    """B4: unique among codes whose incident is open or closed less than 7 days. B9: what it was sent is answered."""
    incident = board.opens()
    code = board.code_of("coordinator")
    board.closes(incident)
    board.passes(minutes=8 * 24 * 60)

    reply = board.texts("coordinator", code)

    assert reply
    assert "llego a la coordinacion" in reply
    assert board.answers() == []


def test_a_contact_that_was_barred_since_counts_for_nothing_and_hears_nothing(board: Switchboard) -> None:
    """A3: even the reply would be news to it; A12: the coordinators read what it wrote."""
    incident = board.opens()
    board.tells(incident, "ombuds")
    code = board.code_of("ombuds")
    board.acts(incident, lambda locked: exclude(locked, ("ombuds",), by="test"))

    assert board.texts("ombuds", code) is None
    assert board.texts("ombuds", "¿Qué pasó?") is None
    assert board.answers() == []
    assert board.alarms() == [("not_understood", "ombuds")]


def test_what_a_barred_contact_texts_after_the_close_is_told_to_coordinators(board: Switchboard) -> None:
    """A12: even its code alone, which would be answered if it might hear of the incident."""
    incident = board.opens()
    board.tells(incident, "ombuds")
    code = board.code_of("ombuds")
    board.acts(incident, lambda locked: exclude(locked, ("ombuds",), by="test"))
    board.closes(incident)

    assert board.texts("ombuds", code) is None
    assert ("not_understood", "coordinator") in board.notices()


def unverified(board: Switchboard) -> str:
    return board.opens(verified=False)


@pytest.mark.parametrize(
    ("verb", "decision", "words"), [("GO", "go", "GO."), ("HOLD", "hold", "en espera"), ("NO", "hold", "en espera")]
)
def test_a_coordinator_decides_with_the_code_of_the_question(
    board: Switchboard, verb: str, decision: str, words: str
) -> None:
    """B4: `NO` with a decision's code is a hold."""
    unverified(board)

    reply = board.texts("second", f"{verb} {board.code_of('second', of_alarm=True)}")

    assert board.decision() == decision
    assert reply
    assert words in reply


def test_a_go_verifies_the_incident(board: Switchboard) -> None:
    """B3."""
    incident = unverified(board)

    board.texts("second", f"go{board.code_of('second', of_alarm=True)}")

    assert board.incident(incident).facts.verified


@pytest.mark.parametrize("text", ["{code}", "OK {code}", "PASO {code}", "HECHO {code} verificado"])
def test_a_question_is_not_decided_by_its_code_alone(board: Switchboard, text: str) -> None:
    """B4: GO or HOLD; the reply names both."""
    unverified(board)
    code = board.code_of("second", of_alarm=True)

    reply = board.texts("second", text.format(code=code))

    assert board.decision() is None
    assert reply
    assert f"GO {code}" in reply
    assert f"ESPERA {code}" in reply


def test_a_coordinators_own_code_decides_the_oldest_open_question(board: Switchboard) -> None:
    """B4."""
    unverified(board)

    board.texts("coordinator", f"GO {board.code_of('coordinator')}")

    assert board.decision() == "go"
    assert board.answers() == []


def test_a_go_that_comes_twice_is_said_to_stand(board: Switchboard) -> None:
    unverified(board)
    code = board.code_of("coordinator")
    first = board.texts("coordinator", f"GO {code}")

    assert board.texts("coordinator", f"GO {code}") == first
    assert board.alarms() == []


def test_a_go_of_somebody_who_does_not_decide_is_read_by_people(board: Switchboard) -> None:
    incident = unverified(board)
    board.tells(incident, "ombuds")
    code = board.code_of("ombuds")

    reply = board.texts("ombuds", f"GO {code}")

    assert board.decision() is None
    assert board.alarms() == [("not_understood", "ombuds")]
    assert reply
    assert code in reply


def test_an_alarm_is_silenced_by_its_code(board: Switchboard) -> None:
    """B3: repeated until any coordinator answers it."""
    incident = board.opens()
    board.tells(incident, "ombuds")
    board.texts("ombuds", "¿quién es?")

    reply = board.texts("second", board.code_of("second", of_alarm=True))

    assert board.alarms() == []
    assert reply
    assert "registrado" in reply


def test_an_alarm_that_a_coordinator_declines_rings_on(board: Switchboard) -> None:
    """A2: nothing ends in silence."""
    incident = board.opens()
    board.tells(incident, "ombuds")
    board.texts("ombuds", "¿quién es?")

    board.texts("second", f"NO {board.code_of('second', of_alarm=True)}")

    assert board.alarms() == [("not_understood", "ombuds")]
    [alarm] = board.rows(alarms, kind="alarm")
    assert alarm.answer is None


@pytest.mark.parametrize("verb", ["NO", "PASO"])
def test_an_alarm_that_a_coordinator_gives_back_rings_again(board: Switchboard, verb: str) -> None:
    """A2: its reply says that others are asked."""
    incident = board.opens()
    board.tells(incident, "ombuds")
    board.texts("ombuds", "¿quién es?")
    code = board.code_of("second", of_alarm=True)
    board.texts("second", code)
    taken = board.alarms()

    board.texts("second", f"{verb} {code}")

    assert taken == []
    assert board.alarms() == [("not_understood", "ombuds")]


def test_no_reply_names_a_person_or_place(board: Switchboard) -> None:
    """A9."""
    board.opens(
        people=(Affected("P7", name="Juana Ejemplo"),), place="L12", details="en el puente", consent=Scope.NATIONAL
    )

    board.texts("coordinator", "¿qué pasó?")
    board.texts("coordinator", board.code_of("coordinator"))

    assert board.answers()
    assert any(board.replies)
    assert not re.search(r"Juana|\bP7\b|L12|puente", str(board.replies))


def test_a_phone_that_raised_the_incident_cannot_acknowledge_it(board: Switchboard) -> None:
    """B1: the number that raised the incident receives nothing of it and can't acknowledge it."""
    incident = board.opens()
    board.tells(incident, "ombuds")
    code = board.code_of("ombuds")
    board.acts(
        incident,
        lambda locked: locked.change_facts(
            replace(locked.facts, raised_from="+573005550120", perpetrator=Perpetrator.NONE)
        ),
    )

    assert board.texts("ombuds", code) is None
    assert board.answers() == []

    board.acts(incident, lambda locked: locked.change_facts(replace(locked.facts, raised_from=None)))
    board.texts("ombuds", code)
    assert len(board.answers()) == 1


def test_an_answer_ends_the_calls_that_became_pointless(board: Switchboard) -> None:
    """A4: what still rings is hung up."""
    board.opens()
    board.passes(minutes=3)
    ringing = update(attempts).where(attempts.c.method == "call").values(status="sent", due_at=None, provider_id="CA1")
    board.runtime.transact(lambda tx: tx.session.execute(ringing).close())

    board.texts("coordinator", board.code_of("coordinator"))

    assert board.ended == ["CA1"]


def test_changes_of_an_answer_are_told_five_times_an_hour_and_the_rest_in_one(board: Switchboard) -> None:
    """B9: 60 changes are not 120 SMS; each counts, and what is confirmed at the hour's end is what stands.

    Of those told at once, the newest takes the place of what has not left yet.
    """
    incident = board.opens()
    board.tells(incident, "ombuds")
    code = board.code_of("ombuds")

    replies = [board.texts("ombuds", f"{verb} {code}") for verb in ("OK", "NO") * 30]

    assert all(replies)
    assert board.answers() == [("ombuds", "declined")]
    sent = {row.notification_id: row.due_at for row in board.rows(attempts)}
    told = [row for row in board.rows(notifications, kind="notice", contact="coordinator") if row.id in sent]
    assert [row.said.get("subject") for row in told] == ["acknowledged", "declined"] * 3 + ["more_answers"]
    assert [sent[row.id] for row in told] == [None] * 5 + [board.clock.at, board.clock.at + timedelta(hours=1)]
    assert len(board.history(incident, "declined")) == 30


def test_the_confirmation_at_the_end_of_the_hour_says_what_stands(board: Switchboard) -> None:
    """A6, B9: at all its methods."""
    board.opens()
    code = board.code_of("coordinator")
    for verb in ("OK", "NO") * 5:
        board.texts("coordinator", f"{verb} {code}")

    sent = {row.notification_id: row.due_at for row in board.rows(attempts)}
    by_mail = [row for row in board.rows(notifications, contact="coordinator", method="email") if row.id in sent]
    later = [row for row in by_mail if row.kind in ("recorded", "declined") and sent[row.id] > board.clock.at]
    assert [(row.kind, row.said.get("subject")) for row in later] == [("declined", "declined")]


def test_reports_of_action_are_told_five_times_an_hour(board: Switchboard) -> None:
    """B9."""
    board.tells(board.opens(), "ombuds")
    code = board.code_of("ombuds")

    for place in range(20):
        board.texts("ombuds", f"HECHO {code} visita {place}")

    told = [row.said.get("subject") for row in board.rows(notifications, kind="notice", contact="coordinator")]
    assert told.count("action") == 5
    assert told.count("more_answers") == 1
    assert len(board.actions()) == 20
