"""SMS through the official SDK: what the provider would say, what the handset gets, what comes back."""

from datetime import timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from alertnet.sandbox import Behaviour, Sandbox
from tests.sandbox.conftest import ALICE, BOB, NOW, OURS, TOKEN, Receiver, client_for
from tests.support.clock import Clock


def send(client: Client, receiver: Receiver, to: str = ALICE, body: str = "PBI URGENT") -> str:
    created = client.messages.create(to=to, from_=OURS, body=body, status_callback=receiver.url + "/status")
    assert created.status == "queued"
    return str(created.sid)


def statuses(receiver: Receiver) -> list[str]:
    return [params["MessageStatus"] for params in receiver.at("/status")]


def test_a_text_waits_until_time_passes(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    send(client, receiver)
    before = [*sandbox.handset(ALICE).inbox, *receiver.got]

    sandbox.settle()

    assert before == []
    assert sandbox.handset(ALICE).inbox == ["PBI URGENT"]


def test_a_text_reaches_the_handset_and_is_reported(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    sid = send(client, receiver)
    deliveries = sandbox.settle()

    assert sandbox.handset(ALICE).inbox == ["PBI URGENT"]
    assert statuses(receiver) == ["sent", "delivered"]
    assert [delivery.answer.status for delivery in deliveries if delivery.answer] == [200, 200]
    assert {params["MessageSid"] for params in receiver.at("/status")} == {sid}
    assert client.messages(sid).fetch().status == "delivered"


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Behaviour.SWITCHED_OFF, ["sent", "undelivered"]),
        (Behaviour.NO_RECEIPTS, ["sent"]),
        (Behaviour.WRONG_PERSON, ["sent", "delivered"]),
        (Behaviour.VOICEMAIL, ["sent", "delivered"]),
    ],
)
def test_a_text_fares_as_its_handset_does(
    client: Client, sandbox: Sandbox, receiver: Receiver, behaviour: Behaviour, expected: list[str]
) -> None:
    sandbox.handset(ALICE).behaves(behaviour)
    send(client, receiver)
    sandbox.settle()

    assert statuses(receiver) == expected


def test_a_switched_off_handset_is_reported_with_its_code(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.handset(ALICE).behaves("switched_off")
    sid = send(client, receiver)
    sandbox.settle()

    assert receiver.at("/status")[-1]["ErrorCode"] == "30003"
    assert client.messages(sid).fetch().error_code == 30003
    assert sandbox.handset(ALICE).inbox == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"to": "+57 300"}, 21211),
        ({"to": "573005550001"}, 21211),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"validity_period": 36001}, 21624),
        ({"validity_period": 0}, 21624),
        ({"status_callback": "nowhere"}, 21609),
        ({"status_callback": "https://under_score.example/"}, 21609),
        ({"from_": "+15005550007"}, 21606),
        ({"to": "+15005550003"}, 21408),
        ({"to": "+15005550009"}, 21614),
        ({"max_price": "1"}, 20001),
    ],
)
def test_a_wrong_text_is_refused_with_the_providers_code(client: Client, params: dict[str, object], code: int) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        client.messages.create(**({"to": ALICE, "from_": OURS, "body": "hello"} | params))

    assert (refusal.value.status, refusal.value.code) == (400, code)


@pytest.mark.parametrize(("behaviour", "code"), [("invalid", 21211), ("opted_out", 21610)])
def test_a_number_that_takes_no_texts_is_refused_at_once(
    client: Client, sandbox: Sandbox, receiver: Receiver, behaviour: str, code: int
) -> None:
    sandbox.handset(ALICE).behaves(behaviour)

    with pytest.raises(TwilioRestException) as refusal:
        send(client, receiver)
    assert refusal.value.code == code


def test_a_wrong_token_is_refused(sandbox: Sandbox) -> None:
    stranger = client_for(sandbox, token=TOKEN + "x")

    with pytest.raises(TwilioRestException) as refusal:
        stranger.messages.create(to=ALICE, from_=OURS, body="hello")
    assert (refusal.value.status, refusal.value.code) == (401, 20003)
    stranger.http_client.session.close()


def test_an_unknown_message_is_not_found(client: Client) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        client.messages("SM" + "f" * 32).fetch()
    assert (refusal.value.status, refusal.value.code) == (404, 20404)


def test_a_list_is_filtered_and_newest_first(client: Client, receiver: Receiver, clock: Clock) -> None:
    first = send(client, receiver, body="one")
    send(client, receiver, to=BOB)
    clock.forward(seconds=5)
    second = send(client, receiver, body="two")

    listed = client.messages.list(to=ALICE, from_=OURS)
    assert [message.sid for message in listed] == [second, first]
    assert listed[1].date_created == NOW
    assert listed[1].body == "one"


def test_a_long_list_goes_on_over_pages(client: Client, receiver: Receiver) -> None:
    sids = [send(client, receiver) for _ in range(5)]

    assert [message.sid for message in client.messages.list(to=ALICE, page_size=2)] == sids[::-1]


def test_what_came_in_is_listed_by_day(client: Client, sandbox: Sandbox, receiver: Receiver, clock: Clock) -> None:
    """As the provider's own filter: the hour of an instant says nothing."""
    sandbox.handset(ALICE).sends("yesterday")
    clock.forward(days=1)
    sandbox.handset(ALICE).sends("this morning")
    clock.forward(hours=10)
    send(client, receiver)

    listed = client.messages.list(to=OURS, date_sent_after=clock(), page_size=1)

    assert [(message.body, message.direction) for message in listed] == [("this morning", "inbound")]
    assert listed[0].date_sent == clock() - timedelta(hours=10)
    assert client.messages.list(date_sent_after=clock(), to=ALICE) == []


def test_a_reply_comes_back_as_a_signed_webhook_and_its_answer_as_a_text(sandbox: Sandbox, receiver: Receiver) -> None:
    """A6: the answer that alertnet gives to a code is the text that its sender reads."""
    receiver.answers["/twilio/sms"] = "<Response><Message>Recorded &amp; noted</Message></Response>"
    phone = sandbox.handset(ALICE)

    assert phone.sends("OK 4711") == "Recorded & noted"
    assert phone.inbox == ["Recorded & noted"]
    (params,) = receiver.at("/twilio/sms")
    assert (params["From"], params["To"], params["Body"]) == (ALICE, OURS, "OK 4711")
    assert params["FromCity"] == ""


def test_the_same_reply_can_come_twice(sandbox: Sandbox, receiver: Receiver) -> None:
    """A1: what a provider repeats carries one id."""
    sandbox.handset(ALICE).sends("4711", times=2)

    assert len({params["MessageSid"] for params in receiver.at("/twilio/sms")}) == 1
    assert len(receiver.at("/twilio/sms")) == 2


def test_a_reply_that_nobody_took_is_still_in_the_list(client: Client, sandbox: Sandbox) -> None:
    """A12: what came in while alertnet was down can be asked for."""
    sandbox.public_url = "http://127.0.0.1:1"

    assert sandbox.handset(ALICE).sends("SOS") is None
    (kept,) = client.messages.list(to=OURS)
    assert (kept.direction, kept.body, kept.status) == ("inbound", "SOS", "received")


def test_a_reply_goes_to_the_number_that_texted_last(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    client.messages.create(to=ALICE, from_="+573005559999", body="hello")
    sandbox.settle()
    sandbox.handset(ALICE).sends("4711")

    assert receiver.at("/twilio/sms")[0]["To"] == "+573005559999"
