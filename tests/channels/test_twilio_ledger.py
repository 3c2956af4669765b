"""The provider's books through the real SDK: many questions in few requests, and what came in while we were away."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from alertnet.channels.base import Absent, CannotTell, Found, Outgoing, StatusQuery
from alertnet.channels.twilio import TwilioSms, TwilioVoice
from alertnet.channels.twilio_account import LIST_PAGE_SIZE, MOST_PAGES, Account, TwilioLedger
from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import AttemptStatus
from tests.channels.conftest import Provider, reply

SINCE = datetime(2026, 11, 24, 2, 14, tzinfo=UTC)
OURS = "+13025550100"
ACCOUNT = ("AC1", ["token"], "https://alert.example/")


@pytest.fixture
def ledger(provider: Provider) -> TwilioLedger:
    return TwilioSms(Account(*ACCOUNT, provider.url, deadline_seconds=30)).ledger


def row(sid: str, after: float = 1, **changes: Any) -> dict[str, Any]:
    created = format_datetime(SINCE + timedelta(seconds=after))
    mine = {"sid": sid, "status": "delivered", "direction": "outbound-api", "from": OURS, "date_created": created}
    return {**mine, "to": "+573005550101", "body": "PBI URGENT A-7K3M", **changes}


def books(*pages: list[dict[str, Any]]) -> Callable[..., None]:
    """An answer for each page, by its number in the request."""

    def answer(connection: Any, request: Any) -> None:
        number = int(request.query.get("Page", ["0"])[0])
        more = f"/2010-04-01/Accounts/AC1/Messages.json?Page={number + 1}" if number + 1 < len(pages) else None
        connection.sendall(reply(200, {"messages": pages[number], "next_page_uri": more, "page": number}))

    return answer


def query(provider_id: str | None = None, text: str = "PBI URGENT A-7K3M", sender: str = OURS) -> StatusQuery:
    return StatusQuery(Outgoing("a1", "n1", MethodKind.SMS, "+573005550101", sender, text), SINCE, provider_id)


def test_many_questions_are_one_request(ledger: TwilioLedger, provider: Provider) -> None:
    """The pace of the provider's API: nobody is asked about one by one after an outage."""
    provider.answer = books([row(f"SM{number}") for number in range(200)])

    answers = ledger.look_up([query(f"SM{number}") for number in range(200)])

    assert answers == [Found(f"SM{number}", AttemptStatus.DELIVERED) for number in range(200)]
    (request,) = provider.requests
    assert request.query == {"From": [OURS], "PageSize": ["200"]}


def test_what_is_known_by_its_words_alone_is_found_too(ledger: TwilioLedger, provider: Provider) -> None:
    """A5: of a lost answer only address, words and time are known."""
    provider.answer = books([row("SM1", body="PBI URGENT A-9999"), row("SM2", body="Trial - PBI URGENT A-7K3M")])

    assert ledger.look_up([query(), query(sender="")]) == [Found("SM2", AttemptStatus.DELIVERED)] * 2


def test_what_a_whole_list_does_not_show_is_absent(ledger: TwilioLedger, provider: Provider) -> None:
    provider.answer = books([row("SM1", to="+573005550102"), row("SM2", after=-60)])

    assert ledger.look_up([query()]) == [Absent()]


def test_what_has_an_id_is_never_absent(ledger: TwilioLedger, provider: Provider) -> None:
    """A list may lag: a message that was accepted must not be sent again because it is not shown yet."""
    provider.answer = books([])

    assert ledger.look_up([query("SM1")]) == [CannotTell()]


def test_a_list_that_breaks_off_says_nothing_of_what_it_did_not_show(ledger: TwilioLedger, provider: Provider) -> None:
    def answer(connection: Any, request: Any) -> None:
        if "Page" in request.query:
            connection.sendall(reply(503, {"code": 20503}))
        else:
            books([row("SM1")], [])(connection, request)

    provider.answer = answer

    assert ledger.look_up([query("SM1"), query(text="else")]) == [
        Found("SM1", AttemptStatus.DELIVERED),
        CannotTell(),
    ]


def test_pages_are_read_until_the_moment_that_is_asked_for(ledger: TwilioLedger, provider: Provider) -> None:
    provider.answer = books([row("SM3")], [row("SM2"), row("SM1", after=-60)], [row("SM0", after=-120)])

    listing = ledger.outgoing(OURS, SINCE)

    assert [entry.found.provider_id for entry in listing.entries] == ["SM3", "SM2"]
    assert (listing.is_whole, len(provider.requests)) == (True, 2)


def test_no_more_than_so_many_pages_are_read(ledger: TwilioLedger, provider: Provider) -> None:
    provider.answer = books(*[[row(f"SM{number}")] for number in range(MOST_PAGES + 1)])

    assert not ledger.outgoing(OURS, SINCE).is_whole
    assert len(provider.requests) == MOST_PAGES


def test_what_came_in_is_asked_for_by_our_number_and_day(ledger: TwilioLedger, provider: Provider) -> None:
    came = row("SM1", direction="inbound", to=OURS, body="OK 4711") | {"from": "+573005550101"}
    provider.answer = books([came, row("SM2", to=OURS), row("SM3", after=-60, direction="inbound", to=OURS)])

    (entry,) = ledger.incoming(OURS, SINCE).entries

    assert (entry.found.provider_id, entry.sender, entry.to, entry.text) == ("SM1", "+573005550101", OURS, "OK 4711")
    assert entry.at == SINCE + timedelta(seconds=1)
    assert provider.requests[0].query["DateSent>"] == ["2026-11-24T00:00:00Z"]


def test_calls_are_listed_alike(provider: Provider) -> None:
    created = format_datetime(SINCE)
    call = {"sid": "CA1", "status": "no-answer", "direction": "inbound", "from": "+573005550001", "to": OURS}
    provider.replies(200, {"calls": [{**call, "date_created": created}], "page": 0})

    (entry,) = TwilioVoice(Account(*ACCOUNT, provider.url)).ledger.incoming(OURS, SINCE).entries

    assert (entry.found.provider_id, entry.sender) == ("CA1", "+573005550001")
    assert "StartTime>" in provider.requests[0].query


def test_a_provider_that_is_away_is_told_from_an_empty_list(ledger: TwilioLedger, provider: Provider) -> None:
    provider.replies(500, {"code": 20500})

    assert ledger.incoming(OURS, SINCE).is_whole is False
    assert ledger.look_up([query()]) == [CannotTell()]


@pytest.mark.parametrize("words", ["x" * 1000, "\u0627" * 1600], ids=["latin", "arabic"])
def test_a_page_of_long_entries_is_read(ledger: TwilioLedger, provider: Provider, words: str) -> None:
    """A5: entries of the provider's size, escaped as JSON has it: what can't be read is sent twice."""
    more: dict[str, Any] = {
        "subresource_uris": {"media": "/2010-04-01" + "x" * 200},
        "error_message": None,
        "price": "-0.00750",
    }
    provider.answer = books([row(f"SM{number}", body=words, **more) for number in range(LIST_PAGE_SIZE)])

    listing = ledger.outgoing(OURS, SINCE)

    assert (listing.is_whole, len(listing.entries)) == (True, LIST_PAGE_SIZE)
