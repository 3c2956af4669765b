"""Texts that carry no right code: free text, verbs alone, wrong codes, STOP, and strangers (A6, A12, B4)."""

import pytest

from alertnet.flows.update import exclude
from alertnet.store.tables import alarms, codes, inbound, notifications
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


def test_five_wrong_codes_void_what_the_number_holds_and_make_it_afresh(alerted: Switchboard) -> None:
    """B4; the fresh code comes in the reply, and the coordinators are told."""
    before = alerted.code_of("ombuds")

    replies = [alerted.texts("ombuds", WRONG) for _ in range(5)]

    after = alerted.code_of("ombuds")
    assert after != before
    assert all(before in str(reply) for reply in replies[:4])
    assert after in str(replies[4])
    assert before not in str(replies[4])
    assert ("wrong_codes", "coordinator") in alerted.notices()
    alerted.texts("ombuds", before)
    assert alerted.answers() == []
    alerted.texts("ombuds", after)
    assert alerted.answers() == [("ombuds", "acknowledged")]


def test_fresh_codes_are_made_once(alerted: Switchboard) -> None:
    """B4: then page and keypad go on, and the coordinators get what it writes."""
    replies = [alerted.texts("ombuds", WRONG) for _ in range(10)]

    assert alerted.codes_of("ombuds") == []
    assert replies[9] is None


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


def test_a_question_rings_again_with_its_fresh_code(board: Switchboard) -> None:
    """B4: a coordinator's five slips void the question's code as well; nobody is left with a dead one."""
    board.opens(verified=False)
    before = board.code_of("second", of_alarm=True)

    for _ in range(5):
        board.texts("second", WRONG)

    after = board.code_of("second", of_alarm=True)
    [question] = board.rows(alarms, kind="decision")
    assert after != before
    assert board.rows(codes, id=question.code_id)[0].code == after
    assert question.due_at == board.at
    board.texts("second", f"GO {after}")
    assert board.decision() == "go"


@pytest.mark.parametrize("who", ["ombuds", "stranger"])
def test_another_contacts_code_counts_for_nothing_and_is_reported(board: Switchboard, who: str) -> None:
    """A6: never a code from another number."""
    incident = board.opens()
    code = board.code_of("coordinator")

    assert board.texts(who, f"OK {code}") is None
    assert board.answers() == []
    assert ("foreign_code", "coordinator") in board.notices()
    assert board.history(incident, "foreign_code") == [{"contact": "coordinator", "sender": f"…{CAST[who][-4:]}"}]


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
    assert ("not_understood", "coordinator") in board.notices()
    assert board.history("system", "sms_received") == [{"by": "colombia/ombuds", "text": "Buenas noches"}] * 2
    assert without
    assert "llego a la coordinacion" in without
    assert board.rows(inbound)[0].known


def test_a_coordinator_is_not_notified_of_its_own_text(board: Switchboard) -> None:
    board.texts("coordinator", "prueba")

    assert ("not_understood", "coordinator-2") in board.notices()
    assert ("not_understood", "coordinator") not in board.notices()


def test_a_reply_names_no_code_of_an_incident_the_sender_is_barred_from(board: Switchboard) -> None:
    """A3."""
    barred = board.opens()
    board.tells(barred, "ombuds")
    hidden = board.code_of("ombuds")
    board.passes(minutes=1)
    board.tells(board.opens(), "ombuds")
    board.acts(barred, lambda case: exclude(case, ("ombuds",), by="test"))

    reply = board.texts("ombuds", "OK")

    assert reply
    assert hidden not in reply
    assert board.code_of("ombuds") in reply


@pytest.mark.parametrize("text", ["Hola", "4711", "SOS", "ALERTA 47110 20", "STOP", "", "x" * 5000])
def test_a_stranger_learns_nothing(board: Switchboard, text: str) -> None:
    """B4: the text is kept, at most 1600 characters of it, and nothing happens."""
    assert board.texts("stranger", text) is None

    [kept] = board.rows(inbound)
    assert (kept.known, kept.reply, kept.body) == (False, None, text[:1600])
    assert board.rows(notifications) == []
