"""What SMS and calls share: the provider's REST API over our transport, its answers in our words, and its books.

The books say, in few pages, what left from a number, what came in to it, and what became of many. The provider's own
SDK asks for the same in the same words (`tests/channels/test_twilio_sdk.py`), and takes ten megabytes to do so.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate
from typing import Any
from urllib.parse import quote

from alertnet.channels.base import (
    Absent,
    Accepted,
    CannotTell,
    Cause,
    Entry,
    Found,
    Listing,
    Lookup,
    NotSent,
    Outgoing,
    Refused,
    Result,
    StatusQuery,
    Unsure,
)
from alertnet.channels.transport import (
    BODY_LIMIT,
    CONNECT_SECONDS,
    DEADLINE_SECONDS,
    AnswerLost,
    ErrorAnswer,
    NotConnected,
    Transport,
    Withheld,
)
from alertnet.core.delivery.provider_codes import (
    account_fault,
    failure_of,
    is_one_numbers,
    is_throttle,
    is_unprocessed,
    is_whole_account,
)

UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)
"""What comes of reading a JSON object that is not the one that was expected."""

Resource = dict[str, Any]
"""A message, a call or a recording, as the provider describes it."""

PAGE_SIZE = 50

API = "https://api.twilio.com"
HEADERS = {"User-Agent": "alertnet", "Accept": "application/json"}
FORM_HEADERS = {**HEADERS, "Content-Type": "application/x-www-form-urlencoded"}

CLOCKS_DIFFER = timedelta(seconds=10)
_NO_SUCH_RESOURCE = "20404"

LIST_PAGE_SIZE = 200
LIST_BODY_LIMIT = 4 << 20
"""Bytes of a page: its entries have 1,000 to 2,000 each, and 10,000 where they hold 1,600 characters of Arabic."""
MOST_PAGES = 100
LIST_SECONDS = 10.0
"""For all pages of a list together, and for all lists that answer one set of questions."""

INBOUND, BY_API = "inbound", "outbound-api"


@dataclass(frozen=True)
class Account:
    """An account with the provider, and where the provider finds us."""

    sid: str
    auth_tokens: Sequence[str] = field(repr=False)
    """The first is used; the rest are for checking signatures while they rotate."""
    public_url: str
    api_url: str | None = None
    """None: the provider's own."""
    deadline_seconds: float = DEADLINE_SECONDS
    connect_seconds: float = CONNECT_SECONDS

    def webhook(self, path: str) -> str:
        """The URL at which the provider is to call us."""
        return self.public_url.rstrip("/") + path


class RestList:
    """A list of the account in the provider's REST API, by a transport of its own that takes answers of so many bytes.

    Threads may share it. It raises what `Transport.request` does, and whoever reads its answers one of `UNREADABLE`.
    """

    def __init__(self, account: Account, name: str, body_limit: int = BODY_LIMIT) -> None:
        self.transport = Transport(account.deadline_seconds, account.connect_seconds, body_limit=body_limit)
        self.auth = (account.sid, account.auth_tokens[0])
        self._name = name
        self._api = (account.api_url or API).rstrip("/")
        self._place = f"{self._api}/2010-04-01/Accounts/{account.sid}/{name}"

    def url(self, id: str, ending: str = ".json") -> str:
        """Where one of its resources is."""
        return f"{self._place}/{quote(id, safe='')}{ending}"

    def create(self, form: Mapping[str, object]) -> Resource:
        """A new resource."""
        return self._request("POST", f"{self._place}.json", data=form)

    def update(self, id: str, form: Mapping[str, object]) -> Resource:
        """The resource, after that change."""
        return self._request("POST", self.url(id), data=form)

    def fetch(self, id: str) -> Resource:
        """The resource as it is now."""
        return self._request("GET", self.url(id))

    def newest(self, count: int, **filters: object) -> list[Resource]:
        """The newest of those that the provider's filters leave."""
        return next(self.pages(count, filters))

    def pages(self, size: int, filters: Mapping[str, object]) -> Iterator[list[Resource]]:
        """The pages of what the filters leave, the newest first, each fetched when it is wanted.

        Raises:
            LookupError: there are more than are read.
        """
        answer = self._request("GET", f"{self._place}.json", params={**filters, "PageSize": size})
        for _ in range(1, MOST_PAGES):
            yield answer[self._name.lower()]
            if not (more := answer.get("next_page_uri")):
                return
            answer = self._request("GET", f"{self._api}/{more.lstrip('/')}")
        yield answer[self._name.lower()]
        raise LookupError("more pages than are read")

    def _request(self, method: str, url: str, **sent: Mapping[str, object]) -> Resource:
        headers = FORM_HEADERS if method == "POST" else HEADERS
        return self.transport.request(method, url, headers=headers, auth=self.auth, **sent)


def submit(create: Callable[[], Resource]) -> Result | None:
    """Create a message or call, and say what became of it; None: it was not let leave."""
    try:
        provider_id = create()["sid"]
    except Withheld:
        return None
    except NotConnected as fault:
        return NotSent(fault.code)
    except AnswerLost as fault:
        return Unsure(fault.code)
    except ErrorAnswer as answer:
        return classify(answer.status, answer.code, answer.retry_after)
    except UNREADABLE:
        return Unsure("unreadable")
    return Accepted(provider_id) if provider_id and isinstance(provider_id, str) else Unsure("unreadable")


