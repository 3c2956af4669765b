"""The provider's books, read as few pages: what left from a number, what came in to it, what became of many."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from twilio.base import values
from twilio.rest import Client

from alertnet.channels.base import Absent, CannotTell, Entry, Listing, Lookup, StatusQuery
from alertnet.channels.transport import AnswerLost, ErrorAnswer, NotConnected, Transport
from alertnet.channels.twilio_account import CLOCKS_DIFFER, UNREADABLE, Account, entries_of, sought

LIST_PAGE_SIZE = 200
LIST_BODY_LIMIT = 4 << 20
"""Bytes of a page: its entries have 1,000 to 2,000 each, and 10,000 where they hold 1,600 characters of Arabic."""
MOST_PAGES = 100
LIST_SECONDS = 10.0
"""For all pages of a list together, and for all lists that answer one set of questions."""

INBOUND, BY_API = "inbound", "outbound-api"


class TwilioLedger:
    """The provider's books of messages or of calls; threads may share it.

    `list_of` chooses the list of a client (`messages`, `calls`), `read` makes an entry of a resource, `day_filter` is
    the name of the list's filter for a first day.
    """

    def __init__(
        self, account: Account, list_of: Callable[[Client], Any], read: Callable[[Any], Entry], day_filter: str
    ) -> None:
        client = account.open(LIST_BODY_LIMIT)
        self._transport: Transport = client.http_client
        self._page = list_of(client).page
        self._read = read
        self._day_filter = day_filter

    def look_up(self, queries: Sequence[StatusQuery]) -> list[Lookup]:
        """What became of each; see `Ledger.look_up`."""
        oldest: dict[str, datetime] = {}
        for query in queries:
            sender = query.outgoing.sender
            oldest[sender] = min(query.since, oldest.get(sender, query.since))
        with self._transport.within(LIST_SECONDS):
            books = {sender: _Books(self.outgoing(sender, since)) for sender, since in oldest.items()}
        return [books[query.outgoing.sender].answer(query) for query in queries]

    def outgoing(self, number: str, since: datetime) -> Listing:
        """What we made from that number since, "" for any of ours; see `Ledger.outgoing`."""
        # Not limited by day: what the provider has still queued was sent on none.
        return self._list(since, BY_API, {"from_": number or values.unset})

    def incoming(self, number: str, since: datetime) -> Listing:
        """What came in to that number since; see `Ledger.incoming`."""
        return self._list(since, INBOUND, {"to": number, self._day_filter: (since - CLOCKS_DIFFER).date()})

    def _list(self, since: datetime, direction: str, filters: dict[str, object]) -> Listing:
        since -= CLOCKS_DIFFER
        entries: list[Entry] = []
        try:
            with self._transport.within(LIST_SECONDS):
                for page in self._pages(filters):
                    resources = list(page)
                    ours = entries_of((each for each in resources if each.direction == direction), self._read)
                    entries += [entry for entry in ours if entry.at >= since]
                    is_past = any(each.date_created and each.date_created < since for each in resources[-1:])
                    if is_past or not page.next_page_url:
                        return Listing(tuple(entries), is_whole=True)
        except (ErrorAnswer, NotConnected, AnswerLost, *UNREADABLE):
            pass
        return Listing(tuple(entries), is_whole=False)

    def _pages(self, filters: dict[str, object]) -> Iterator[Any]:
        """The first pages of a list, each fetched when it is wanted."""
        page = self._page(page_size=LIST_PAGE_SIZE, **filters)
        yield page
        for _ in range(MOST_PAGES - 1):
            page = page.next_page()
            if page is None:
                return
            yield page


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
