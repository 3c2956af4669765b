"""SMS through the real SDK and transport, against a provider on loopback."""

import select
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from alertnet.channels.base import (
    Absent,
    Accepted,
    CannotTell,
    Cause,
    Found,
    Handover,
    NotSent,
    Outgoing,
    Refused,
    Result,
    Unsure,
    at_once,
)
from alertnet.channels.twilio import TwilioSms
from alertnet.channels.twilio_account import Account
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.notification import AttemptStatus, Failure
from tests.channels.conftest import Provider, reply


def refused_whole(code: str, fault: AccountFault) -> NotSent:
    return NotSent(code, cause=Cause.ACCOUNT, fault=fault)


SINCE = datetime(2026, 11, 24, 2, 14, tzinfo=UTC)
TOKENS = ["newer", "older"]
PATIENCE = 30  # seconds that no test should ever need


@pytest.fixture
def channel(provider: Provider) -> TwilioSms:
    return TwilioSms(Account("AC1", TOKENS, "https://alert.example/", provider.url, deadline_seconds=PATIENCE))


@pytest.fixture
def hasty(provider: Provider) -> TwilioSms:
    """For who waits for nothing but the end of its patience."""
    return TwilioSms(Account("AC1", TOKENS, "https://alert.example/", provider.url, deadline_seconds=1))


def listed(sms: Outgoing, sid: str = "SM1", after: float = 1, sender: str = "", **changes: Any) -> dict[str, Any]:
    created = format_datetime(SINCE + timedelta(seconds=after))
    mine = {
        "sid": sid,
        "status": "sent",
        "from": sender or sms.sender,
        "to": sms.to,
        "body": sms.text,
        "date_created": created,
    }
    return {**mine, **changes}


def test_a_message_leaves_with_its_callback_and_its_words(
    channel: TwilioSms, provider: Provider, sms: Outgoing
) -> None:
    """A5: the callback carries our own id of the attempt."""
    assert channel.send(sms) == Accepted("SM1")

    (request,) = provider.requests
    assert request.target == "/2010-04-01/Accounts/AC1/Messages.json"
    assert request.form == {
        "To": [sms.to],
        "From": [sms.sender],
        "Body": [sms.text],
        "StatusCallback": ["https://alert.example/twilio/sms/status/a1b2"],
    }


def test_what_must_not_leave_any_more_does_not(channel: TwilioSms, provider: Provider, sms: Outgoing) -> None:
    """A4: it is asked once all is ready."""
    assert channel.send(sms, lambda _write: False) is None
    sent = len(provider.requests)

    assert channel.send(sms) == Accepted("SM1")
    assert (sent, len(provider.requests)) == (0, 1)


def outcome(handover: Handover | None) -> Result | None:
    """What came of what has left, waited for."""
    assert handover is not None
    speaks = select.poll()
    speaks.register(handover.fileno(), select.POLLIN)
    while (result := handover.result()) is None:
        speaks.poll(handover.seconds_left() * 1000)
    return result


def test_several_messages_are_under_way_by_one_thread(channel: TwilioSms, provider: Provider, sms: Outgoing) -> None:
    """Each leaves as it is written, on a connection of its own that was open, and is answered for itself."""
    before_any_is_open = channel.prepare(sms)
    channel.send(sms, lambda write: channel.send(sms) is not None and at_once(write))
    provider.answer = lambda connection, request: connection.sendall(reply(201, {"sid": f"SM{request.form['Body']}"}))
    ready = [channel.prepare(replace(sms, text=text)) for text in ("first", "second", "third")]
    sent = len(provider.requests)
    for each in ready[:2]:
        assert each is not None
        each.write()

    results = [outcome(ready[1]), outcome(ready[0])]

    assert (before_any_is_open, ready[2], sent) == (None, None, 2)
    assert results == [Accepted("SM['second']"), Accepted("SM['first']")]
    assert provider.connections == 2


def test_what_is_withdrawn_does_not_leave_and_its_connection_is_kept(
    channel: TwilioSms, provider: Provider, sms: Outgoing
) -> None:
    """A4: what was claimed is undone."""
    channel.send(sms)
    ready = channel.prepare(sms)
    assert ready is not None

    ready.withdraw()

    assert channel.send(sms) == Accepted("SM1")
    assert (len(provider.requests), provider.connections) == (2, 1)


