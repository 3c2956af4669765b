"""The heartbeat service outside, and the path of our own inbound test."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from starlette.responses import Response

from alertnet.runtime.http_ping import Ping
from alertnet.runtime.wiring import Runtime
from alertnet.web.forms import Form
from alertnet.web.twilio import webhooks
from simulation.checks.watch import Watch
from simulation.hosts.host import Process
from simulation.hosts.platform import Event
from simulation.hosts.web import Web, WebAnswer
from simulation.outside.heartbeat import check_heartbeat
from simulation.outside.line import DEADLINE
from simulation.world.world import World


class Outside:
    """Accepts each heartbeat, and carries our own tests as it carries any text."""

    def __init__(self, world: World, web: Web, watch: Watch) -> None:
        self.world = world
        self.web = web
        self.watch = watch
        self.heartbeats: list[datetime] = []
        """When each one was accepted."""
        self.tested_at: datetime | None = None
        """When our own test last came in."""

    def ping_of(self, process: Process) -> Ping | None:
        """How a process reaches it; None where there is none, so that no watch is kept."""
        return partial(self._ping, process) if self.world.mischief.watched else None

    def _ping(
        self, process: Process, _url: str, form: Mapping[str, str] | None, _headers: Mapping[str, str] | None
    ) -> str | None:
        what = "the heartbeat" if form is None else "our own test"
        if form is None:
            check_heartbeat(self.world, self.watch, self.tested_at)
        process.goes(f"before {what} has left", needs_database=False)
        answers: list[str | None] = []
        heard = Event(process.life)

        def hear(fault: str | None) -> None:
            answers.append(fault)
            heard.set()

        if self.world.random.random() < self.world.mischief.ping_lost:
            self.world.story.tell("network", f"loses {what} of {process.host.name}")
        elif form is None:
            self.world.time.after(self.world.random.uniform(0.02, 0.4), partial(self._take, process, hear))
        else:
            act = partial(self._test, Form(dict(form)))
            self.web.request(what, act, lambda answer: hear(_fault_of(answer)))
        process.life.after(DEADLINE, heard.set)
        heard.wait()
        return answers[0] if answers else "timeout"

    def _take(self, process: Process, hear: Callable[[None], object]) -> None:
        self.world.story.tell("outside", f"takes the heartbeat of {process.host.name}")
        self.heartbeats.append(self.world.time.now)
        hear(None)

    def _test(self, form: Form, runtime: Runtime) -> Response:
        # A process that dies or is stopped at its commit may have noted it just before, or only now.
        self.tested_at = self.world.time.now
        response = webhooks.text_in(form, runtime)
        self.tested_at = self.world.time.now
        return response


def _fault_of(answer: WebAnswer) -> str | None:
    if isinstance(answer, Response):
        return None if answer.status_code < 300 else str(answer.status_code)
    return "timeout"
