"""Texts that carry no right code: free text, verbs alone, wrong codes, STOP, and strangers (A6, A12, B4)."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from alertnet.flows.incidents.update import exclude
from alertnet.flows.sms.receive_sms import receive_late_sms
from alertnet.flows.system.purge import PurgeDecision, begin_purge
from alertnet.store.records.credentials.codes import ask_numbers_with
from alertnet.store.records.inbound import InboundText
from alertnet.store.tables import attempts, codes, guesses, inbound, incidents, limit_usage, notifications
from tests.flows.switchboard import CAST, Switchboard

WRONG = "9999"


@pytest.fixture
def alerted(board: Switchboard) -> Switchboard:
    """An open incident of which the ombuds office knows, too."""
    board.tells(board.opens(), "ombuds")
    return board


def test_free_text_alarms_the_coordinators_and_acknowledges_nothing(alerted: Switchboard) -> None:
    """B4, A12: it reaches them as it is; the one reply names the code that would count."""
    reply = alerted.texts("ombuds", "¿Quién es? No entiendo")

    assert alerted.answers() == []
    assert alerted.alarms() == [("not_understood", "ombuds")]
    assert alerted.history(alerted.newest(), "sms_received")[0]["text"] == "¿Quién es? No entiendo"
    assert reply
    assert f"hasta que responda {alerted.code_of('ombuds')}" in reply


def test_what_is_longer_than_any_text_is_read_as_far_as_it_is_kept(alerted: Switchboard) -> None:
    """A11: a report of a million characters took the writer minutes, in which nobody else was heard."""
    alerted.texts("ombuds", f"{'x' * 1600} {alerted.code_of('ombuds')}")

    assert alerted.answers() == []
    assert alerted.alarms() == [("not_understood", "ombuds")]
    assert alerted.history(alerted.newest(), "sms_received")[0]["text"] == "x" * 1600


def test_more_free_text_rings_no_second_alarm(alerted: Switchboard) -> None:
    for text in ("hola", "¿hola?", "¿quién es?"):
        alerted.texts("ombuds", text)

    assert len(alerted.alarms()) == 1
    assert len(alerted.history(alerted.newest(), "sms_received")) == 3


def test_whoever_has_answered_is_not_told_that_the_alarm_goes_on_for_them(alerted: Switchboard) -> None:
    alerted.texts("ombuds", alerted.code_of("ombuds"))

    reply = alerted.texts("ombuds", "vamos en camino")

    assert reply
    assert "llego a la coordinacion" in reply
    assert "hasta que responda" not in reply


@pytest.mark.parametrize(("answer", "kept"), [("{}", "se hace cargo"), ("PASO {}", "lo transmitio")])
def test_an_ok_to_the_confirmation_is_told_again_what_is_recorded(alerted: Switchboard, answer: str, kept: str) -> None:
    """Asked for its code once more, somebody who has charge would think that nothing was recorded."""
    alerted.texts("ombuds", answer.format(alerted.code_of("ombuds")))
    before = alerted.answers()

    reply = alerted.texts("ombuds", "OK")

    assert reply
    assert kept in reply
    assert alerted.answers() == before
    assert alerted.alarms() == []


def test_an_ok_after_a_no_has_to_name_the_code(alerted: Switchboard) -> None:
    """A6: it may be meant as a change, which only the code proves."""
    alerted.texts("ombuds", f"NO {alerted.code_of('ombuds')}")

    assert f"Abiertos: {alerted.code_of('ombuds')}" in str(alerted.texts("ombuds", "OK"))


def test_free_text_about_one_of_several_incidents_names_all_codes(board: Switchboard) -> None:
    for _ in range(2):
        board.tells(board.opens(), "ombuds")
        board.passes(minutes=1)

    reply = board.texts("ombuds", "¿cuál?")

    assert board.alarms() == [("not_understood", "ombuds")] * 2
    assert reply
    assert ", ".join(board.codes_of("ombuds")) in reply


@pytest.mark.parametrize("verb", ["OK", "no", "HECHO", "PASO", "GO"])
def test_a_verb_without_a_code_never_acts(alerted: Switchboard, verb: str) -> None:
    """B4: the one reply names the open codes."""
    reply = alerted.texts("ombuds", verb)

    assert alerted.answers() == []
    assert alerted.alarms() == []
    assert reply
    assert f"Abiertos: {alerted.code_of('ombuds')}" in reply


def test_a_wrong_code_acts_no_more_than_a_verb(alerted: Switchboard) -> None:
    reply = alerted.texts("ombuds", f"OK {WRONG}")

    assert alerted.answers() == []
    assert reply
    assert alerted.code_of("ombuds") in reply


def test_words_around_a_number_that_is_no_code_are_read_by_people(alerted: Switchboard) -> None:
    """A12: a road or an hour is no guess alone; a code without a word is nothing to read."""
    alerted.texts("ombuds", "OK 4599")
    assert alerted.alarms() == []

    reply = alerted.texts("ombuds", "Nos llevan por el km 4500, estamos mal")

    assert reply
    assert alerted.answers() == []
    assert alerted.alarms() == [("not_understood", "ombuds")]
    assert "km 4500" in alerted.history(alerted.newest(), "sms_received")[-1]["text"]


def test_five_wrong_codes_void_what_the_number_holds_and_make_it_afresh(alerted: Switchboard) -> None:
    """B4; the fresh code comes in the reply, the coordinators are told, and no other incident is given the void one."""
    before = alerted.code_of("ombuds")

    replies = [alerted.texts("ombuds", WRONG) for _ in range(5)]

    after = alerted.code_of("ombuds")
    assert after != before
    assert all(before in str(reply) for reply in replies[:4])
    assert after in str(replies[4])
    assert before not in str(replies[4])
    assert alerted.runtime.read(lambda tx: ask_numbers_with(tx, [before])())[before]
    assert ("wrong_codes", "coordinator") in alerted.notices()
    alerted.texts("ombuds", before)
    assert alerted.answers() == []
    alerted.texts("ombuds", after)
    assert alerted.answers() == [("ombuds", "acknowledged")]


def test_fresh_codes_are_made_once_and_then_the_number_is_locked_out(alerted: Switchboard) -> None:
    """B4: after five more its texts count no more for that incident; it is told once how to answer, by link or call."""
    replies = [alerted.texts("ombuds", WRONG) for _ in range(11)]

    fresh = str(alerted.rows(codes, contact="ombuds")[-1].code)
    assert alerted.codes_of("ombuds") == []
    assert [("ya no cuentan" in str(reply), "llame al" in str(reply)) for reply in replies[8:]] == [
        (False, False),
        (True, True),
        (False, False),
    ]
    assert ("locked_out", "coordinator") in alerted.notices()
    assert len(alerted.history(alerted.newest(), "codes_voided")) == 1
    assert len(alerted.history(alerted.newest(), "number_locked_out")) == 1
    alerted.texts("ombuds", fresh)
    assert alerted.answers() == []


def test_whatever_a_locked_out_number_texts_reaches_people_and_is_answered(alerted: Switchboard) -> None:
    """A12, B4: a number known to an open incident never meets silence."""
    own = alerted.code_of("ombuds")
    for _ in range(10):
        alerted.texts("ombuds", WRONG)

    for text in (own, "¿por qué?", WRONG):
        assert alerted.texts("ombuds", text) or text == WRONG
        assert alerted.history(alerted.newest(), "sms_received")[-1]["text"] == text
    assert alerted.alarms() == [("not_understood", "ombuds")]


def test_a_former_code_of_its_own_is_no_wrong_try(alerted: Switchboard) -> None:
    before = alerted.code_of("ombuds")
    for _ in range(5):
        alerted.texts("ombuds", WRONG)

    replies = [alerted.texts("ombuds", before) for _ in range(6)]

    assert all(alerted.code_of("ombuds") in str(reply) for reply in replies)
    assert alerted.answers() == []


def test_a_code_of_an_incident_that_is_being_erased_keeps_no_words_from_people(board: Switchboard) -> None:
    """A12: a purge that was cut short leaves codes until the next one."""
    incident = board.opens()
    code = board.code_of("coordinator")
    board.closes(incident)
    board.runtime.transact(lambda tx: tx.session.execute(update(attempts).values(due_at=None, status="failed")))
    board.runtime.transact(begin_purge, incident, PurgeDecision("Ines", "she asked for it"))

    reply = board.texts("coordinator", f"{code} me siguen")

    assert reply
    assert "llego a la coordinacion" in reply
    assert board.alarms() == [("not_understood", "coordinator")]


def test_a_text_with_a_wrong_code_acts_on_none_of_its_codes(alerted: Switchboard) -> None:
    """B4: a right one among guesses is a guess."""
    right = alerted.code_of("ombuds")

    for text in (f"{right} {WRONG}", f"OK {WRONG}, NO {right}", f"{right} 9998 {WRONG}"):
        assert alerted.texts("ombuds", text)

    assert alerted.answers() == []
    assert alerted.rows(guesses)[0].tries == 4


def test_a_list_of_codes_is_none(alerted: Switchboard) -> None:
    """B4: at most three; the text is read by people."""
    right = alerted.code_of("ombuds")

    alerted.texts("ombuds", " ".join([right, *(f"{code}" for code in range(3000, 3319))]))

    assert alerted.answers() == []
    assert alerted.rows(guesses) == []
    assert alerted.alarms() == [("not_understood", "ombuds")]


def test_a_list_of_go_verifies_nothing(board: Switchboard) -> None:
    """B4: for decisions as for answers."""
    incident = board.opens(verified=False)
    code = board.code_of("second", of_alarm=True)

    for text in (f"GO {WRONG} {code}", " ".join(f"GO {each}" for each in ("3001", "3002", code, "3003"))):
        board.texts("second", text)

    assert not board.incident(incident).facts.verified
    board.texts("second", f"GO {code}")
    assert board.incident(incident).facts.verified


def test_tries_count_for_an_hour(alerted: Switchboard) -> None:
    """B9: five in an hour."""
    before = alerted.code_of("ombuds")
    for _ in range(3):
        for _ in range(4):
            alerted.texts("ombuds", WRONG)
        alerted.passes(minutes=61)

    assert alerted.code_of("ombuds") == before


def test_wrong_codes_of_one_number_leave_another_contacts_code_alone(alerted: Switchboard) -> None:
    before = alerted.code_of("coordinator")

    for _ in range(5):
        alerted.texts("ombuds", WRONG)

    assert alerted.code_of("coordinator") == before


def test_right_codes_are_not_counted_as_tries(alerted: Switchboard) -> None:
    code = alerted.code_of("ombuds")

    for _ in range(6):
        alerted.texts("ombuds", code)

    assert alerted.code_of("ombuds") == code


def test_a_coordinators_slips_leave_the_shared_code_to_the_others(board: Switchboard) -> None:
    """B9: they count against that number alone; it gets a code of its own for the question."""
    board.opens(verified=False)
    shared = board.code_of("second", of_alarm=True)

    for _ in range(5):
        board.texts("second", WRONG)

    own = board.code_of("second", of_alarm=True)
    assert own != shared
    asked = board.rows(notifications, kind="decision", contact="coordinator-2", method="sms")
    assert [row.said.get("code") for row in asked] == [shared, own]
    board.texts("second", f"GO {shared}")
    assert board.decision() is None
    board.texts("coordinator", f"HOLD {shared}")
    assert board.decision() == "hold"
    board.texts("second", f"GO {own}")
    assert board.decision() == "go"


@pytest.mark.parametrize(("is_decided", "asked"), [(False, 2), (True, 1)])
def test_a_coordinators_slips_ask_nothing_anew_that_was_decided(
    board: Switchboard, is_decided: bool, asked: int
) -> None:
    """B9: the number loses the shared code, and gets one of its own where the question still waits."""
    incident = board.opens(verified=False)
    if is_decided:
        board.texts("coordinator", f"GO {board.code_of('coordinator', of_alarm=True)}")

    for _ in range(5):
        board.texts("second", WRONG)

    assert len(board.history(incident, "codes_voided")) == 1
    assert len(board.rows(notifications, kind="decision", contact="coordinator-2", method="sms")) == asked


@pytest.mark.parametrize("who", ["ombuds", "stranger"])
def test_another_contacts_code_counts_for_nothing_and_is_reported(board: Switchboard, who: str) -> None:
    """A6: never a code from another number."""
    incident = board.opens()
    code = board.code_of("coordinator")

    board.texts(who, f"OK {code}")

    assert board.answers() == []
    assert ("foreign_code", "coordinator") in board.notices()
    assert board.history(incident, "foreign_code") == [{"contact": "coordinator", "sender": f"…{CAST[who][-4:]}"}]


def test_who_texts_another_contacts_code_is_told_that_people_read_it(board: Switchboard) -> None:
    """A12, A6: the wrong phone in one's hand meets no silence, and learns nothing of the code. A stranger does."""
    board.opens()
    code = board.code_of("coordinator")
    wrong = "1234" if code != "1234" else "4321"

    reply = board.texts("ombuds", code)

    assert reply is not None
    assert reply == board.texts("ombuds", wrong)
    assert board.texts("stranger", code) is None


