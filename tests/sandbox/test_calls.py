"""Calls through the official SDK: ringing, answering, keys, and how each of them ends."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.twiml.voice_response import Gather, VoiceResponse

from alertnet.core.errors import WrongState
from alertnet.sandbox import Sandbox
from tests.sandbox.conftest import ALICE, OURS, Receiver
from tests.support.clock import Clock

EVENTS = ["initiated", "ringing", "answered", "completed"]


def place(client: Client, receiver: Receiver, **also: object) -> str:
    call = client.calls.create(
        to=ALICE,
        from_=OURS,
        url=receiver.url + "/words",
        **({"status_callback": receiver.url + "/status", "status_callback_event": EVENTS, "timeout": 30} | also),
    )
    assert call.status == "queued"
    return str(call.sid)


def asks_for_a_code(receiver: Receiver) -> None:
    words = VoiceResponse()
    words.say("Una llamada de PBI", language="es-MX")
    question = Gather(num_digits=3, finish_on_key="*", action="/keypad", action_on_empty_result=True)
    question.say("Marque 4, 0, 7", language="es-MX")
    words.append(question)
    receiver.answers["/words"] = str(words)
    receiver.answers["/keypad"] = "<Response><Say>Thank you</Say><Hangup/></Response>"


def statuses(receiver: Receiver) -> list[str]:
    return [params["CallStatus"] for params in receiver.at("/status")]


def test_an_answered_call_speaks_asks_and_hears_the_keys(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    """A6: the spoken code, keyed back in that call."""
    asks_for_a_code(receiver)
    sid = place(client, receiver)
    sandbox.settle()
    call = sandbox.handset(ALICE).answers()

    assert call.words == "Una llamada de PBI Marque 4, 0, 7"
    assert call.heard[0].language == "es-MX"
    call.press("407")
    assert [(params["Digits"], params["msg"]) for params in receiver.at("/keypad")] == [("407", "Gather End")]
    assert call.words.endswith("Thank you")
    assert client.calls(sid).fetch().status == "completed"


def test_each_step_of_a_call_is_reported_in_order(
    client: Client, sandbox: Sandbox, receiver: Receiver, clock: Clock
) -> None:
    asks_for_a_code(receiver)
    place(client, receiver)
    sandbox.settle()
    call = sandbox.handset(ALICE).answers()
    clock.forward(seconds=7)
    call.hang_up()
    sandbox.settle()

    assert statuses(receiver) == ["initiated", "ringing", "in-progress", "completed"]
    assert [params["SequenceNumber"] for params in receiver.at("/status")] == ["0", "1", "2", "3"]
    assert receiver.at("/status")[-1]["CallDuration"] == "7"


def test_only_the_events_that_were_asked_for_are_reported(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    place(client, receiver, status_callback_event=["completed"])
    sandbox.settle()
    sandbox.handset(ALICE).rejects()
    sandbox.settle()

    assert statuses(receiver) == ["busy"]


def test_an_unanswered_call_rings_until_its_timeout(
    client: Client, sandbox: Sandbox, receiver: Receiver, clock: Clock
) -> None:
    place(client, receiver)
    sandbox.settle()
    clock.forward(seconds=29)
    sandbox.settle()
    assert sandbox.handset(ALICE).ringing is not None

    clock.forward(seconds=1)
    sandbox.settle()
    assert sandbox.handset(ALICE).ringing is None
    assert statuses(receiver)[-1] == "no-answer"


@pytest.mark.parametrize(
    ("behaviour", "status"), [("switched_off", "no-answer"), ("busy", "busy"), ("voicemail", "completed")]
)
def test_a_call_ends_as_its_handset_has_it(
    client: Client, sandbox: Sandbox, receiver: Receiver, behaviour: str, status: str
) -> None:
    sandbox.handset(ALICE).behaves(behaviour)
    place(client, receiver)
    sandbox.settle()

    assert statuses(receiver)[-1] == status


def test_a_voicemail_hears_everything_and_keys_nothing(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    """A6: a voicemail answers the call and acknowledges nothing."""
    asks_for_a_code(receiver)
    sandbox.handset(ALICE).behaves("voicemail")
    place(client, receiver)
    sandbox.settle()

    assert [params["Digits"] for params in receiver.at("/keypad")] == [""]


def test_a_voicemail_that_is_asked_for_ever_hangs_up(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    asks_for_a_code(receiver)
    receiver.answers["/keypad"] = receiver.answers["/words"]
    sandbox.handset(ALICE).behaves("voicemail")
    place(client, receiver)
    sandbox.settle()

    assert statuses(receiver)[-1] == "completed"


def test_a_stranger_keys_nine_and_the_star(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    asks_for_a_code(receiver)
    sandbox.handset(ALICE).behaves("wrong_person")
    place(client, receiver)
    sandbox.settle()

    (params,) = receiver.at("/keypad")
    assert (params["Digits"], params["FinishedOnKey"]) == ("9", "*")


def test_silence_falls_through_where_no_action_is_wanted(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answers["/words"] = '<Response><Gather action="/keypad"/><Say>Nothing was keyed</Say></Response>'
    place(client, receiver)
    sandbox.settle()
    call = sandbox.handset(ALICE).answers().stays_silent()

    assert call.words == "Nothing was keyed"
    assert receiver.at("/keypad") == []
    assert call.status == "completed"


def test_a_redirect_is_followed(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answers["/words"] = "<Response><Redirect>more</Redirect></Response>"
    receiver.answers["/more"] = "<Response><Say>More</Say></Response>"
    place(client, receiver)
    sandbox.settle()

    assert sandbox.handset(ALICE).answers().words == "More"


@pytest.mark.parametrize(
    "document",
    [
        "no XML",
        "<Response><Sing>la</Sing></Response>",
        '<!DOCTYPE r [<!ENTITY x "boom">]><Response><Say>&x;</Say></Response>',
        "<Response><Redirect>/words</Redirect></Response>",
    ],
    ids=["not-xml", "unknown-verb", "doctype", "endless-redirect"],
)
def test_words_that_cannot_be_played_end_the_call_with_an_application_error(
    client: Client, sandbox: Sandbox, receiver: Receiver, document: str
) -> None:
    receiver.answers["/words"] = document
    place(client, receiver)
    sandbox.settle()
    call = sandbox.handset(ALICE).answers()

    assert "application error" in call.words
    assert call.status == "completed"


def test_hanging_up_what_still_rings_silences_it(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    """A4: what still rings is hung up."""
    sid = place(client, receiver)
    sandbox.settle()
    client.calls(sid).update(status="completed")
    sandbox.settle()

    assert sandbox.handset(ALICE).ringing is None
    assert statuses(receiver)[-1] == "canceled"


def test_a_call_cancelled_before_it_rang_never_rings(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    """A4: stop means stop."""
    sid = place(client, receiver)
    client.calls(sid).update(status="canceled")
    sandbox.settle()

    assert statuses(receiver) == ["canceled"]


def test_cancelling_leaves_a_call_in_progress_alone(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    asks_for_a_code(receiver)
    sid = place(client, receiver)
    sandbox.settle()
    sandbox.handset(ALICE).answers()

    assert client.calls(sid).update(status="canceled").status == "in-progress"
    assert client.calls(sid).update(status="completed").status == "completed"


def test_a_call_that_is_over_cannot_be_ended_again(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    sid = place(client, receiver)
    sandbox.settle()
    sandbox.handset(ALICE).rejects()

    with pytest.raises(TwilioRestException) as refusal:
        client.calls(sid).update(status="completed")
    assert refusal.value.code == 21220


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"url": "ftp://nowhere"}, 21205),
        ({"timeout": 601}, 21208),
        ({"method": "GET"}, 21209),
        ({"status_callback_event": ["hung-up"]}, 21626),
        ({"send_digits": "12a"}, 21206),
        ({"to": "+15005550001"}, 21217),
        ({"byoc": "BY1"}, 20001),
    ],
)
def test_a_wrong_call_is_refused_with_the_providers_code(
    client: Client, receiver: Receiver, params: dict[str, object], code: int
) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        client.calls.create(**({"to": ALICE, "from_": OURS, "url": receiver.url + "/words"} | params))
    assert refusal.value.code == code


def test_calls_are_listed_by_number_and_status(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    sid = place(client, receiver)
    sandbox.settle()

    assert [call.sid for call in client.calls.list(to=ALICE, status="ringing")] == [sid]
    assert client.calls.list(to=ALICE, status="completed") == []


def test_a_call_in_is_heard_keyed_and_put_through(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answers["/twilio/voice"] = '<Response><Gather action="/keypad"><Say>Your code</Say></Gather></Response>'
    receiver.answers["/keypad"] = "<Response><Dial>+573005550101</Dial></Response>"
    call = sandbox.handset(ALICE).dials()

    assert call.words == "Your code"
    assert call.waits_for_keys
    assert call.press("4711#").put_through_to == "+573005550101"
    assert receiver.at("/twilio/voice")[0]["Direction"] == "inbound"
    assert receiver.at("/keypad")[0]["Digits"] == "4711"


def test_a_quiet_phone_cannot_be_answered(sandbox: Sandbox) -> None:
    with pytest.raises(WrongState, match="quiet"):
        sandbox.handset(ALICE).answers()
