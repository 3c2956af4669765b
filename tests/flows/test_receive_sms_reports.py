"""Reports from the field by SMS: SOS, HELP, ALERT, and the PINs that decide what is believed of them (B3, B4)."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from alertnet.core.incident import Certainty, Incident, Scope, Severity
from alertnet.core.limits import NUMBERS_COMPARED
from alertnet.core.notification import Kind
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.journeys.missed import miss_check_in
from alertnet.flows.system.purge import PurgeDecision, begin_purge
from alertnet.store.tables import alarms, attempts, escalations, incidents, journeys, notifications
from tests.flows.switchboard import CAST, Switchboard

PIN, DURESS, ONE_TIME = "47110", "47990", "471103"
FULL = f"ALERTA {PIN} 30 L12 P7 C2 nos pararon"


@pytest.fixture
def field(board: Switchboard) -> Switchboard:
    """Ana has her PINs; Mary has none."""
    board.runtime.transact(set_pins, "north/ana", pin=PIN, duress=DURESS, one_time=(ONE_TIME,))
    return board


def opened(board: Switchboard) -> Incident:
    """The one incident there is."""
    assert len(board.rows(incidents)) == 1
    incident: Incident = board.incident(board.newest())
    return incident


@pytest.mark.parametrize("text", ["SOS", "sos!!", "HELP", "S.O.S."])
def test_a_bare_cry_for_help_raises_without_a_pin(field: Switchboard, text: str) -> None:
    """B4: critical, unverified; the coordinators are asked at once whether it is genuine."""
    reply = field.texts("ana", text)

    facts = opened(field).facts
    assert (facts.type, facts.severity, facts.verified) == ("other", Severity.CRITICAL, False)
    assert (facts.certainty, facts.country, facts.team) == (Certainty.UNVERIFIED, "CO", "north")
    assert facts.raised_from == CAST["ana"]
    assert field.rows(notifications, kind="decision")
    assert [entry["pin"] for entry in field.history(opened(field).id, "report_received")] == ["absent"]
    assert reply
    assert opened(field).ref in reply


def test_a_report_with_the_true_pin_is_believed_and_echoed(field: Switchboard) -> None:
    """B4: the reply echoes what was understood, in the member's language."""
    reply = field.texts("ana", FULL)

    facts = opened(field).facts
    assert (facts.type, facts.severity, facts.verified) == ("death_threat", Severity.SERIOUS, True)
    assert (facts.place, facts.consent, facts.details) == ("L12", Scope.INTERNATIONAL, "nos pararon")
    assert [(person.code, person.nationality) for person in facts.people] == [("P7", "ES")]
    assert reply
    assert "recibido 22:12, verificado: 30, L12, P7, C2." in reply


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("ALERTA 47110 L12 cogieron gente", "verificado: ?, L12."),
        ("SOS 47110 L12", "verificado: SOS, L12."),
        ("ALERTA 47110 20 L12", "verificado: 20, L12."),
    ],
)
def test_the_reply_shows_where_nobody_could_tell_what_has_happened(
    field: Switchboard, text: str, understood: str
) -> None:
    """B4: who told of thirty arrests in words of the street must see that they are an incident of any kind."""
    assert understood in (field.texts("ana", text) or "")


def test_a_coordinators_own_sos_raises_and_rings_the_others(field: Switchboard) -> None:
    """B4: its phone may be in other hands, so what it raised is decided by somebody else."""
    reply = field.texts("coordinator", "SOS")

    facts = opened(field).facts
    assert (facts.type, facts.severity, facts.verified, facts.country) == ("other", Severity.CRITICAL, False, "CO")
    assert (facts.team, facts.consent, facts.raised_from) == (None, Scope.INTERNAL, CAST["coordinator"])
    asked = {row.address for row in field.rows(notifications, kind="decision")}
    assert (CAST["second"] in asked, CAST["coordinator"] in asked) == (True, False)
    assert CAST["coordinator"] not in (reply or "")
    assert CAST["second"] in (reply or "")
    assert reply
    assert opened(field).ref in reply