def test_another_contacts_code_is_no_wrong_try(alerted: Switchboard) -> None:
    own, foreign = alerted.code_of("ombuds"), alerted.code_of("coordinator")

    for _ in range(5):
        alerted.texts("ombuds", foreign)

    assert alerted.code_of("ombuds") == own
    assert alerted.answers() == []


def test_a_stop_alarms_the_coordinators_and_is_not_answered(alerted: Switchboard) -> None:
    """B4."""
    assert alerted.texts("ombuds", "Stop.") is None
    assert alerted.alarms() == [("opted_out", "ombuds")]
    assert alerted.answers() == []


def test_a_text_that_comes_in_after_its_own_repetition_is_answered_too(alerted: Switchboard) -> None:
    """A12: it was written before any reply of ours; only what follows one within seconds is a machine's."""
    assert alerted.texts("ombuds", "who is it?")
    alerted.clock.at += timedelta(seconds=5)
    late = InboundText("SM-late", CAST["ombuds"], "who is it?", heard_at=alerted.clock.at - timedelta(minutes=1))

    alerted.runtime.transact(receive_late_sms, alerted.runtime.edition, late)

    assert len(alerted.rows(notifications, kind="not_understood", contact="ombuds")) == 1


@pytest.mark.parametrize("text", ["YES", "HELP", "INFO"])
def test_the_carriers_other_words_are_read_by_people(alerted: Switchboard, text: str) -> None:
    alerted.texts("ombuds", text)

    assert alerted.answers() == []
    assert alerted.alarms() == [("not_understood", "ombuds")]


