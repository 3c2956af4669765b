"""Calls through the real SDK and transport, against a provider on loopback."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from alertnet.channels.base import Absent, Accepted, Found, Outgoing, ProviderRecording, Refused
from alertnet.channels.twilio import TwilioVoice
from alertnet.channels.twilio_account import Account
from alertnet.core.notification import AttemptStatus, Failure
from tests.channels.conftest import Provider, reply

SINCE = datetime(2026, 11, 24, 2, 14, tzinfo=UTC)


@pytest.fixture
def channel(provider: Provider) -> TwilioVoice:
    return TwilioVoice(Account("AC1", ["token"], "https://alert.example", provider.url))


def listed(call: Outgoing, sid: str = "CA1", after: float = 1, sender: str = "", **changes: Any) -> dict[str, Any]:
    created = format_datetime(SINCE + timedelta(seconds=after))
    return {
        "sid": sid,
        "status": "ringing",
        "from": sender or call.sender,
        "to": call.to,
        "date_created": created,
        **changes,
    }


def test_a_call_is_placed_with_its_words_and_its_callbacks(
    channel: TwilioVoice, provider: Provider, call: Outgoing
) -> None:
    provider.replies(201, {"sid": "CA1", "status": "queued"})

    assert channel.send(call) == Accepted("CA1")
    (request,) = provider.requests
    assert request.target == "/2010-04-01/Accounts/AC1/Calls.json"
    assert request.form == {
        "To": [call.to],
        "From": [call.sender],
        "Url": ["https://alert.example/twilio/voice/c3d4"],
        "StatusCallback": ["https://alert.example/twilio/voice/status/c3d4"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "Timeout": ["30"],
    }


def test_an_extension_is_dialled_after_the_answer(channel: TwilioVoice, provider: Provider, call: Outgoing) -> None:
    channel.send(replace(call, extension="ww1234"))

    assert provider.requests[0].form["SendDigits"] == ["ww1234"]


def test_a_number_that_can_not_be_called_is_refused(channel: TwilioVoice, provider: Provider, call: Outgoing) -> None:
    provider.replies(400, {"code": 21217, "message": "not a number"})

    assert channel.send(call) == Refused(Failure.INVALID, "21217")


def test_a_call_is_looked_up_by_its_id(channel: TwilioVoice, provider: Provider, call: Outgoing) -> None:
    provider.replies(200, listed(call, status="no-answer"))

    assert channel.lookup(call, SINCE, "CA1") == Found("CA1", AttemptStatus.FAILED, Failure.NO_ANSWER)


def test_a_call_without_id_is_found_by_its_sender_and_time(
    channel: TwilioVoice, provider: Provider, call: Outgoing
) -> None:
    """A5: settled by asking, without a second call."""
    others = [listed(call, "CA-before", after=-60), listed(call, "CA-other", sender="+13025550199")]
    provider.replies(200, {"calls": [*others, listed(call, "CA-mine", after=2)]})

    assert channel.lookup(call, SINCE) == Found("CA-mine", AttemptStatus.SENT)


def test_a_call_that_is_not_listed_is_absent(channel: TwilioVoice, provider: Provider, call: Outgoing) -> None:
    provider.replies(200, {"calls": [listed(call, "CA-before", after=-60)]})

    assert channel.lookup(call, SINCE) == Absent()


def test_a_call_is_hung_up(channel: TwilioVoice, provider: Provider) -> None:
    """A4: what still rings is hung up."""
    provider.replies(200, {"sid": "CA1", "status": "completed"})

    channel.hang_up("CA1")

    assert [(request.target, request.form) for request in provider.requests] == [
        ("/2010-04-01/Accounts/AC1/Calls/CA1.json", {"Status": ["completed"]})
    ]


def test_a_call_that_nobody_answered_yet_is_cancelled(channel: TwilioVoice, provider: Provider) -> None:
    """A4: also where the provider does not take `completed` for a call that is still queued."""
    provider.answer = lambda connection, request: connection.sendall(
        reply(400, {"code": 21220}) if request.form["Status"] == ["completed"] else reply(200, {"sid": "CA1"})
    )

    channel.hang_up("CA1")

    assert [request.form["Status"] for request in provider.requests] == [["completed"], ["canceled"]]


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_provider_that_refuses_to_hang_up_raises_nothing(
    channel: TwilioVoice, provider: Provider, status: int
) -> None:
    """A11: a failing provider puts nothing aside but this."""
    provider.replies(status, b"")

    channel.hang_up("CA1")

    assert provider.requests != []


def test_a_provider_that_lists_calls_is_there(channel: TwilioVoice, provider: Provider) -> None:
    """Nothing rings by asking."""
    provider.replies(200, {"calls": []})

    assert channel.trouble() is None
    assert [request.target for request in provider.requests] == ["/2010-04-01/Accounts/AC1/Calls.json?PageSize=1"]


def test_a_recording_is_asked_for_at_its_own_place_alone(channel: TwilioVoice, provider: Provider) -> None:
    """A9: whatever its name says: our token goes with the request."""
    provider.replies(404, {"code": 20404, "status": 404})

    channel.recordings.fetch("RE1")
    channel.recordings.fetch("../Calls/CA1?x=1#")

    place = "/2010-04-01/Accounts/AC1/Recordings"
    assert [each.target for each in provider.requests] == [
        f"{place}/RE1.mp3",
        f"{place}/..%2FCalls%2FCA1%3Fx%3D1%23.mp3",
    ]


def test_recordings_that_are_not_whole_or_were_made_before_are_not_listed(
    channel: TwilioVoice, provider: Provider
) -> None:
    made = {"sid": "RE1", "call_sid": "CA1", "status": "completed", "duration": "12"}
    at = {"date_created": format_datetime(SINCE)}
    before = {"date_created": format_datetime(SINCE - timedelta(hours=1))}
    listed = [made | at, made | at | {"sid": "RE2", "status": "processing"}, made | before | {"sid": "RE3"}]
    provider.replies(200, {"recordings": listed, "next_page_uri": None})

    assert channel.recordings.made_since(SINCE) == [ProviderRecording("RE1", "CA1", 12)]
    provider.replies(500, {"code": 20500, "status": 500})
    assert channel.recordings.made_since(SINCE) is None
    assert provider.requests[0].query["DateCreated>"] == ["2026-11-24T00:00:00Z"]