def test_nobody_is_asked_to_call_the_coordinator_who_cried_for_help(field: Switchboard) -> None:
    """Whoever calls it may speak with those who hold it."""
    field.texts("coordinator", "SOS")
    callbacks = {row.contact: row.said["callback"] for row in field.rows(notifications, kind="decision")}
    field.closes(field.newest())

    field.texts("ana", "SOS")

    assert CAST["coordinator"] not in callbacks.values()
    asked = {row.contact: row.said["callback"] for row in field.rows(notifications, kind="decision")}
    assert (callbacks["coordinator-2"], asked["coordinator-2"]) == ("+32470550101", CAST["coordinator"])


def test_a_coordinator_who_answers_an_alarm_in_words_raises_no_other(field: Switchboard) -> None:
    """A12: "Alerta recibida" is about the incident that is open, and people read it there."""
    incident = field.opens()
    assert field.codes_of("coordinator")

    field.texts("coordinator", "Alerta recibida, voy en camino")

    assert [row.id for row in field.rows(incidents)] == [incident]
    assert [entry["text"] for entry in field.history(incident, "sms_received")] == ["Alerta recibida, voy en camino"]


@pytest.mark.parametrize(
    ("who", "text", "kept"),
    [
        ("ana", f"hola {PIN} y 12345", "hola ····· y 12345"),
        ("ana", f"OFF{DURESS} ya", "OFF····· ya"),
        ("ana", "hola ٤٧١١٠", "hola ·····"),
        ("coordinator", "hola 58230 a todos", "hola ····· a todos"),
    ],
)
def test_no_record_of_words_keeps_a_pin_that_stands_among_them(
    field: Switchboard, who: str, text: str, kept: str
) -> None:
    """A6, A9: others read these words, and whoever knows a PIN can answer by it."""
    field.runtime.transact(set_pins, "colombia/coordinator", pin="58230")
    incident = field.opens(raised_from=CAST["ana"])

    field.texts(who, text)

    assert [entry["text"] for entry in field.history(incident, "sms_received")] == [kept]


def test_of_many_texts_with_numbers_only_the_first_are_compared_with_pins(field: Switchboard) -> None:
    """B9: each takes the processor, though none is a try; what comes after is read with dots, its own PIN still heard.

    A report is compared once, however often it is put before people.
    """
    incident = field.opens(raised_from=CAST["ana"])
    field.texts("ana", f"SOS {PIN} 12500")
    for number in range(NUMBERS_COMPARED.most - 1):
        field.texts("ana", f"hola {10_000 + number}")

    field.texts("ana", "hola 12500 y 4 mas")
    field.texts("ana", f"SOS {PIN} 12500 y 4 mas")

    texts = [entry["text"] for entry in field.history(incident, "sms_received")]
    assert texts[-2:] == [f"hola {10_000 + NUMBERS_COMPARED.most - 2}", "hola ····· y 4 mas"]
    reports = field.history(incident, "report_received")
    assert [(entry["pin"], entry["text"]) for entry in reports] == [("true", "12500"), ("true", "····· y 4 mas")]
    field.passes(minutes=61)
    field.texts("ana", "hola 12500")
    assert field.history(incident, "sms_received")[-1]["text"] == "hola 12500"


def test_a_report_keeps_none_of_the_pins_that_were_tried_in_it(field: Switchboard) -> None:
    """A6, A9."""
    field.texts("ana", f"SOS {DURESS} {PIN} nos pararon")

    assert opened(field).facts.details == "····· nos pararon"
    assert [entry["text"] for entry in field.history(opened(field).id, "report_received")] == ["····· nos pararon"]


def test_an_ally_who_cries_for_help_is_heard_by_the_coordinators(field: Switchboard) -> None:
    """B4: only a member or a coordinator raises; the words of other contacts go to people."""
    field.texts("ombuds", "SOS")

    assert opened(field).facts.lone_text
    assert field.rows(escalations) == []
    assert field.alarms() == [("not_understood", "ombuds")]


def test_each_member_is_answered_in_its_own_language(field: Switchboard) -> None:
    reply = field.texts("mary", "ALERT 20")

    assert reply
    assert "received 22:12, not verified: 20." in reply


