"""The provider: what it took, what it says of it when asked, and how it fails."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alertnet.channels.base import Absent, CannotTell, Found, Lookup, Outgoing
from alertnet.core.contact import MethodKind
from alertnet.core.provider_codes import outcome_of_call, outcome_of_sms
from alertnet.core.routes import FIRST, Way
from alertnet.runtime_channels import Outlet
from alertnet.store.attempts import SENT_BY
from simulation.call import Call
from simulation.line import Line
from simulation.message import Message
from simulation.mischief import Trouble
from simulation.text import deliver

if TYPE_CHECKING:
    from simulation.host import Process
    from simulation.night import Night

OURS = ("+15005550006", "+15005550016")
MAILBOX = "alert@example.org"


class Provider:
    """All that was handed over, in the order in which it came."""

    def __init__(self, night: "Night") -> None:
        self.night = night
        self.messages: list[Message] = []
        self.calls: dict[str, Call] = {}
        self.asked: dict[str, list[datetime]] = {}
        """When it was asked about an attempt, and could tell."""
        self.troubles: dict[MethodKind, Trouble] = {}

    def outlets(self, process: "Process") -> dict[Way, Outlet]:
        """The ways out that one process has."""
        rate = self.night.mischief.rate
        return {
            (method, FIRST): Outlet(Line(self.night, process, method), (MAILBOX,), 0.0)
            if method is MethodKind.EMAIL
            else Outlet(Line(self.night, process, method), OURS[: 1 if rate else 2], rate)
            for method in SENT_BY
        }

    def takes(self, outgoing: Outgoing) -> Message:
        """A message has arrived here: it is the provider's to deliver, whatever becomes of its sender."""
        id = f"{outgoing.method[:2].upper()}{len(self.messages):032d}"
        if outgoing.method is MethodKind.EMAIL:
            id = f"<{outgoing.notification}@example.org>"
        message = Message(id, outgoing, self.night.time.now)
        self.messages.append(message)
        self.night.story.tell("provider", f"takes {self.night.describe(outgoing)}")
        self.night.promises.was_taken(outgoing)
        if outgoing.method is MethodKind.CALL:
            self.calls[id] = Call(self.night, message)
        else:
            deliver(self.night, message)
        return message

    def tells_of(self, outgoing: Outgoing, provider_id: str | None) -> Lookup:
        """What it says when it is asked; its lists lag behind."""
        if outgoing.method is MethodKind.EMAIL or outgoing.method in self.troubles:
            return CannotTell()
        self.asked.setdefault(outgoing.attempt, []).append(self.night.time.now)
        listed_until = self.night.time.now - timedelta(seconds=self.night.mischief.list_late)
        for message in self.messages:
            is_meant = message.id == provider_id if provider_id else message.outgoing.attempt == outgoing.attempt
            if is_meant and (provider_id or message.taken_at <= listed_until):
                return _found(message)
        return Absent()


def _found(message: Message) -> Found:
    code = None if message.code is None else str(message.code)
    if message.outgoing.method is MethodKind.CALL:
        status, failure = outcome_of_call(message.status, None, message.code)
    else:
        status, failure = outcome_of_sms(message.status, message.code)
    return Found(message.id, status, failure, code)