def test_a_contact_who_was_told_of_nothing_learns_of_nothing(board: Switchboard) -> None:
    """A3: the coordinators of its tree get the text, the reply is the same as with no incident open."""
    without = board.texts("ombuds", "Buenas noches")
    board.opens()

    assert board.texts("ombuds", "Buenas noches") == without
    assert board.alarms() == [("not_understood", "ombuds")]
    [text] = [row.id for row in board.rows(incidents) if row.facts["lone_text"]]
    said = {"tree": "colombia", "contact": "ombuds", "text": "Buenas noches"}
    assert board.history(text, "sms_received") == [said] * 2
    assert without
    assert "llego a la coordinacion" in without
    assert board.rows(inbound)[0].known


def test_a_coordinator_is_not_notified_of_its_own_text(board: Switchboard) -> None:
    board.texts("coordinator", "prueba")

    alarmed = {row.contact for row in board.rows(notifications, kind="alarm")}
    assert ("coordinator-2" in alarmed, "coordinator" in alarmed) == (True, False)


def test_a_reply_names_no_code_of_an_incident_the_sender_is_barred_from(board: Switchboard) -> None:
    """A3."""
    barred = board.opens()
    board.tells(barred, "ombuds")
    hidden = board.code_of("ombuds")
    board.passes(minutes=1)
    board.tells(board.opens(), "ombuds")
    board.acts(barred, lambda locked: exclude(locked, ("ombuds",), by="test"))

    reply = board.texts("ombuds", "OK")

    assert reply
    assert hidden not in reply
    assert board.code_of("ombuds") in reply