def test_consent_that_is_not_given_is_the_teams(field: Switchboard) -> None:
    """B1: the standing consent where a message carries no C0-C3."""
    field.texts("ana", f"ALERTA {PIN} 20")

    assert opened(field).facts.consent is Scope.INTERNATIONAL


@pytest.mark.parametrize("text", ["ALERTA 20 L12", "ALERTA 11111 20 L12", "ALERTA 111111 20 L12"])
def test_without_the_right_pin_it_is_raised_but_unverified(field: Switchboard, text: str) -> None:
    """B3, A12: never dropped."""
    field.texts("ana", text)

    facts = opened(field).facts
    assert (facts.type, facts.place, facts.verified) == ("arrest", "L12", False)


def test_a_member_without_pins_is_never_verified_by_one(field: Switchboard) -> None:
    field.texts("mary", f"ALERT {PIN} 20")

    incident = opened(field)
    assert (incident.facts.type, incident.facts.verified) == ("arrest", False)
    assert [entry["pin"] for entry in field.history(incident.id, "report_received")] == ["none_set"]


def test_what_cannot_be_read_as_a_type_is_an_incident_as_grave_as_any_other(field: Switchboard) -> None:
    """B2: whoever cries for help is critical; who only could not be read, by the number that stands for it."""
    field.texts("ana", f"ALERTA {PIN} 77 algo pasó")

    facts = opened(field).facts
    assert (facts.type, facts.severity, facts.details) == ("other", Severity.MODERATE, "77 algo pasó")


def test_a_one_time_pin_is_good_once(field: Switchboard) -> None:
    field.texts("ana", f"ALERTA {ONE_TIME} 20")
    assert opened(field).facts.verified

    field.passes(minutes=11)
    field.texts("ana", f"ALERTA {ONE_TIME} 30")

    assert not field.incident(field.newest()).facts.verified


def reply_to(board: Switchboard, pin: str) -> object:
    """The reply to the same report with that PIN, but for the reference."""
    board.texts("ana", FULL.replace(PIN, pin))
    reply = board.replies[-1]
    assert reply
    [latest] = board.rows(incidents, status="open")
    board.closes(latest.id)
    return replace(reply, said=replace(reply.said, ref="A-7K3M"), to=None)


def test_the_duress_pin_is_answered_byte_for_byte_as_a_true_one(field: Switchboard) -> None:
    """B4: whoever stands beside the phone reads that it is verified, by whichever PIN."""
    assert len({str(reply_to(field, pin)) for pin in (PIN, DURESS, ONE_TIME)}) == 1


def test_a_wrong_pin_is_answered_as_none(field: Switchboard) -> None:
    """B4: that it is not verified is all that it learns."""
    true, wrong, none = (str(reply_to(field, pin)) for pin in (PIN, "11111", ""))

    assert wrong == none != true


def test_a_duress_pin_alarms_the_coordinators_and_leaves_the_phones_alone(field: Switchboard) -> None:
    """B4: nothing automatic reaches the team's phones; what it reports is believed, and critical."""
    field.texts("ana", FULL.replace(PIN, DURESS))

    incident = opened(field)
    assert (incident.facts.severity, incident.facts.verified) == (Severity.CRITICAL, True)
    assert incident.facts.field_silent
    assert incident.facts.duress
    assert [entry["pin"] for entry in field.history(incident.id, "report_received")] == ["duress"]
    assert ("news", "north") in field.alarms()
    assert field.rows(alarms, kind=Kind.FIELD_STATUS.value) == []
    assert not [row for row in field.rows(notifications) if row.address == CAST["ana"]]


def test_the_same_report_again_is_the_same_incident(field: Switchboard) -> None:
    """A1, also where the phone sent it twice and each has its own provider id."""
    first = field.texts("ana", FULL)

    assert field.texts("ana", FULL) == first
    assert len(field.rows(incidents)) == 1
    assert field.alarms() == []


def test_a_second_report_within_ten_minutes_is_news_of_the_same_event(field: Switchboard) -> None:
    field.texts("ana", "SOS")
    field.passes(minutes=9)

    field.texts("ana", "SOS nos llevan en un carro")

    assert field.alarms() == [("sos_again", "north")]
    texts = [entry["text"] for entry in field.history(opened(field).id, "report_received")]
    assert texts == [None, "nos llevan en un carro"]


