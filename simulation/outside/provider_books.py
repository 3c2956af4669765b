"""The provider's books: what phones sent to our numbers and what we sent, as its lists show it, some time later."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alertnet.channels.base import Entry, Found, Listing, Lookup, Question
from alertnet.channels.twilio_ledger import LIST_SECONDS
from alertnet.core.notification import AttemptStatus
from simulation.world.faults import Trouble
from simulation.world.message import found

if TYPE_CHECKING:
    from simulation.hosts.line import Line
    from simulation.night import Night


class Books:
    """The ledger of SMS, as one process reads it through its line."""

    def __init__(self, night: "Night", line: "Line") -> None:
        self.night = night
        self.line = line

    def look_up(self, questions: Sequence[Question]) -> list[Lookup]:
        """What became of each."""
        return [self.line.lookup(each.outgoing, each.since, each.provider_id) for each in questions]

    def outgoing(self, number: str, since: datetime) -> Listing:
        """What we made from that number."""
        taken = [each for each in self.night.provider.messages if each.way == self.line.way]
        entries = [
            Entry(found(each), each.outgoing.sender, each.outgoing.to, each.taken_at, each.outgoing.text)
            for each in taken
            if each.outgoing.sender == number
        ]
        return self._list(entries, since)

    def incoming(self, number: str, since: datetime) -> Listing:
        """What came in to that number."""
        return self._list([each for each in self.night.provider.texts.values() if each.to == number], since)

    def _list(self, entries: Sequence[Entry], since: datetime) -> Listing:
        trouble = self.night.provider.troubles.get(self.line.way)
        self.line.process.life.sleep(
            LIST_SECONDS if trouble is Trouble.SILENT else self.night.random.uniform(0.05, 0.3)
        )
        if trouble not in (None, Trouble.DENIES):
            return Listing((), is_whole=False)
        listed_until = self.night.time.now - timedelta(seconds=self.night.mischief.list_late)
        listed = [each for each in entries if since <= each.at <= listed_until]
        return Listing(tuple(reversed(listed)), is_whole=True)


def text_of(id: str, sender: str, to: str, at: datetime, text: str) -> Entry:
    """A text that has come in; the books know its second."""
    return Entry(Found(id, AttemptStatus.DELIVERED), sender, to, at.replace(microsecond=0), text)
