"""One or two providers: what each accepted, what it reports when asked, and how it fails."""

from datetime import timedelta

from alertnet.channels.base import Absent, CannotTell, Lookup, Outgoing
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from simulation.checks.promises import Promises
from simulation.checks.ringing import Ringing
from simulation.hosts.web import Web
from simulation.outside.call import Call
from simulation.outside.deliver_text import deliver
from simulation.outside.people import People
from simulation.world.message import OPTS_IN, OPTS_OUT, Message, found
from simulation.world.world import World


class Provider:
    """Everything sent, in the order in which it came."""

    def __init__(self, world: World, web: Web, people: People, promises: Promises, ringing: Ringing) -> None:
        self.world = world
        self.web = web
        self.people = people
        self.promises = promises
        self.ringing = ringing
        self.messages: list[Message] = []
        self.calls: dict[str, Call] = {}
        self.recordings: dict[str, bytes] = {}
        """The recordings of calls to us that are not deleted, by id."""

    def takes(self, outgoing: Outgoing, route: Route) -> Message:
        """Accept a message: the provider delivers it, whatever becomes of its sender."""
        id = f"{outgoing.method[:2].upper()}{len(self.messages):032d}"
        if outgoing.method is MethodKind.EMAIL:
            id = f"<{outgoing.notification}@example.org>"
        message = Message(id, outgoing, route, self.world.time.true)
        self.messages.append(message)
        self.world.story.tell("provider", f"takes {self.world.describe(outgoing)}")
        self.promises.was_taken(outgoing)
        if outgoing.method is MethodKind.CALL:
            self.calls[id] = Call(self.world, self.web, self.people, message)
            self.ringing.begins(message)
        else:
            deliver(self.world, self.web, self.people, message)
        return message

    def has_opted_out(self, outgoing: Outgoing) -> bool:
        """Whether the network lets no SMS from that number of ours through to that phone."""
        texts = [each for each in self.world.texts.values() if (each.sender, each.to) == (outgoing.to, outgoing.sender)]
        words = [each.text for each in texts if each.text in (OPTS_OUT, OPTS_IN)]
        return outgoing.method is MethodKind.SMS and words[-1:] == [OPTS_OUT]

    def tells_of(self, outgoing: Outgoing, route: Route, provider_id: str | None) -> Lookup:
        """The provider's answer to a lookup; its lists lag behind."""
        if outgoing.method is MethodKind.EMAIL or route in self.world.troubles:
            return CannotTell()
        listed_until = self.world.time.true - timedelta(seconds=self.world.mischief.list_late)
        for message in (each for each in self.messages if each.route == route):
            is_meant = message.id == provider_id if provider_id else message.outgoing.attempt == outgoing.attempt
            if is_meant and (provider_id or message.taken_at <= listed_until):
                return found(message)
        return Absent()