def test_a_report_with_pin_verifies_the_sos_before_it(field: Switchboard) -> None:
    """B3: what the PIN proves adds to the facts; severity stays where it was."""
    field.texts("ana", "SOS")

    field.texts("ana", FULL)

    facts = opened(field).facts
    assert (facts.type, facts.severity, facts.verified) == ("death_threat", Severity.CRITICAL, True)
    assert (facts.place, facts.details) == ("L12", "nos pararon")
    assert field.decision() == "go"


def test_a_second_report_narrows_consent_and_never_widens_it(field: Switchboard) -> None:
    """A8: narrower consent applies at once, a wider one only when a coordinator re-resolves."""
    field.texts("ana", f"ALERTA {PIN} 20 C1")

    field.texts("ana", f"ALERTA {PIN} 20 C3")
    assert opened(field).facts.consent is Scope.NATIONAL

    field.texts("ana", f"ALERTA {PIN} 20 C0")
    assert opened(field).facts.consent is Scope.INTERNAL


def test_a_second_report_without_pin_changes_no_fact(field: Switchboard) -> None:
    """A number can be forged: people read it, nothing is narrowed by it."""
    field.texts("ana", FULL)
    before = opened(field).facts

    field.texts("ana", "ALERTA 10 P9 C0")

    assert opened(field).facts == before
    assert field.alarms() == [("news", "north")]


def test_duress_in_a_second_report_silences_what_the_field_was_to_hear(field: Switchboard) -> None:
    field.texts("ana", FULL)

    field.texts("ana", FULL.replace(PIN, DURESS))

    assert opened(field).facts.duress
    assert field.alarms() == [("news", "north")]
    assert [row.answer for row in field.rows(alarms, kind=Kind.FIELD_STATUS.value)] == ["silent"]


def test_duress_rings_again_though_news_of_the_team_rings_already(field: Switchboard) -> None:
    """B4: what rang before did not say that the page must be read first."""
    field.texts("ana", FULL)
    field.texts("ana", "ya nos siguen")
    assert field.alarms() == [("news", "north")]

    field.texts("ana", FULL.replace(PIN, DURESS))
    field.texts("ana", FULL.replace(PIN, DURESS))

    assert field.alarms() == [("news", "north")] * 2


@pytest.mark.parametrize("minutes", [1, 60])
def test_news_joins_what_the_phone_raised_last_however_long_ago(field: Switchboard, minutes: int) -> None:
    """B4: with a PIN it adds to the facts; the reply names that incident."""
    field.texts("ana", "SOS")
    field.passes(minutes)

    reply = field.texts("ana", f"NUEVA {PIN} 31 L14 nos siguen")

    facts = opened(field).facts
    assert (facts.type, facts.verified, facts.place) == ("threat", True, "L14")
    assert field.alarms()[-1] == ("verified", "north")
    assert reply
    assert f"{opened(field).ref}: recibido" in reply


def test_every_reply_after_custody_says_that_silence_follows(field: Switchboard) -> None:
    """B4: whatever the later report is about, nothing more is written to that phone."""
    replies = [field.texts("ana", text) for text in (f"ALERTA {PIN} 20", "SOS", f"NUEVA {PIN} L14")]

    assert [("no escribiremos" in str(reply)) for reply in replies] == [True] * 3
    assert opened(field).facts.place == "L14"


@pytest.mark.parametrize("text", [f"NUEVA {PIN} P7", f"ALERTA {PIN} 31 P7"])
def test_a_code_that_a_later_report_names_is_who_it_is_on_record(field: Switchboard, text: str) -> None:
    """B1: whose embassy is told, and how far news goes, is known from `people:`, whichever report had the code."""
    field.texts("ana", "SOS")

    field.texts("ana", text)

    people = [(person.code, person.nationality, person.consent) for person in opened(field).facts.people]
    assert people == [("P7", "ES", Scope.INTERNATIONAL)]


