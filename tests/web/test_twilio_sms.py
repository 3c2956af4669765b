"""Texts that come in, and what the provider reports of those that went out."""

import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from alertnet.sandbox.telephony.twiml import read_messages
from alertnet.store.tables import acknowledgements, inbound, incidents
from tests.web.world import ANA, BOB, CAROL, OURS, SECRETS, STRANGER, World

MEXICAN = "+525512345671"


@pytest.fixture
def world(world: World) -> World:
    world.raises()
    return world


def test_a_right_code_is_recorded_and_confirmed_in_the_answer(world: World) -> None:
    """A1, B4: the one reply is the message in the answer to that request, after the commit."""
    answer = world.texts(BOB, world.written_code("bob"))

    (text,) = read_messages(answer.text)
    assert answer.headers["content-type"].startswith("text/xml")
    assert "recorded" in text
    assert [(row.contact, row.via) for row in world.rows(acknowledgements)] == [("bob", "sms")]


def test_the_answer_of_carol_is_french(world: World) -> None:
    (text,) = read_messages(world.texts(CAROL, world.written_code("carol")).text)

    assert "vous vous en chargez" in text


def test_a_stranger_learns_nothing(world: World) -> None:
    """A9: not even that there is somebody."""
    answer = world.texts(STRANGER, world.written_code("bob"))

    assert read_messages(answer.text) == ()
    assert ElementTree.fromstring(answer.text).tag == "Response"
    assert world.rows(acknowledgements) == []


def test_a_mexican_mobile_is_known_by_the_number_that_trees_have(world: World) -> None:
    """A6, A12: trees have none with the 1 that some carriers still put before it, so an SOS was a stranger's."""
    world.texts("+5215512345671", "SOS")
    world.post("/twilio/voice", CallSid="CA1", From="+5215512345671", To=OURS)

    assert [(row.kind, row.sender) for row in world.rows(inbound)] == [("sms", MEXICAN), ("call", MEXICAN)]


def test_no_answer_names_a_person_or_place(world: World) -> None:
    """A9."""
    right, unclear = (world.texts(BOB, text, sid=text).text for text in (world.written_code("bob"), "what?"))

    assert len([*read_messages(right), *read_messages(unclear)]) == 2
    assert not any(secret in right + unclear for secret in (*SECRETS.values(), "Maria"))


@pytest.mark.parametrize("digits", ["\N{ETHIOPIC DIGIT ONE}" * 2, "\N{DINGBAT NEGATIVE CIRCLED DIGIT TWO}" * 2])
@pytest.mark.parametrize(
    "body", ["SOS {}", "ALERT 47110 {} they took two", "{} SOS", "NEWS 47110 {}", "{}", "{} people"]
)
def test_whatever_digits_a_member_writes_reach_people(world: World, body: str, digits: str) -> None:
    """A12: signs that Python calls digits and reads as no number made us answer none of these, nor keep them."""
    before = len(world.rows(incidents))

    answer = world.texts(ANA, body.format(digits))

    assert (answer.status_code, len(read_messages(answer.text))) == (200, 1)
    assert len(world.rows(incidents)) == before + 1


@pytest.mark.parametrize("count", ["9" * 5000, "-1", "one", ""])
def test_a_text_comes_through_whatever_is_said_of_its_pictures(world: World, count: str) -> None:
    """A12: a number that Python does not read is no reason to keep the words from people."""
    before = len(world.rows(incidents))

    answer = world.post("/twilio/sms", MessageSid="SM1", From=ANA, To=OURS, Body="SOS", NumMedia=count)

    assert answer.status_code == 200
    assert len(world.rows(incidents)) == before + 1


def test_a_text_without_an_id_is_refused_by_name(world: World) -> None:
    """Without it a repetition could not be told."""
    answer = world.post("/twilio/sms", From=BOB, Body="4711")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "MessageSid"


def test_a_report_of_an_sms_is_taken(world: World) -> None:
    attempt = world.attempt("bob", "sms")

    answer = world.post(f"/twilio/sms/status/{attempt}", MessageSid="SM9", MessageStatus="delivered")

    assert (answer.status_code, answer.content) == (204, b"")
    assert world.row(attempt).status == "delivered"


def test_a_report_of_an_sms_that_failed_says_why(world: World) -> None:
    attempt = world.attempt("bob", "sms")
    params: dict[str, Any] = {"MessageSid": "SM9", "MessageStatus": "undelivered", "ErrorCode": "30005"}

    world.post(f"/twilio/sms/status/{attempt}", **params)

    assert (world.row(attempt).status, world.row(attempt).failure) == ("failed", "invalid")


def test_a_report_of_an_attempt_that_is_not_there_is_let_pass(world: World) -> None:
    """The provider would only try again."""
    assert world.post("/twilio/sms/status/none", MessageSid="SM9", MessageStatus="sent").status_code == 204


def test_what_an_answer_makes_pointless_is_hung_up(world: World) -> None:
    """A4."""
    world.post(f"/twilio/voice/status/{world.attempt('carol')}", CallSid="CA-carol", CallStatus="ringing")

    world.texts(BOB, world.written_code("bob"))

    assert world.hung_up() == ["CA-carol"]