def test_a_prepared_message_that_nobody_answers_is_unsure_at_its_deadline(
    hasty: TwilioSms, provider: Provider, sms: Outgoing
) -> None:
    hasty.send(sms)
    provider.answer = lambda connection, _: None
    ready = hasty.prepare(sms)
    assert ready is not None
    ready.write()

    assert outcome(ready) == Unsure("TimeoutError")


def test_the_first_token_authenticates(channel: TwilioSms, provider: Provider, sms: Outgoing) -> None:
    channel.send(sms)

    assert "Authorization: Basic QUMxOm5ld2Vy" in provider.requests[0].head


@pytest.mark.parametrize(
    ("validity", "seconds"),
    [(timedelta(minutes=10), "600"), (timedelta(days=2), "36000"), (timedelta(seconds=-5), "1")],
)
def test_a_message_is_not_delivered_after_its_level(
    channel: TwilioSms, provider: Provider, sms: Outgoing, validity: timedelta, seconds: str
) -> None:
    channel.send(replace(sms, validity=validity))

    assert provider.requests[0].form["ValidityPeriod"] == [seconds]


@pytest.mark.parametrize(
    ("status", "document", "result"),
    [
        (400, {"code": 21211, "message": "Invalid 'To'", "status": 400}, Refused(Failure.INVALID, "21211")),
        (400, {"code": 21610, "message": "unsubscribed"}, Refused(Failure.OPTED_OUT, "21610")),
        (400, {"code": 21999, "message": "new"}, Refused(Failure.UNDELIVERED, "21999")),
        (401, {"code": 20003, "message": "Authenticate"}, refused_whole("20003", AccountFault.TOKEN)),
        (401, {"code": 21999, "message": "new"}, refused_whole("21999", AccountFault.TOKEN)),
        (402, b"", refused_whole("402", AccountFault.BALANCE)),
        (403, {"code": 20005, "message": "not active"}, refused_whole("20005", AccountFault.BALANCE)),
        (400, {"code": 10001}, refused_whole("10001", AccountFault.BALANCE)),
        (404, {"code": 20404}, refused_whole("20404", AccountFault.SETTINGS)),
        (400, {"code": 21609}, refused_whole("21609", AccountFault.SETTINGS)),
        (403, b"<html>", NotSent("403", fault=AccountFault.PERMISSION)),
        (403, {"code": "denied"}, NotSent("denied", fault=AccountFault.PERMISSION)),
        (302, b"", NotSent("302", fault=AccountFault.PERMISSION)),
        (400, {"code": 21606}, NotSent("21606", fault=AccountFault.PERMISSION)),
        (403, {"code": 21408}, Refused(Failure.OUR_ACCOUNT, "21408")),
        (403, {"code": 21999}, Refused(Failure.UNDELIVERED, "21999")),
        (408, b"", NotSent("408", timedelta(seconds=7))),
        (425, b"", NotSent("425", timedelta(seconds=7))),
        (
            400,
            {"type": "https://x/21211", "title": "Invalid", "status": 400, "code": 21211},
            Refused(Failure.INVALID, "21211"),
        ),
        (429, {"code": 20429}, NotSent("20429", timedelta(seconds=7), Cause.TOO_FAST)),
        (400, {"code": 21611}, NotSent("21611", timedelta(seconds=7), Cause.TOO_FAST)),
        (429, {"code": 14107}, NotSent("14107", timedelta(seconds=7), Cause.ADDRESS)),
        (500, {"code": 20500}, Unsure("20500")),
        (503, b"", Unsure("503")),
        (201, b"{}", Unsure("unreadable")),
        (201, b"[]", Unsure("unreadable")),
        (200, b"<html>Welcome to the captive portal</html>", Unsure("unreadable")),
        (201, b"[" * 100_000, Unsure("unreadable")),
        (201, {"sid": "SM1", "date_created": 7}, Unsure("unreadable")),
    ],
)
def test_each_answer_has_its_meaning(
    channel: TwilioSms, provider: Provider, sms: Outgoing, status: int, document: object, result: object
) -> None:
    """A5: a 5xx may have been processed; every other refusal surely was not."""
    provider.replies(status, document, "Retry-After: 7")

    assert channel.send(sms) == result
    assert len(provider.requests) == 1


def test_no_connection_is_not_sent(nobody_listens: str, sms: Outgoing) -> None:
    channel = TwilioSms(Account("AC1", TOKENS, "https://alert.example", nobody_listens))

    assert channel.send(sms) == NotSent("ConnectionRefusedError")