@pytest.mark.parametrize("text", ["Hola", "4711", "SOS", "ALERTA 47110 20", "STOP", "", "x" * 5000])
def test_a_stranger_learns_nothing(board: Switchboard, text: str) -> None:
    """B4: the text is kept, at most 1600 characters of it, and only coordinators hear that there is one."""
    assert board.texts("stranger", text) is None

    [kept] = board.rows(inbound)
    assert (kept.known, kept.reply, kept.body) == (False, None, text[:1600])
    told = board.rows(notifications)
    assert {row.said.get("subject") for row in told} == (set() if text == "STOP" else {"unknown_number"})
    assert CAST["stranger"] not in {row.address for row in told}


def test_a_strangers_texts_are_looked_at_five_times_an_hour(board: Switchboard) -> None:
    """B9: the rest is kept; one valid code 320 times is one notice."""
    incident = board.opens()
    code = board.code_of("coordinator")

    for body in [code] * 40 + [" ".join([code] * 320)] * 5:
        assert board.texts("stranger", body) is None

    assert len(board.rows(inbound)) == 45
    assert len(board.history(incident, "foreign_code")) == 1
    told = [row for row in board.rows(notifications, kind="notice") if row.said.get("subject") == "foreign_code"]
    assert len(told) == len({row.contact for row in told})
    assert board.history("system", "limit_reached") == [{"limit": "stranger_texts"}]
    assert ("flood", "coordinator") in board.notices()
    board.passes(minutes=61)
    board.texts("stranger", code)
    assert board.history(incident, "foreign_code")[-1]["untold"] == 4


