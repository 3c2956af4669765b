"""What SMS and calls share: the SDK over our transport, the meaning of its answers and faults, and its records.

The records tell, in few pages, what left from a number, what came in to it, and the state of many messages.
"""

from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from twilio.base import values
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.rest import Client

from alertnet.channels.base import (
    Absent,
    Accepted,
    CannotTell,
    Cause,
    Found,
    Leave,
    LedgerEntry,
    Listing,
    Lookup,
    NotSent,
    Outgoing,
    Refused,
    Result,
    StatusQuery,
    Unsure,
    at_once,
)
from alertnet.channels.exchange import Connection, HttpAnswer
from alertnet.channels.transport import (
    BODY_LIMIT,
    CONNECT_SECONDS,
    DEADLINE_SECONDS,
    AnswerLost,
    ErrorAnswer,
    FormRequest,
    NotConnected,
    Requests,
    Transport,
)
from alertnet.core.codec import value
from alertnet.core.delivery.provider_codes import (
    account_fault,
    failure_of,
    is_one_numbers,
    is_throttle,
    is_unprocessed,
    is_whole_account,
)

_UNREADABLE = (TwilioException, ValueError, TypeError, AttributeError, LookupError, RecursionError)
FAULTS = (NotConnected, AnswerLost, ErrorAnswer, *_UNREADABLE)
"""What a request may end with; the last ones where an answer is not the JSON object that the SDK expects."""

PAGE_SIZE = 50

CLOCKS_DIFFER = timedelta(seconds=10)
_NO_SUCH_RESOURCE = "20404"

LIST_PAGE_SIZE = 200
LIST_BODY_LIMIT = 4 << 20
"""The most bytes of a page. An entry has 1,000 to 2,000, or 10,000 where it holds 1,600 characters of Arabic."""
MOST_PAGES = 100
LIST_SECONDS = 10.0
"""Seconds for all pages of a list together, and for all lists that answer one set of questions."""

INBOUND, BY_API = "inbound", "outbound-api"


@value
class Account:
    """An account at the provider, and the URL at which the provider reaches us."""

    sid: str
    auth_tokens: Sequence[str] = field(repr=False)
    """The first is used; the others only check signatures during a rotation."""
    public_url: str
    api_url: str | None = None
    """None means the provider's own."""
    deadline_seconds: float = DEADLINE_SECONDS
    connect_seconds: float = CONNECT_SECONDS

    def open(self, body_limit: int = BODY_LIMIT) -> Client:
        """The SDK's client over its own transport, which accepts answers of so many bytes."""
        return self._client(Transport(self.deadline_seconds, self.connect_seconds, body_limit=body_limit))

    def creating(self) -> Client:
        """The SDK's client that makes coroutines for `submit` and `prepare`."""
        return self._client(Requests())

    def _client(self, http_client: HttpClient) -> Client:
        client = Client(self.sid, self.auth_tokens[0], http_client=http_client)
        if self.api_url:
            client.api.base_url = self.api_url
        return client

    def webhook(self, path: str) -> str:
        """The URL that the provider calls for this path."""
        return self.public_url.rstrip("/") + path


Creation = Coroutine[FormRequest, HttpAnswer | None, Any]
"""A coroutine of the SDK that creates a message or call."""


class Submission:
    """A message or call being created at the provider: its request is ready, then sent, then answered."""

    def __init__(self, transport: Transport, create: Creation, connection: Connection) -> None:
        self._transport = transport
        self._create = create
        self._connection = connection
        self.write = connection.write
        self.fileno = connection.fileno
        self.seconds_left = connection.seconds_left
        self.wait = connection.wait

    def result(self) -> Result | None:
        """The result once it is known; None until then."""
        try:
            answer = self._transport.hear(self._connection)
            return None if answer is None else Accepted(_id_of(self._create, answer))
        except FAULTS as fault:
            return _meaning_of(fault)

    def withdraw(self) -> None:
        """Keep the request from leaving."""
        self._transport.withdraw(self._connection)


def prepare(transport: Transport, create: Creation) -> Submission | None:
    """Prepare the request; None where a connection would have to be opened first."""
    connection = transport.begin_at_once(create.send(None))
    return Submission(transport, create, connection) if connection else None


def submit(transport: Transport, create: Creation, leave: Leave = at_once) -> Result | None:
    """Create the message or call and return the result; None where `leave` did not let it go."""
    try:
        submission = Submission(transport, create, transport.begin(create.send(None)))
    except FAULTS as fault:
        return _meaning_of(fault)
    if not leave(submission.write):
        submission.withdraw()
        return None
    while (result := submission.result()) is None:
        submission.wait()
    return result


def _id_of(create: Creation, answer: HttpAnswer) -> str:
    try:
        create.send(answer)
    except StopIteration as created:
        if isinstance(id := created.value.sid, str) and id:
            return id
    raise ValueError("it has no id")


def _meaning_of(fault: Exception) -> Result:
    match fault:
        case NotConnected():
            return NotSent(fault.code)
        case AnswerLost():
            return Unsure(fault.code)
        case ErrorAnswer():
            return classify(fault.status, fault.code, fault.retry_after)
    return Unsure("unreadable")


def classify(http_status: int, code: str, retry_after: timedelta | None) -> Refused | NotSent | Unsure:
    """What a status other than 2xx means for the request: a 5xx may have been processed, all others surely were not."""
    if http_status >= 500:
        return Unsure(code)
    if http_status == 429 or is_throttle(code):
        return NotSent(code, retry_after, Cause.ADDRESS if is_one_numbers(code) else Cause.TOO_FAST)
    if is_unprocessed(http_status):
        return NotSent(code, retry_after)
    if fault := account_fault(code, http_status):
        cause = Cause.ACCOUNT if is_whole_account(code, http_status) else Cause.PROVIDER
        return NotSent(code, cause=cause, fault=fault)
    return Refused(failure_of(code), code)


