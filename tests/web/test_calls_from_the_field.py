"""A member calls our number: the PIN raises the alarm at once, the type after it says of what (B4)."""

from typing import Any

import pytest
from sqlalchemy import Row

from alertnet.sandbox.telephony.twiml import Dial
from alertnet.store.tables import alarms, incidents, notifications, timeline
from tests.web.world import ALICE, ANA, CALLBACK, PIN, Heard, World

DURESS = "47990"


@pytest.fixture
def world(world: World) -> World:
    world.gives_pin("north/ana", duress=DURESS)
    return world


def calls(world: World, sid: str = "CA1") -> Heard:
    return world.hears("/twilio/voice", From=ANA, CallSid=sid)


def keys(world: World, question: str, digits: str, sid: str = "CA1") -> Heard:
    return world.hears(f"/twilio/voice?keyed={question}", From=ANA, CallSid=sid, Digits=digits)


def raised(world: World) -> list[Row[Any]]:
    return world.rows(incidents)


def told(world: World, kind: str) -> list[tuple[str, str]]:
    return [(row.address, row.said.get("subject")) for row in world.rows(notifications) if row.kind == kind]


def test_a_member_is_asked_for_the_pin_in_the_own_language(world: World) -> None:
    """B4: a member keys PIN and type. The number that a call shows is easily forged, so nothing is said before."""
    heard = calls(world)

    assert heard.text == (
        "Si está con nosotros en terreno, marque su PIN y luego asterisco. Si no, permanezca en línea."
    )
    assert heard.question is not None
    assert heard.question.num_digits == 6


def test_the_coordinators_hear_of_the_call_before_anything_is_keyed(world: World) -> None:
    """A12: by SMS and call, since the call may be cut off at any moment."""
    calls(world)

    assert told(world, "alarm") == [(ALICE, "inbound_call")] * 2


@pytest.mark.parametrize("pressed", [PIN, PIN + "#"], ids=["and waited", "and the hash, as elsewhere"])
def test_the_pin_alone_raises_the_alarm(world: World, pressed: str) -> None:
    """A1: it is committed before the next word is said. The star ends it, so a hash comes as one of its digits."""
    calls(world)
    heard = keys(world, "pin", pressed)
    (incident,) = raised(world)

    assert (incident.team, incident.facts["verified"], incident.type) == ("north", True, "other")
    assert heard.text.startswith(f"Su alerta quedó registrada, referencia {', '.join(incident.ref.replace('-', ''))}.")
    assert told(world, "alert")


def test_the_type_makes_known_what_happened_and_the_call_is_put_through(world: World) -> None:
    calls(world)
    keys(world, "pin", PIN)
    heard = keys(world, "type", "20")
    (incident,) = raised(world)

    assert (incident.type, incident.severity) == ("arrest", "critical")
    assert Dial(CALLBACK) in heard.verbs


def test_after_an_arrest_nothing_is_promised_to_the_phone(world: World) -> None:
    """B4: in custody somebody else may hold it."""
    promised = []
    calls(world)
    for question, digits in (("pin", PIN), ("type", "20")):
        keys(world, question, digits)
        promised.append([row.kind for row in world.rows(alarms) if row.kind == "field_status" and row.due_at])

    assert promised == [["field_status"], []]


@pytest.mark.parametrize("digits", ["", "98", "2", "**"], ids=["silence", "unknown", "too short", "stars"])
def test_without_a_type_the_alarm_stands_and_the_call_is_put_through(world: World, digits: str) -> None:
    calls(world)
    keys(world, "pin", PIN)
    heard = keys(world, "type", digits)

    assert [incident.type for incident in raised(world)] == ["other"]
    assert Dial(CALLBACK) in heard.verbs


def test_the_severity_of_a_lesser_type_lowers_nothing(world: World) -> None:
    """B2: only a person lowers a severity, such as that of a PIN under duress."""
    calls(world)
    keys(world, "pin", DURESS)
    keys(world, "type", "51")

    assert [(incident.type, incident.severity) for incident in raised(world)] == [("defamation", "critical")]


def test_a_wrong_pin_is_answered_like_a_true_one(world: World) -> None:
    calls(world)
    true = keys(world, "pin", PIN).text
    calls(world, "CA2")

    assert keys(world, "pin", "11111", "CA2").text == true


def test_after_five_wrong_pins_no_call_is_believed_for_a_time_and_it_hears_the_same(world: World) -> None:
    """B9: 80 guesses by call verify nothing."""
    heard = []
    for number, pin in enumerate(("11111", "11112", "11113", "11114", "11115", PIN, DURESS)):
        calls(world, f"CA{number}")
        heard.append(keys(world, "pin", pin, f"CA{number}").text)

    assert len(set(heard)) == 1
    assert [incident.facts["verified"] for incident in raised(world)] == [False]
    assert [subject for _, subject in told(world, "notice")].count("wrong_pins") == 1


def test_an_unproven_report_waits_for_a_coordinator(world: World) -> None:
    """B3: only coordination levels run."""
    calls(world)
    keys(world, "pin", "11111")

    assert [incident.facts["verified"] for incident in raised(world)] == [False]
    assert "verify" in [row.subject for row in world.rows(alarms) if row.kind == "decision"]


def test_under_duress_the_caller_hears_what_everybody_hears_and_the_coordinators_know(world: World) -> None:
    """B4: byte for byte the answer of a true one."""
    calls(world)
    heard = keys(world, "pin", DURESS)
    (incident,) = raised(world)

    assert heard.text.startswith("Su alerta quedó registrada, referencia ")
    assert heard.text.endswith("Marque las dos cifras que dicen qué pasó, o permanezca en línea.")
    assert incident.severity == "critical"
    assert "read_first" in [subject for _, subject in told(world, "alarm")]


def test_silence_is_put_through_and_raises_nothing(world: World) -> None:
    calls(world)
    heard = keys(world, "pin", "")

    assert Dial(CALLBACK) in heard.verbs
    assert raised(world) == []
    assert told(world, "alarm") == [(ALICE, "inbound_call")] * 2


def test_the_same_keys_brought_twice_have_one_effect_and_one_answer(world: World) -> None:
    """A1: also with a PIN that is good for one use."""
    calls(world)
    heard = [keys(world, "pin", PIN).text for _ in range(2)]
    heard += [keys(world, "type", "20").text for _ in range(2)]

    assert heard[0] == heard[1]
    assert heard[2] == heard[3]
    assert len(raised(world)) == 1
    assert [row.kind for row in world.rows(timeline)].count("type_keyed") == 1


def test_a_second_call_is_about_the_same_event(world: World) -> None:
    calls(world)
    keys(world, "pin", PIN)
    calls(world, "CA2")
    keys(world, "pin", PIN, "CA2")
    keys(world, "type", "13", "CA2")

    assert [incident.type for incident in raised(world)] == ["abduction"]


def test_keys_without_end_are_no_type(world: World) -> None:
    """A11: what no telephone keys is no fault of ours either."""
    assert world.post("/twilio/voice?keyed=type", CallSid="CA9", From=ANA, Digits="9" * 5_000).status_code == 200


def test_a_type_without_a_pin_raises_nothing(world: World) -> None:
    calls(world)

    assert Dial(CALLBACK) in keys(world, "type", "20").verbs
    assert raised(world) == []