def test_news_without_its_pin_is_read_and_believed_by_people_alone(field: Switchboard) -> None:
    field.texts("ana", FULL)
    before = opened(field).facts

    field.texts("ana", "NEWS 10 they took her to L14")

    assert opened(field).facts == before
    assert field.alarms() == [("news", "north")]
    heard = [entry["text"] for entry in field.history(opened(field).id, "report_received")]
    assert heard == ["nos pararon", "they took her to L14"]


def test_news_of_nothing_that_is_open_raises_nothing_and_goes_to_people(field: Switchboard) -> None:
    """A12: a text before its alarm, or after the close."""
    for text in (f"NUEVA {PIN} 31 nos siguen", f"NUEVA {PIN} L14"):
        field.texts("ana", text)

    assert opened(field).facts.lone_text
    assert field.alarms() == [("not_understood", "north")]


@pytest.mark.parametrize("text", [f"OK {PIN}", f"GO {PIN}", f"FALSA {PIN}", f"ESPERA {PIN} 2h"])
def test_a_verb_of_the_field_that_raises_nothing_goes_to_people(field: Switchboard, text: str) -> None:
    """A12: where it is about nothing that is open or awaited, a coordinator reads it."""
    field.texts("ana", text)

    assert opened(field).facts.lone_text
    assert field.alarms() == [("not_understood", "north")]


@pytest.mark.parametrize(
    ("verb", "alarm"), [("FALSA", "withdrawal"), ("OK", "sos_again"), ("ARR", "sos_again"), ("ESPERA 2h", "sos_again")]
)
def test_duress_in_a_verb_that_raises_nothing_is_heard_and_answered_as_the_true_pin(
    field: Switchboard, verb: str, alarm: str
) -> None:
    """B4: "all is well" under duress; it marks what the phone has raised, however long ago."""
    field.texts("ana", "SOS")
    field.passes(minutes=60)
    replies = [field.texts("ana", f"{verb} {pin}") for pin in (PIN, DURESS)]

    facts = opened(field).facts
    assert replies[0] == replies[1]
    assert replies[0]
    assert (facts.duress, facts.field_silent, facts.severity) == (True, True, Severity.CRITICAL)
    assert field.alarms()[-1] == (alarm, "north")


def test_duress_with_nothing_open_raises(field: Switchboard) -> None:
    """B4: and its reply is that to the true PIN, of which people read the text alone."""
    true = field.texts("ana", f"OK {PIN}")
    assert opened(field).facts.lone_text
    field.closes(field.newest())

    under_duress = field.texts("ana", f"OK {DURESS}")

    raised = [each for row in field.rows(incidents, status="open") if (each := field.incident(row.id)).facts.duress]
    assert true == under_duress
    assert [(each.facts.verified, each.facts.team) for each in raised] == [(False, None)]


@pytest.mark.parametrize(
    "words", ["{}", "en casa {}", "todos tranquilos en el hotel {}, gracias", "cancel {}", "Stop {}"]
)
def test_duress_in_words_that_are_no_verb_is_heard_and_answered_as_the_true_pin(field: Switchboard, words: str) -> None:
    """B4, A12: whoever reads the words alone, with dots for the PIN, would believe them."""
    true = field.texts("ana", words.format(PIN))
    assert [field.incident(row.id).facts.duress for row in field.rows(incidents)] == [False]
    field.closes(field.newest())

    under_duress = field.texts("ana", words.format(DURESS))

    raised = [field.incident(row.id).facts for row in field.rows(incidents, status="open")]
    assert true == under_duress
    assert true is not None
    assert [each.severity for each in raised if each.duress] == [Severity.CRITICAL]


@pytest.mark.parametrize("words", ["OK 12345 {}", "OK 47110 {}", "FALSA 12345 {}", "TEST 12345 {}"])
def test_duress_behind_another_number_is_heard_and_answered_as_the_true_pin(field: Switchboard, words: str) -> None:
    """B4: of several numbers the first counts as the PIN, and no reply tells that one of them called for help."""
    field.texts("ana", "SOS")
    field.passes(minutes=60)
    true = field.texts("ana", words.format(PIN))
    assert not opened(field).facts.duress

    under_duress = field.texts("ana", words.format(DURESS))

    assert true == under_duress
    assert opened(field).facts.duress


