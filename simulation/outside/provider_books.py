"""The provider's books: what phones sent to our numbers and what we sent, as its lists show it, some time later."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alertnet.channels.base import Entry, Listing, Lookup, StatusQuery
from alertnet.channels.twilio_account import LIST_SECONDS
from simulation.outside.line import Line
from simulation.world.faults import Trouble
from simulation.world.message import found


class Books:
    """The ledger of SMS, as one process reads it through its line."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def look_up(self, questions: Sequence[StatusQuery]) -> list[Lookup]:
        """What became of each."""
        return [self.line.lookup(each.outgoing, each.since, each.provider_id) for each in questions]

    def outgoing(self, number: str, since: datetime) -> Listing:
        """What we made from that number."""
        taken = [each for each in self.line.provider.messages if each.route == self.line.route]
        entries = [
            Entry(found(each), each.outgoing.sender, each.outgoing.to, each.taken_at, each.outgoing.text)
            for each in taken
            if each.outgoing.sender == number
        ]
        return self._list(entries, since)

    def incoming(self, number: str, since: datetime) -> Listing:
        """What came in to that number."""
        return self._list([each for each in self.line.world.texts.values() if each.to == number], since)

    def _list(self, entries: Sequence[Entry], since: datetime) -> Listing:
        trouble = self.line.world.troubles.get(self.line.route)
        self.line.process.life.sleep(
            LIST_SECONDS if trouble is Trouble.SILENT else self.line.world.random.uniform(0.05, 0.3)
        )
        if trouble not in (None, Trouble.DENIES):
            return Listing((), is_whole=False)
        listed_until = self.line.world.time.now - timedelta(seconds=self.line.world.mischief.list_late)
        listed = [each for each in entries if since <= each.at <= listed_until]
        return Listing(tuple(reversed(listed)), is_whole=True)
