"""Every answer to a call is TwiML by the provider's rules: verbs, where they may stand, and what they take.

Source: Twilio's reference of <Response>, <Say>, <Pause>, <Gather>, <Dial> and <Hangup>.
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.world import ANA, BOB, CALLBACK, PIN, PUBLIC_URL, STRANGER, World

LANGUAGES = {"en-GB", "en-US", "en-AU", "en-IN", "fr-FR", "fr-CA", "es-MX", "es-ES", "es-US"}
LONGEST_SAY = 4096  # bytes
ATTRIBUTES = {
    "Response": set(),
    "Say": {"language"},
    "Pause": {"length"},
    "Gather": {"action", "method", "numDigits", "finishOnKey", "timeout", "actionOnEmptyResult"},
    "Dial": set(),
    "Hangup": set(),
}
WITHIN = {"Response": {"Say", "Pause", "Gather", "Dial", "Hangup"}, "Gather": {"Say", "Pause"}}
LAST = {"Gather", "Hangup"}
"""After these nothing is reached, so that each answer ends with one of them and has no other.

A Dial that has ended is followed by what stands behind it.
"""


@pytest.fixture
def world(world: World) -> World:
    world.gives_pin("north/ana")
    world.raises(team="north")
    return world


def judge(document: str) -> list[str]:
    """What the provider would refuse; nothing where it is valid."""
    root = ElementTree.fromstring(document)
    verbs = [verb.tag for verb in root]
    faults = [] if root.tag == "Response" else [f"{root.tag} is no Response"]
    faults += [f"{verb} is not the last" for verb in verbs[:-1] if verb in LAST]
    faults += [f"{verbs[-1]} ends the call without saying so"] if verbs[-1] not in LAST else []
    for parent in root.iter():
        faults += [
            f"{child.tag} within {parent.tag}" for child in parent if child.tag not in WITHIN.get(parent.tag, ())
        ]
        faults += [f"{parent.tag} has {name}" for name in parent.attrib.keys() - ATTRIBUTES.get(parent.tag, set())]
        faults += [f"{parent.tag}: {fault}" for fault in _of_values(parent)]
    return faults


def _of_values(verb: ElementTree.Element) -> Iterator[str]:
    text = (verb.text or "").strip()
    match verb.tag:
        case "Say":
            if not 0 < len(text.encode()) <= LONGEST_SAY or verb.get("language") not in LANGUAGES:
                yield f"{verb.get('language')} {text!r}"
        case "Pause":
            if not 1 <= int(verb.get("length", "1")) <= 180:
                yield f"length {verb.get('length')}"
        case "Gather":
            right = re.fullmatch(r"[0-9#*]?", verb.get("finishOnKey", "")) and verb.get("method") == "POST"
            if not right or int(verb.get("numDigits", "0")) < 1 or not 1 <= int(verb.get("timeout", "5")) <= 600:
                yield f"{verb.attrib}"
            if not verb.get("action", "").startswith(f"{PUBLIC_URL}/twilio/voice"):
                yield f"action {verb.get('action')}"
        case "Dial":
            if text != CALLBACK:
                yield text


def answers_in(world: World, contact: str, *keys: dict[str, str]) -> list[str]:
    """What a call to that contact says at its beginning, and to each of these keys in turn."""
    attempt = world.attempt(contact)
    documents = [world.post(f"/twilio/voice/{attempt}", CallSid="CA1", CallStatus="in-progress").text]
    for pressed in keys:
        question = ElementTree.fromstring(documents[-1]).find("Gather")
        assert question is not None, documents[-1]
        digits: dict[str, Any] = {name: value.replace("CODE", world.code(attempt)) for name, value in pressed.items()}
        documents.append(world.post(str(question.get("action")), CallSid="CA1", **digits).text)
    return documents


@pytest.mark.parametrize("contact", ["alice", "carol"], ids=["English", "French"])
@pytest.mark.parametrize(
    "keys",
    [
        [{"Digits": "CODE"}, {"Digits": "0"}, {"Digits": "1"}],
        [{"Digits": "CODE"}, {"Digits": "2"}],
        [{"Digits": ""}, {"Digits": ""}],
        [{"Digits": "000"}, {"Digits": "001"}, {"Digits": "002"}],
        [{"Digits": "9", "FinishedOnKey": "*"}],
    ],
    ids=["again, then taken charge of", "passed on", "silence", "three wrong codes", "wrong person"],
)
def test_a_call_that_we_place_is_valid_from_beginning_to_end(
    world: World, contact: str, keys: list[dict[str, str]]
) -> None:
    documents = answers_in(world, contact, *keys)

    assert [judge(document) for document in documents] == [[]] * (1 + len(keys)), documents


def test_a_call_about_what_is_over_is_valid(world: World) -> None:
    world.closes()

    (document,) = answers_in(world, "alice")

    assert "already being handled" in document
    assert judge(document) == [], document


@pytest.mark.parametrize("caller", [STRANGER, BOB, ANA], ids=["stranger", "contact", "member"])
@pytest.mark.parametrize("digits", ["", PIN, "20"])
def test_a_call_to_us_is_valid_whatever_is_keyed(world: World, caller: str, digits: str) -> None:
    for call, step in enumerate(("", "?keyed=code", "?keyed=pin", "?keyed=type")):
        world.post("/twilio/voice", CallSid=f"CA{call}", From=caller)

        response = world.post(f"/twilio/voice{step}", CallSid=f"CA{call}", From=caller, Digits=digits)

        assert (response.status_code, judge(response.text)) == (200, []), (step, response.text)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ("<Response><Hangup/><Say language='en-GB'>x</Say></Response>", "Hangup is not the last"),
        ("<Response><Say language='xx'>x</Say><Hangup/></Response>", "Say: xx 'x'"),
        ("<Response><Say language='en-GB'>x</Say></Response>", "Say ends the call without saying so"),
        ("<Response><Hangup reason='x'/></Response>", "Hangup has reason"),
    ],
)
def test_the_judge_finds_what_is_wrong(document: str, fault: str) -> None:
    assert fault in judge(document)