def test_an_answer_that_comes_too_late_is_unsure(hasty: TwilioSms, provider: Provider, sms: Outgoing) -> None:
    """A5: the request may have arrived."""
    provider.answer = lambda connection, request: None

    assert hasty.send(sms) == Unsure("TimeoutError")


def test_a_message_is_looked_up_by_its_id(channel: TwilioSms, provider: Provider, sms: Outgoing) -> None:
    provider.replies(200, listed(sms, status="undelivered", error_code=30005))

    assert channel.lookup(sms, SINCE, "SM1") == Found("SM1", AttemptStatus.FAILED, Failure.INVALID, "30005")
    assert provider.requests[0].target == "/2010-04-01/Accounts/AC1/Messages/SM1.json"


def test_a_message_without_id_is_found_among_those_to_its_number(
    channel: TwilioSms, provider: Provider, sms: Outgoing
) -> None:
    """A5: settled by asking, without a second message."""
    others = [
        listed(sms, "SM-other-words", body="PBI URGENT A-7K3M: arrest. Answer 4712."),
        listed(sms, "SM-other-sender", sender="+13025550199"),
        listed(sms, "SM-long-before", after=-60),
        listed(sms, "SM-later", after=75),
    ]
    provider.replies(
        200, {"messages": [*others, listed(sms, "SM-mine", body=f"Trial account - {sms.text}")], "page": 0}
    )

    assert channel.lookup(sms, SINCE) == Found("SM-mine", AttemptStatus.SENT)
    assert provider.requests[0].query == {"To": [sms.to], "PageSize": ["50"]}


def test_clocks_that_differ_by_seconds_do_not_hide_a_message(
    channel: TwilioSms, provider: Provider, sms: Outgoing
) -> None:
    provider.replies(200, {"messages": [listed(sms, after=-4)]})

    assert channel.lookup(sms, SINCE) == Found("SM1", AttemptStatus.SENT)


def test_a_message_that_is_not_listed_is_absent(channel: TwilioSms, provider: Provider, sms: Outgoing) -> None:
    provider.replies(200, {"messages": []})

    assert channel.lookup(sms, SINCE) == Absent()


def test_only_the_provider_itself_says_absent(channel: TwilioSms, provider: Provider, sms: Outgoing) -> None:
    """A5: a proxy's 404 must not bring a second message."""
    provider.replies(404, {"code": 20404, "message": "not found"})
    assert channel.lookup(sms, SINCE, "SM1") == Absent()

    provider.replies(404, b"<html>no such page")
    assert channel.lookup(sms, SINCE, "SM1") == CannotTell()


@pytest.mark.parametrize(
    ("status", "document"), [(500, b""), (200, {"messages": 7}), (200, {"messages": [[]]}), (200, {})]
)
def test_a_provider_that_does_not_answer_can_not_tell(
    channel: TwilioSms, provider: Provider, sms: Outgoing, status: int, document: object
) -> None:
    provider.replies(status, document)

    assert channel.lookup(sms, SINCE) == CannotTell()


@pytest.mark.parametrize(
    ("status", "document", "trouble"),
    [
        (200, {"messages": []}, None),
        (401, {"code": 20003}, NotSent("20003", cause=Cause.ACCOUNT, fault=AccountFault.TOKEN)),
        (403, b"<html>", NotSent("403", fault=AccountFault.PERMISSION)),
        (400, {"code": 21999}, None),
        (429, {"code": 20429}, None),
        (503, b"", Unsure("503")),
        (200, b"<html>", Unsure("unreadable")),
    ],
)
def test_a_provider_that_answers_is_there_unless_it_refuses_our_account(
    channel: TwilioSms, provider: Provider, status: int, document: object, trouble: object
) -> None:
    provider.replies(status, document)

    assert channel.trouble() == trouble
    assert provider.requests[0].target == "/2010-04-01/Accounts/AC1/Messages.json?PageSize=1"


def test_a_provider_that_can_not_be_reached_is_not_there(provider: Provider, nobody_listens: str) -> None:
    provider.replies(200, {"messages": []})
    urls = (provider.url, nobody_listens)
    here, gone = (TwilioSms(Account("AC1", TOKENS, "https://alert.example", url)) for url in urls)

    assert here.trouble() is None
    assert gone.trouble() == NotSent("ConnectionRefusedError")
