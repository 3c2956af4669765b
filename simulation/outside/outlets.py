"""The outlets of one process: for each route a line, with its numbers, rate, records and recordings."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from alertnet.channels.base import LedgerEntry, Listing, Lookup, StatusQuery
from alertnet.channels.twilio_account import LIST_SECONDS
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from alertnet.runtime.outlets import Outlet
from alertnet.store.tables import recordings
from simulation.checks.promises import Promises
from simulation.hosts.host import Process
from simulation.outside.line import Line
from simulation.outside.provider import Provider
from simulation.world.database import OURS
from simulation.world.faults import Trouble
from simulation.world.message import found

MAILBOX = "alert@example.org"


def outlets_of(provider: Provider, promises: Promises, process: Process) -> dict[Route, Outlet]:
    return {route: _outlet(Line(provider, promises, process, route)) for route in process.world.routes}


def _outlet(line: Line) -> Outlet:
    rate = line.world.mischief.rate
    method, provider = line.route
    if method is MethodKind.EMAIL:
        return Outlet(line, (MAILBOX,), 0.0)
    numbers = OURS[provider][: 1 if rate else 2]
    if method is MethodKind.SMS:
        return Outlet(line, numbers, rate, Books(line))
    return Outlet(line, numbers, rate, recordings=Recordings(line))


class Books:
    """The provider's SMS records, in and out, as one process reads them through its line; they lag behind."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def look_up(self, questions: Sequence[StatusQuery]) -> list[Lookup]:
        """The state of each message."""
        return [self.line.lookup(each.outgoing, each.since, each.provider_id) for each in questions]

    def outgoing(self, number: str, since: datetime) -> Listing:
        """What we sent from that number."""
        taken = [each for each in self.line.provider.messages if each.route == self.line.route]
        entries = [
            LedgerEntry(found(each), each.outgoing.sender, each.outgoing.to, each.taken_at, each.outgoing.text)
            for each in taken
            if each.outgoing.sender == number
        ]
        return self._list(entries, since)

    def incoming(self, number: str, since: datetime) -> Listing:
        """What came in to that number."""
        return self._list([each for each in self.line.world.texts.values() if each.to == number], since)

    def _list(self, entries: Sequence[LedgerEntry], since: datetime) -> Listing:
        trouble = self.line.world.troubles.get(self.line.route)
        self.line.process.life.sleep(
            LIST_SECONDS if trouble is Trouble.SILENT else self.line.world.random.uniform(0.05, 0.3)
        )
        if trouble not in (None, Trouble.DENIES):
            return Listing((), is_whole=False)
        listed_until = self.line.world.time.true - timedelta(seconds=self.line.world.mischief.list_late)
        listed = [each for each in entries if since <= each.at <= listed_until]
        return Listing(tuple(reversed(listed)), is_whole=True)


class Recordings:
    """What members said in calls to us, as one process fetches and deletes it."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def made_since(self, moment: datetime) -> None:
        """Nothing: this provider lists neither calls nor their recordings."""

    def fetch(self, id: str) -> bytes | None:
        """The sound; None where it does not arrive."""
        self.line.may_die(f"before it fetches recording {id[-4:]}", self._seconds)
        sound = self.line.provider.recordings.get(id)
        self.line.may_die(f"after it has fetched recording {id[-4:]}", self._seconds)
        self.line.world.story.tell(self.line.process.host.name, f"has fetched recording {id[-4:]}")
        return None if self._is_lost else sound

    def delete(self, id: str) -> bool:
        """Delete it at the provider, where nothing is left of it then; whether we get the answer."""
        world = self.line.world
        self.line.may_die(f"before it deletes recording {id[-4:]}", self._seconds)
        if self.line.route in world.troubles:
            return False
        world.story.tell(self.line.process.host.name, f"deletes recording {id[-4:]}")
        [kept] = world.database.column(select(recordings.c.audio).where(recordings.c.id == id))
        if kept != self.line.provider.recordings.pop(id, kept):
            world.story.breaks_promise("A12", f"recording {id[-4:]} is deleted at the provider, and not kept here")
        self.line.may_die(f"after it has deleted recording {id[-4:]}", self._seconds)
        return not self._is_lost

    @property
    def _seconds(self) -> float:
        return self.line.world.random.uniform(0.05, 0.3)

    @property
    def _is_lost(self) -> bool:
        world = self.line.world
        return self.line.route in world.troubles or world.random.random() < world.mischief.answer_lost