def test_texts_of_all_strangers_together_are_looked_at_sixty_times_an_hour(board: Switchboard) -> None:
    """B9: whatever numbers they show."""
    board.opens()
    for place in range(70):
        CAST[f"stranger {place}"] = f"+57300888{place:04}"
        board.texts(f"stranger {place}", "OK 3001")

    assert board.history("system", "limit_reached") == [{"limit": "all_stranger_texts"}]
    [used] = board.rows(limit_usage, name="all_stranger_texts")
    assert (len(used.until), used.dropped) == (60, 10)


def test_replies_to_a_known_number_get_fewer(alerted: Switchboard) -> None:
    """B9: five in ten minutes, then one in ten minutes; each text is on the record."""
    replies = [alerted.texts("ombuds", f"pregunta {place}") for place in "abcdefgh"]

    assert [reply is not None for reply in replies] == [True] * 5 + [False] * 3
    assert len(alerted.history(alerted.newest(), "sms_received")) == 8
    assert ("flood", "coordinator") in alerted.notices()
    alerted.passes(minutes=11)
    assert [alerted.texts("ombuds", f"otra {place}") is not None for place in "ab"] == [True, False]


def test_a_code_that_the_number_was_sent_is_always_answered(alerted: Switchboard) -> None:
    """B9, A12: in a flood too."""
    code = alerted.code_of("ombuds")
    for place in "abcdefgh":
        alerted.texts("ombuds", f"pregunta {place}")

    assert all(alerted.texts("ombuds", code) for _ in range(10))
    assert alerted.answers() == [("ombuds", "acknowledged")]


def test_an_auto_responder_is_answered_once(alerted: Switchboard) -> None:
    """A12: its text reaches people all the same."""
    replies = []
    for _ in range(100):
        replies.append(alerted.texts("ombuds", "Gracias por su mensaje, le contestaremos pronto."))
        alerted.clock.at += timedelta(seconds=3)

    assert [reply is not None for reply in replies] == [True] + [False] * 99
    assert alerted.texts("ombuds", "Respuesta automática: fuera de la oficina") is None
    assert alerted.alarms() == [("not_understood", "ombuds")]


def test_a_report_is_answered_in_any_flood(board: Switchboard) -> None:
    """B9: a report from a member is never limited."""
    for place in "abcdefgh":
        board.texts("ana", f"pregunta {place}")

    assert all(board.texts("ana", "SOS") for _ in range(8))
