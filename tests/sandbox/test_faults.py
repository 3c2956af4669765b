"""Each way in which the provider can misbehave, seen from the caller's side."""

from datetime import timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from alertnet.sandbox import Fault, Sandbox, Unreachable, WebhookAnswer
from alertnet.sandbox.telephony.webhooks import post_over_http
from tests.sandbox.conftest import ACCOUNT, ALICE, BOB, OURS, PATIENCE, TOKEN, Receiver
from tests.support.clock import Clock


def send(client: Client, receiver: Receiver, to: str = ALICE) -> str:
    return str(client.messages.create(to=to, from_=OURS, body="hi", status_callback=receiver.url + "/status").sid)


def test_a_lost_answer_hides_what_was_accepted(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    """A5: the outcome is unknown, and asking the provider settles it."""
    sandbox.misbehaves(Fault.LOSE_ANSWER)

    with pytest.raises(requests.ConnectionError):
        send(client, receiver)
    assert len(client.messages.list(to=ALICE)) == 1


def test_a_dripping_answer_does_not_come_in_time(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.misbehaves(Fault.DRIP)
    client.http_client.timeout = 0.5

    with pytest.raises((requests.ConnectionError, requests.Timeout)):
        send(client, receiver)
    assert len(sandbox.network.messages) == 1


@pytest.mark.parametrize(("fault", "status"), [(Fault.ERROR_429, 429), (Fault.ERROR_500, 500), (Fault.ERROR_503, 503)])
def test_an_error_accepts_nothing_and_passes(
    client: Client, sandbox: Sandbox, receiver: Receiver, fault: Fault, status: int
) -> None:
    sandbox.misbehaves(fault, times=1)

    with pytest.raises(TwilioRestException) as refusal:
        send(client, receiver)
    assert refusal.value.status == status
    assert sandbox.network.messages == {}
    assert send(client, receiver)


def test_a_throttled_answer_says_when_to_come_back(sandbox: Sandbox) -> None:
    sandbox.misbehaves(Fault.ERROR_429)
    url = f"{sandbox.api_url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"

    assert requests.post(url, auth=(ACCOUNT, TOKEN), timeout=PATIENCE).headers["Retry-After"] == "1"


def test_a_fault_for_one_number_spares_the_others(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    """A11: no fault spreads."""
    sandbox.misbehaves(Fault.ERROR_503, number=BOB)

    assert send(client, receiver, to=ALICE)
    with pytest.raises(TwilioRestException):
        send(client, receiver, to=BOB)


def test_questions_fail_only_when_it_is_ordered_for_them(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.misbehaves(Fault.ERROR_503, method="GET")

    assert send(client, receiver)
    with pytest.raises(TwilioException, match="503"):
        client.messages.list(to=ALICE)


def test_an_early_callback_overtakes_the_answer(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    """A5: a callback may be there before our own commit."""
    sandbox.misbehaves(Fault.CALL_BACK_EARLY)
    send(client, receiver)

    assert [params["MessageStatus"] for params in receiver.at("/status")] == ["sent", "delivered"]


@pytest.mark.parametrize(("fault", "times"), [(Fault.CALL_BACK_TWICE, 2), (Fault.CALL_BACK_NEVER, 0)])
def test_callbacks_come_as_often_as_the_fault_has_it(
    client: Client, sandbox: Sandbox, receiver: Receiver, fault: Fault, times: int
) -> None:
    sandbox.misbehaves(fault)
    sid = send(client, receiver)
    sandbox.settle()

    assert len(receiver.at("/status")) == 2 * times
    assert client.messages(sid).fetch().status == "delivered"


def test_a_late_list_shows_it_after_the_delay(
    client: Client, sandbox: Sandbox, receiver: Receiver, clock: Clock
) -> None:
    """A5: absent from a list once does not mean it was not sent."""
    sandbox.misbehaves(Fault.LIST_LATE, delay=timedelta(seconds=30))
    send(client, receiver)

    assert client.messages.list(to=ALICE) == []
    clock.forward(seconds=30)
    assert len(client.messages.list(to=ALICE)) == 1


def test_faults_combine_on_one_request(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.misbehaves(Fault.LOSE_ANSWER)
    sandbox.misbehaves(Fault.CALL_BACK_NEVER)

    with pytest.raises(requests.ConnectionError):
        send(client, receiver)
    sandbox.settle()
    assert sandbox.handset(ALICE).inbox == ["hi"]
    assert receiver.got == []


def test_a_recovered_provider_behaves(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.misbehaves(Fault.ERROR_500, times=99)
    sandbox.recovers()

    assert send(client, receiver)


def test_a_stopped_sandbox_refuses_and_comes_back_with_all_it_knew(
    client: Client, sandbox: Sandbox, receiver: Receiver
) -> None:
    sid = send(client, receiver)
    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        send(client, receiver)

    sandbox.start()
    assert [message.sid for message in client.messages.list()] == [sid]


def test_nothing_leaves_the_loopback_interface() -> None:
    with pytest.raises(Unreachable, match="loopback"):
        post_over_http()("http://198.51.100.1/status", {}, {})


def test_delivery_can_be_replaced_by_a_test_client() -> None:
    seen: list[str] = []

    def post(url: str, params: object, headers: object) -> WebhookAnswer:
        seen.append(url)
        return WebhookAnswer(200, "<Response><Message>hello</Message></Response>")

    sandbox = Sandbox(account_sid=ACCOUNT, auth_token=TOKEN, public_url="https://alertnet.example", post=post)
    assert sandbox.handset(ALICE).sends("SOS") == "hello"
    assert seen == ["https://alertnet.example/twilio/sms"]