@pytest.mark.parametrize("words", ["NEWS 12345 {} all is well", "SOS 12345 {}", "SOS 47110 {}", "SOS 20 L12 12345 {}"])
def test_duress_behind_another_number_of_a_report_is_heard(field: Switchboard, words: str) -> None:
    """B4: coordinators would believe news from whoever holds the phone; the reply gives no sign of it."""
    field.texts("ana", "SOS")
    true = field.texts("ana", words.format(PIN))
    before = opened(field).facts.duress

    under_duress = field.texts("ana", words.format(DURESS))

    assert true == under_duress
    assert (before, opened(field).facts.duress) == (False, True)


def test_a_number_among_words_is_no_wrong_pin(field: Switchboard) -> None:
    """B9: five prices in an hour close no door."""
    for price in range(25000, 25006):
        field.texts("ana", f"nos piden {price} pesos")

    field.texts("ana", f"ALERTA {PIN} 31")

    assert field.incident(field.newest()).facts.verified


def test_wrong_pins_in_such_texts_close_the_doors_as_anywhere(field: Switchboard) -> None:
    """B9."""
    for pin in range(11111, 11116):
        field.texts("ana", f"OK {pin}")

    field.texts("ana", f"ALERTA {PIN} 31")

    assert not field.incident(field.newest()).facts.verified
    assert ("wrong_pins", "coordinator") in field.notices()


@pytest.mark.parametrize("minutes", [11, 60])
def test_a_report_after_ten_minutes_is_an_incident_of_its_own(field: Switchboard, minutes: int) -> None:
    field.texts("ana", "SOS")
    field.passes(minutes)

    field.texts("ana", "SOS")

    assert len(field.rows(incidents)) == 2


def test_a_report_after_the_close_is_an_incident_of_its_own(field: Switchboard) -> None:
    field.texts("ana", "SOS")
    field.closes(field.newest())

    field.texts("ana", "SOS")

    assert len(field.rows(incidents)) == 2


def test_what_a_member_writes_about_its_incident_alarms_the_coordinators(field: Switchboard) -> None:
    """A12."""
    field.texts("ana", "SOS")

    reply = field.texts("ana", "ya estamos en la casa")

    assert field.alarms() == [("news", "north")]
    assert field.history(opened(field).id, "sms_received") == [{"by": "north/ana", "text": "ya estamos en la casa"}]
    assert reply
    assert opened(field).ref in reply


def test_what_a_member_writes_with_nothing_open_is_an_alarm_to_its_coordinators(field: Switchboard) -> None:
    """A12: of every tree that serves the country."""
    reply = field.texts("ana", "hay un carro raro afuera")

    assert field.rows(escalations) == []
    assert field.alarms() == [("not_understood", "north")]
    assert {"coordinator", "head-office"} <= {row.contact for row in field.rows(notifications, kind="alarm")}
    assert reply
    assert "llego a la coordinacion" in reply


def test_no_pin_is_left_on_the_record_of_the_incident(field: Switchboard) -> None:
    """A9."""
    field.texts("ana", "ALERTA nos pararon 47110 en el puente")

    incident = opened(field)
    assert (incident.facts.verified, incident.facts.details) == (True, "nos pararon en el puente")
    assert PIN not in str(incident.facts)
    assert PIN not in str(field.history(incident.id, "report_received"))


def test_a_check_in_counts_whose_missed_ones_are_being_erased(field: Switchboard) -> None:
    """B4: a purge that was cut short leaves what names its incident until the next one."""
    field.texts("ana", f"DEPART {PIN} L12 23:00")
    [journey] = field.rows(journeys)
    field.clock.at = journey.expected_at + field.runtime.edition.network.teams["north"].terms.incident_after
    field.runtime.transact(miss_check_in, field.runtime.edition, journey.id)
    field.closes(field.newest())
    field.runtime.transact(lambda tx: tx.session.execute(update(attempts).values(due_at=None, status="failed")))
    field.runtime.transact(begin_purge, field.newest(), PurgeDecision("Ines", "she asked for it"))

    reply = field.texts("ana", f"OK {PIN}")

    assert reply
    assert "OK" in reply
    assert [row.status for row in field.rows(journeys)] == ["over"]