def classify(http_status: int, code: str, retry_after: timedelta | None) -> Refused | NotSent | Unsure:
    """What an answer other than 2xx says of the request: 5xx may have been processed, all others surely were not."""
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
    """What the provider says when it is asked; only its own word that there is no such thing counts as absent."""
    try:
        return request()
    except ErrorAnswer as answer:
        return Absent() if answer.code == _NO_SUCH_RESOURCE else CannotTell()
    except (NotConnected, AnswerLost, *UNREADABLE):
        return CannotTell()


def is_there(request: Callable[[], object]) -> bool:
    """Whether the provider answers a question of ours, be it with a refusal of that question; not of our account."""
    try:
        request()
    except ErrorAnswer as answer:
        meaning = classify(answer.status, answer.code, None)
        return isinstance(meaning, Refused) or (isinstance(meaning, NotSent) and meaning.fault is None)
    except (NotConnected, AnswerLost, *UNREADABLE):
        return False
    return True


def sought(entries: Iterable[Entry], outgoing: Outgoing, since: datetime) -> Found | Absent:
    """The entry of that message or call: the one closest to `since`, and not before it but for two clocks' difference.

    Its words are looked for inside the text, because a trial account puts words of its own before ours.
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


def created(resource: Resource) -> datetime | None:
    """When the provider took it, or brought it; aware UTC."""
    text: str | None = resource.get("date_created")
    moment = parsedate(text)
    return datetime(*moment[:6], tzinfo=UTC) if moment else None


def first_day(since: datetime) -> str:
    """From when on a list is asked for to hold that moment by the provider's clock: a day, as its SDK writes it."""
    return f"{(since - CLOCKS_DIFFER).date()}T00:00:00Z"


def entries_of(page: Iterable[Resource], read: Callable[[Resource, datetime], Entry]) -> Iterator[Entry]:
    """What can be read of a page: an entry without its date can't be told from any other."""
    return (read(each, at) for each in page if (at := created(each)))


class TwilioLedger:
    """The provider's books of messages or of calls; threads may share it.

    `read` makes an entry of a resource, `day_filter` is the name of the list's filter for a first day.
    """

    def __init__(
        self, account: Account, name: str, read: Callable[[Resource, datetime], Entry], day_filter: str
    ) -> None:
        self._list = RestList(account, name, LIST_BODY_LIMIT)
        self._read = read
        self._day_filter = day_filter

    def look_up(self, queries: Sequence[StatusQuery]) -> list[Lookup]:
        """What became of each; see `Ledger.look_up`."""
        oldest: dict[str, datetime] = {}
        for query in queries:
            sender = query.outgoing.sender
            oldest[sender] = min(query.since, oldest.get(sender, query.since))
        with self._list.transport.within(LIST_SECONDS):
            books = {sender: _Books(self.outgoing(sender, since)) for sender, since in oldest.items()}
        return [books[query.outgoing.sender].answer(query) for query in queries]

    def outgoing(self, number: str, since: datetime) -> Listing:
        """What we made from that number since, "" for any of ours; see `Ledger.outgoing`."""
        # Not limited by day: what the provider has still queued was sent on none.
        return self._listing(since, BY_API, {"From": number or None})

    def incoming(self, number: str, since: datetime) -> Listing:
        """What came in to that number since; see `Ledger.incoming`."""
        return self._listing(since, INBOUND, {"To": number, self._day_filter: first_day(since)})

    def _listing(self, since: datetime, direction: str, filters: Mapping[str, object]) -> Listing:
        since -= CLOCKS_DIFFER
        entries: list[Entry] = []
        try:
            with self._list.transport.within(LIST_SECONDS):
                for page in self._list.pages(LIST_PAGE_SIZE, filters):
                    ours = entries_of((each for each in page if each.get("direction") == direction), self._read)
                    entries += [entry for entry in ours if entry.at >= since]
                    if any((at := created(each)) and at < since for each in page[-1:]):
                        break
        except (ErrorAnswer, NotConnected, AnswerLost, *UNREADABLE):
            return Listing(tuple(entries), is_whole=False)
        return Listing(tuple(entries), is_whole=True)


class _Books:
    """One listing, by the provider's ids and by the numbers that it went to."""

    def __init__(self, listing: Listing) -> None:
        self._is_whole = listing.is_whole
        self._by_id = {entry.found.provider_id: entry.found for entry in listing.entries}
        self._by_number: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in listing.entries:
            self._by_number[entry.to].append(entry)

    def answer(self, query: StatusQuery) -> Lookup:
        """Answer one query: only a whole list can say that what has no id of the provider is not there."""
        if query.provider_id:
            return self._by_id.get(query.provider_id, CannotTell())
        outgoing = query.outgoing
        lookup = sought(self._by_number[outgoing.to], outgoing, query.since)
        return CannotTell() if isinstance(lookup, Absent) and not self._is_whole else lookup