def looked_up(request: Callable[[], Lookup]) -> Lookup:
    """Run a lookup and map its faults. Only the provider's own word that it does not exist counts as absent."""
    try:
        return request()
    except FAULTS as fault:
        return Absent() if isinstance(fault, ErrorAnswer) and fault.code == _NO_SUCH_RESOURCE else CannotTell()


def trouble_of(request: Callable[[], object]) -> Result | None:
    """What keeps the provider from answering; refusing that request is an answer, refusing our account is none."""
    try:
        request()
    except ErrorAnswer as answer:
        meaning = classify(answer.status, answer.code, None)
        is_ours = isinstance(meaning, Unsure) or (isinstance(meaning, NotSent) and meaning.fault is not None)
        return meaning if is_ours else None
    except FAULTS as fault:
        return _meaning_of(fault)
    return None


def sought(entries: Iterable[LedgerEntry], outgoing: Outgoing, since: datetime) -> Found | Absent:
    """Find the entry of that message or call: the one closest to `since`.

    Except for clock differences it is not earlier.

    Its text is searched inside the entry's, because a trial account puts words of its own before ours.
    """
    alike = [
        entry
        for entry in entries
        if entry.sender == (outgoing.sender or entry.sender)
        and outgoing.text.strip() in entry.text
        and entry.at >= since - CLOCKS_DIFFER
    ]
    closest = min(alike, key=lambda entry: abs(entry.at - since), default=None)
    return closest.found if closest else Absent()


def entries_of(page: Iterable[Any], read: Callable[[Any], LedgerEntry]) -> Iterator[LedgerEntry]:
    """The readable entries of a page. An entry without a date is left out, since it can't be told from any other."""
    return (read(resource) for resource in page if resource.date_created)


class TwilioLedger:
    """The provider's records of messages or of calls; threads may share it.

    `list_of` selects the list of a client (`messages`, `calls`), `read` makes an entry from a resource, `day_filter`
    names the list's filter for a first day.
    """

    def __init__(
        self, account: Account, list_of: Callable[[Client], Any], read: Callable[[Any], LedgerEntry], day_filter: str
    ) -> None:
        client = account.open(LIST_BODY_LIMIT)
        self._transport: Transport = client.http_client
        self._page = list_of(client).page
        self._read = read
        self._day_filter = day_filter

    def look_up(self, queries: Sequence[StatusQuery]) -> list[Lookup]:
        """The state of each message; see `Ledger.look_up`."""
        oldest: dict[str, datetime] = {}
        for query in queries:
            sender = query.outgoing.sender
            oldest[sender] = min(query.since, oldest.get(sender, query.since))
        with self._transport.within(LIST_SECONDS):
            books = {sender: _Books(self.outgoing(sender, since)) for sender, since in oldest.items()}
        return [books[query.outgoing.sender].answer(query) for query in queries]

    def outgoing(self, number: str, since: datetime) -> Listing:
        """What we sent from that number since then ("": any of ours); see `Ledger.outgoing`."""
        # No limit by day: a message that the provider still queues has no day.
        return self._list(since, BY_API, {"from_": number or values.unset})

    def incoming(self, number: str, since: datetime) -> Listing:
        """What came in to that number since then; see `Ledger.incoming`."""
        return self._list(since, INBOUND, {"to": number, self._day_filter: (since - CLOCKS_DIFFER).date()})

    def _list(self, since: datetime, direction: str, filters: dict[str, object]) -> Listing:
        since -= CLOCKS_DIFFER
        entries: list[LedgerEntry] = []
        try:
            with self._transport.within(LIST_SECONDS):
                for page in self._pages(filters):
                    resources = list(page)
                    ours = entries_of((each for each in resources if each.direction == direction), self._read)
                    entries += [entry for entry in ours if entry.at >= since]
                    is_past = any(each.date_created and each.date_created < since for each in resources[-1:])
                    if is_past or not page.next_page_url:
                        return Listing(tuple(entries), is_whole=True)
        except FAULTS:
            pass
        return Listing(tuple(entries), is_whole=False)

    def _pages(self, filters: dict[str, object]) -> Iterator[Any]:
        """The first pages of a list, each fetched when it is needed."""
        page = self._page(page_size=LIST_PAGE_SIZE, **filters)
        yield page
        for _ in range(MOST_PAGES - 1):
            page = page.next_page()
            if page is None:
                return
            yield page


class _Books:
    """One listing, indexed by the provider's ids and by recipient."""

    def __init__(self, listing: Listing) -> None:
        self._is_whole = listing.is_whole
        self._by_id = {entry.found.provider_id: entry.found for entry in listing.entries}
        self._by_number: defaultdict[str, list[LedgerEntry]] = defaultdict(list)
        for entry in listing.entries:
            self._by_number[entry.to].append(entry)

    def answer(self, query: StatusQuery) -> Lookup:
        """Answer one query. Only a complete list can show that a message without a provider id is absent."""
        if query.provider_id:
            return self._by_id.get(query.provider_id, CannotTell())
        outgoing = query.outgoing
        lookup = sought(self._by_number[outgoing.to], outgoing, query.since)
        return CannotTell() if isinstance(lookup, Absent) and not self._is_whole else lookup
