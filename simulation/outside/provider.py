"""The provider, or two of them: what each took, what it says of it when asked, and how it fails."""

from datetime import timedelta
from typing import TYPE_CHECKING

from alertnet.channels.base import Absent, CannotTell, Entry, Lookup, Outgoing
from alertnet.core.delivery.provider_routes import Way
from alertnet.core.directory.contact import MethodKind
from alertnet.runtime.outlets import Outlet
from alertnet.store.queues.attempts import SENT_BY
from simulation.hosts.database import OURS
from simulation.hosts.line import Line
from simulation.outside.call import Call
from simulation.outside.provider_books import Books, text_of
from simulation.world.deliver_text import deliver
from simulation.world.faults import Trouble
from simulation.world.message import Message, found

if TYPE_CHECKING:
    from simulation.hosts.host import Process
    from simulation.night import Night

MAILBOX = "alert@example.org"


class Provider:
    """All that was handed over, in the order in which it came."""

    def __init__(self, night: "Night") -> None:
        self.night = night
        self.messages: list[Message] = []
        self.calls: dict[str, Call] = {}
        self.texts: dict[str, Entry] = {}
        """What phones sent to our numbers, by its ids."""
        self.troubles: dict[Way, Trouble] = {}
        self.ways: list[Way] = [(method, provider) for method in SENT_BY for provider in night.mischief.providers]

    def outlets(self, process: "Process") -> dict[Way, Outlet]:
        """The ways out that one process has."""
        return {way: self._outlet(Line(self.night, process, way)) for way in self.ways}

    def _outlet(self, line: Line) -> Outlet:
        rate = self.night.mischief.rate
        method, provider = line.way
        if method is MethodKind.EMAIL:
            return Outlet(line, (MAILBOX,), 0.0)
        books = Books(self.night, line) if method is MethodKind.SMS else None
        return Outlet(line, OURS[provider][: 1 if rate else 2], rate, books)

    def has(self, id: str, sender: str, to: str, text: str) -> None:
        """A phone has sent a text to a number of ours."""
        if id not in self.texts:
            self.texts[id] = text_of(id, sender, to, self.night.time.now, text)

    def is_unheard(self) -> bool:
        """Whether a text stands here alone."""
        return len(self.texts) > self.night.database.texts()

    def takes(self, outgoing: Outgoing, way: Way) -> Message:
        """A message has arrived here: it is the provider's to deliver, whatever becomes of its sender."""
        id = f"{outgoing.method[:2].upper()}{len(self.messages):032d}"
        if outgoing.method is MethodKind.EMAIL:
            id = f"<{outgoing.notification}@example.org>"
        message = Message(id, outgoing, way, self.night.time.now)
        self.messages.append(message)
        self.night.story.tell("provider", f"takes {self.night.describe(outgoing)}")
        self.night.promises.was_taken(outgoing)
        if outgoing.method is MethodKind.CALL:
            self.calls[id] = Call(self.night, message)
        else:
            deliver(self.night, message)
        return message

    def tells_of(self, outgoing: Outgoing, way: Way, provider_id: str | None) -> Lookup:
        """What it says when it is asked; its lists lag behind."""
        if outgoing.method is MethodKind.EMAIL or way in self.troubles:
            return CannotTell()
        listed_until = self.night.time.now - timedelta(seconds=self.night.mischief.list_late)
        for message in (each for each in self.messages if each.way == way):
            is_meant = message.id == provider_id if provider_id else message.outgoing.attempt == outgoing.attempt
            if is_meant and (provider_id or message.taken_at <= listed_until):
                return found(message)
        return Absent()
