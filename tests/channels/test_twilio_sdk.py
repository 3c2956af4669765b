"""We ask the provider for what its own SDK would ask it for, in the same words: the SDK itself takes long to load."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from twilio.rest import Client

from alertnet.channels.base import Outgoing
from alertnet.channels.twilio import TwilioSms, TwilioVoice
from alertnet.channels.twilio_account import Account
from alertnet.core.directory.contact import MethodKind
from tests.channels.conftest import Provider, Request, reply

SINCE = datetime(2026, 11, 24, 2, 14, tzinfo=UTC)
DAY = date(2026, 11, 24)
OURS = "+13025550100"
SMS = Outgoing("a1", "n1", MethodKind.SMS, "+573005550101", OURS, "¿A-7K3M? & 4711", validity=timedelta(minutes=9))
CALL = replace(SMS, method=MethodKind.CALL, text="", extension="ww12")
STATUS, WORDS = "https://alert.example/twilio/sms/status/a1", "https://alert.example/twilio/voice/a1"

ASKED: dict[str, tuple[Callable[[TwilioSms, TwilioVoice], object], Callable[[Client], object]]] = {
    "an SMS": (
        lambda sms, voice: sms.send(SMS),
        lambda sdk: sdk.messages.create(
            to=SMS.to, from_=OURS, body=SMS.text, status_callback=STATUS, validity_period=540
        ),
    ),
    "a call": (
        lambda sms, voice: voice.send(CALL),
        lambda sdk: sdk.calls.create(
            to=CALL.to,
            from_=OURS,
            url=WORDS,
            status_callback="https://alert.example/twilio/voice/status/a1",
            status_callback_event=["initiated", "ringing", "answered", "completed"],
            timeout=30,
            send_digits="ww12",
        ),
    ),
    "what became of an SMS": (
        lambda sms, voice: sms.lookup(SMS, SINCE, "SM1"),
        lambda sdk: sdk.messages("SM1").fetch(),
    ),
    "what became of a call": (
        lambda sms, voice: voice.lookup(CALL, SINCE, "CA1"),
        lambda sdk: sdk.calls("CA1").fetch(),
    ),
    "an SMS by its words": (
        lambda sms, voice: sms.lookup(SMS, SINCE),
        lambda sdk: sdk.messages.page(to=SMS.to, page_size=50),
    ),
    "the end of a call": (
        lambda sms, voice: voice.hang_up("CA1"),
        lambda sdk: sdk.calls("CA1").update(status="completed"),
    ),
    "what left": (
        lambda sms, voice: sms.ledger.outgoing(OURS, SINCE),
        lambda sdk: sdk.messages.page(from_=OURS, page_size=200).next_page(),
    ),
    "what came in": (
        lambda sms, voice: sms.ledger.incoming(OURS, SINCE),
        lambda sdk: sdk.messages.page(to=OURS, date_sent_after=DAY, page_size=200).next_page(),
    ),
    "who called": (
        lambda sms, voice: voice.ledger.incoming(OURS, SINCE),
        lambda sdk: sdk.calls.page(to=OURS, start_time_after=DAY, page_size=200).next_page(),
    ),
    "what was recorded": (
        lambda sms, voice: voice.recordings.made_since(SINCE),
        lambda sdk: sdk.recordings.list(date_created_after=DAY, page_size=200),
    ),
    "a recording's end": (
        lambda sms, voice: voice.recordings.delete("RE1"),
        lambda sdk: sdk.recordings("RE1").delete(),
    ),
}


@pytest.fixture
def sdk(provider: Provider) -> Iterator[Client]:
    client = Client("AC1", "token")
    client.api.base_url = provider.url
    yield client
    client.http_client.session.close()


def answer(connection: Any, request: Request) -> None:
    """Two pages of each list, and one of whatever else there is."""
    name = request.target.partition("?")[0].rpartition("/")[2].removesuffix(".json")
    if name not in ("Messages", "Calls", "Recordings") or request.method == "POST":
        gone = request.method == "DELETE"
        connection.sendall(reply(204, b"") if gone else reply(200, {"sid": "XX1", "status": "queued"}))
        return
    more = None if "PageToken" in request.query else f"/2010-04-01/Accounts/AC1/{name}.json?PageToken=PA1"
    connection.sendall(reply(200, {name.lower(): [], "next_page_uri": more}))


def told(request: Request) -> tuple[object, ...]:
    """What the provider goes by."""
    fields = dict(line.split(": ", 1) for line in request.head.splitlines()[1:] if ": " in line)
    form = (request.form, fields["Content-Type"]) if request.method == "POST" else None
    return request.method, request.target.partition("?")[0], request.query, form, fields["Authorization"]


@pytest.mark.parametrize("what", ASKED)
def test_the_provider_is_asked_as_by_its_own_sdk(provider: Provider, sdk: Client, what: str) -> None:
    account = Account("AC1", ["token"], "https://alert.example/", provider.url)
    ours, theirs = ASKED[what]
    provider.answer = answer

    ours(TwilioSms(account), TwilioVoice(account))
    asked = [told(each) for each in provider.requests]
    provider.requests.clear()
    theirs(sdk)

    assert asked == [told(each) for each in provider.requests]
    assert asked != []
