"""The connection between a process and the provider, at the socket where production has its channels."""

from collections.abc import Callable
from datetime import datetime, timedelta

from alertnet.channels.base import Accepted, Cause, Leave, Lookup, NotSent, Outgoing, Refused, Result, Unsure, at_once
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.delivery.provider_routes import Route, route_name
from alertnet.core.notification import Failure
from simulation.checks.promises import Promises
from simulation.hosts.host import Process
from simulation.hosts.platform import Event
from simulation.outside.provider import Provider
from simulation.world.faults import Trouble

DEADLINE = 10.0  # Seconds after which an exchange is over, as in the real channels.


class Line:
    """The channel of one method to one provider, for one process."""

    def __init__(self, provider: Provider, promises: Promises, process: Process, route: Route) -> None:
        self.world = process.world
        self.provider = provider
        self.promises = promises
        self.process = process
        self.route = route

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        """Send a message; on the way it may be lost, refused, or accepted without an answer."""
        world, random = self.world, self.world.random
        if not leave(lambda: None):
            return None
        self.promises.is_handed_over(self.process, outgoing)
        self.promises.keeps_pauses(self.process, outgoing, self.route)
        if self.process.is_in_transaction:
            return Unsure("in a transaction")
        world.story.tell(self.process.host.name, f"hands over {world.describe(outgoing)}{self._by}")
        if random.random() < world.mischief.stops_before_send:
            self.process.host.stop(random.uniform(10, 70))
        self.may_die(f"before {world.describe(outgoing)} has left", random.uniform(0.001, 0.01))
        result = self._exchange(outgoing)
        world.story.tell(self.process.host.name, f"hears of {world.describe(outgoing)}: {_words(result)}")
        self.may_die(f"before it writes down what became of {world.describe(outgoing)}", 0.0)
        return result

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        """Ask what became of it."""
        self.may_die("asking the provider", self.world.random.uniform(0.05, 0.3))
        lookup = self.provider.tells_of(outgoing, self.route, provider_id)
        words = f"asks about {self.world.describe(outgoing)}: {type(lookup).__name__}"
        self.world.story.tell(self.process.host.name, words)
        if provider_id is None and self.world.random.random() < self.world.mischief.stops_after_question:
            self.process.host.stop(self.world.random.uniform(31, 55))
        self.may_die("after it asked the provider", self.world.random.uniform(0.05, 0.3))
        return lookup

    def hang_up(self, provider_id: str) -> None:
        self.process.life.sleep(self.world.random.uniform(0.05, 0.3))
        if self.route in self.world.troubles:
            return
        call = self.provider.calls.get(provider_id)
        if call is not None and call.message.route == self.route:
            call.is_hung_up()

    def trouble(self) -> Result | None:
        """Ask whether the provider answers."""
        self.process.life.sleep(self.world.random.uniform(0.05, 0.3))
        # An account without credit gets answers to questions, but nothing is sent for it.
        is_there = self.world.troubles.get(self.route) in (None, Trouble.DENIES)
        return None if is_there else NotSent("away")

    def may_die(self, where: str, seconds: float) -> None:
        """Let so much time pass; the process may die in it."""
        self.process.life.sleep(seconds)
        if self.world.may_die():
            self.process.dies(where)

    def _exchange(self, outgoing: Outgoing) -> Result:
        random, mischief = self.world.random, self.world.mischief
        trouble = self.world.troubles.get(self.route)
        if random.random() < mischief.refused:
            self.process.life.sleep(0.1)
            return Refused(Failure.INVALID, "21211")
        if trouble is None and self.provider.has_opted_out(outgoing):
            self.process.life.sleep(0.1)
            return Refused(Failure.OPTED_OUT, "21610")
        if trouble is Trouble.REFUSES:
            self.process.life.sleep(random.uniform(0.01, 3))
            return NotSent("connect")
        if trouble is Trouble.THROTTLES:
            self.process.life.sleep(0.1)
            pause = random.choice([None, timedelta(seconds=random.randint(1, 20)), timedelta(hours=1)])
            return NotSent("429", pause, Cause.TOO_FAST)
        if trouble is Trouble.DENIES:
            self.process.life.sleep(0.1)
            return NotSent("20005", cause=Cause.ACCOUNT, fault=AccountFault.BALANCE)
        if trouble is Trouble.ERRORS:
            if random.random() < 0.3:
                self.provider.takes(outgoing, self.route)
            self.process.life.sleep(0.2)
            return Unsure("500")
        if trouble is Trouble.SILENT or random.random() < mischief.request_lost:
            return self._answer(lambda: None)
        is_lost = trouble is Trouble.DROPS or random.random() < mischief.answer_lost
        return self._answer(lambda: self.provider.takes(outgoing, self.route).id, is_lost=is_lost)

    def _answer(self, arrives: Callable[[], str | None], *, is_lost: bool = False) -> Result:
        """Let the request travel, and then its answer; nothing that happens to us holds it back."""
        life, time, random = self.process.life, self.world.time, self.world.random
        answers: list[str] = []
        heard = Event(life)

        def hear(id: str) -> None:
            answers.append(id)
            heard.set()

        def arrive() -> None:
            id = arrives()
            if id is not None and not is_lost:
                life.after(random.uniform(0.02, 0.4), lambda: hear(id))

        time.after(random.uniform(0.01, 0.1), arrive)
        life.after(DEADLINE, heard.set)
        heard.wait()
        return Accepted(answers[0]) if answers else Unsure("timeout")

    @property
    def _by(self) -> str:
        return "" if len(self.world.mischief.providers) == 1 else f" by {route_name(self.route)}"


def _words(result: Result) -> str:
    match result:
        case Accepted():
            return "accepted"
        case Refused(failure, code):
            return f"refused ({failure}, {code})"
        case NotSent(code, retry_after):
            return f"not sent ({code}{f', again after {retry_after}' if retry_after else ''})"
        case Unsure(code):
            return f"nobody knows ({code})"
