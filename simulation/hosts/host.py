"""One of our machines: a process runs on it, may die at any step, be stopped, and be started again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertnet.channels.base import Mailbox
from alertnet.core.delivery.provider_routes import Route
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.http_ping import Ping
from alertnet.runtime.outlets import Outlet
from alertnet.worker.service import Worker
from simulation.hosts.platform import LateBy, platform_of
from simulation.hosts.run import Clocks, Run
from simulation.hosts.runtime import runtime_of
from simulation.world.world import World

TO_ANSWER = 1.0  # Seconds that an ending process has for the requests that it accepted.


@dataclass(frozen=True)
class Surroundings:
    """The surroundings of a host."""

    outlets: Callable[["Process"], Mapping[Route, Outlet]]
    """The outlets that a process has."""
    mailbox: Callable[["Process"], Mailbox | None]
    """The mailbox that a process reads; None where there is none."""
    ping: Callable[["Process"], Ping | None]
    """How a process reaches the heartbeat service; None where there is none."""
    late_by: LateBy
    has_left: Callable[["Host", datetime, datetime], object]
    """Called when its process has ended in good order: since when it worked, and when it began to end."""


class Process(Run):
    """One run of the program on a host, from its start to its end."""

    def __init__(self, host: "Host") -> None:
        super().__init__(host.world, host.name, host.clocks, host.falls)
        self.host = host
        self.is_leaving = False
        around = host.around
        self.runtime = runtime_of(self, around.outlets(self), around.mailbox(self), around.late_by, self._tell_others)
        self.worker: Worker | None = None
        if host.works:
            self.worker = Worker(self.runtime, platform=platform_of(self, around.ping(self), around.late_by))
            self.life.spawn(self._work)

    def may_stand_still(self) -> None:
        """Be stopped, in some nights, for so long that what was seen a moment ago holds no more."""
        random, chance = self.world.random, self.world.mischief.stands_still
        if chance and random.random() < chance:
            self.host.stop(random.uniform(60, 240))

    def leaves(self) -> None:
        """End the process in good order, as by SIGTERM: no more requests, and what was begun is finished."""
        began, works_since = self.world.time.now, self.host.fine_since
        self.is_leaving, self.host.runs_since = True, None
        self.life.sleep(TO_ANSWER)
        if self.worker is not None and works_since is not None:
            self.worker.stop()
            self.host.around.has_left(self.host, works_since, began)
        self.world.story.tell(self.name, "has ended in good order")
        self.ends()

    def _tell_others(self) -> None:
        """Notify the other processes; some may not receive it."""
        random = self.world.random
        for process in running(self.host.fleet):
            if process is not self and random.random() >= self.world.mischief.notify_lost:
                process.life.after(random.uniform(0.001, 0.01), process.runtime.wakeups.fire)

    def _work(self) -> None:
        assert self.worker is not None
        try:
            self.worker.start()
        except DatabaseAway:
            self.dies("as it starts: there is no database")
        self.host.runs_since = self.world.time.now


class Host:
    """A machine with its own clock, and the process on it."""

    def __init__(
        self, world: World, around: Surroundings, fleet: Sequence["Host"], name: str, *, serves: bool, works: bool
    ) -> None:
        self.world = world
        self.around = around
        self.fleet = fleet
        """All hosts of the night, including this one."""
        self.name = name
        self.serves = serves
        self.works = works
        self.clocks = Clocks(world)
        self.runs_since: datetime | None = None
        """Since when its worker has run without a pause; None while it does not."""
        self.resumed_at: datetime | None = None
        """When its process went on after it was stopped last; for a moment it knows only what it knew before."""
        self.process: Process | None = None

    @property
    def is_up(self) -> bool:
        """Whether a process runs here, even if stopped."""
        return self.process is not None and self.process.life.alive

    @property
    def fine_since(self) -> datetime | None:
        """Since when its worker has also looked for what is due."""
        if self.runs_since is None or self.process is None:
            return None
        return max(self.runs_since, self.process.hangs_until)

    def start(self) -> None:
        """Start a process, unless one runs."""
        if not self.is_up:
            self.world.story.tell(self.name, "starts")
            self.clocks.begin()
            self.process = Process(self)

    def falls(self) -> None:
        """Note that its process is dying; it is started again later."""
        self.runs_since = None
        self.world.time.after(self.world.random.uniform(0.5, 40), self.start)

    def leave(self) -> None:
        """End its process in good order, if it has begun."""
        has_begun = self.fine_since is not None or not self.works
        if self.process is not None and self.is_up and has_begun and not self.process.is_leaving:
            self.world.story.tell(self.name, "is told to end")
            self.process.life.spawn(self.process.leaves)

    def stop(self, seconds: float) -> None:
        """Stop the process for a while, as SIGSTOP does."""
        if self.process is not None and self.is_up and not self.process.life.is_stopped:
            self.world.story.tell(self.name, f"is stopped for {seconds:.1f} s")
            resumes_at = self.world.time.now + timedelta(seconds=seconds)
            self.process.life.stop(resumes_at)
            self.resumed_at = resumes_at
            if self.runs_since is not None:
                self.runs_since = resumes_at

    def shift(self, by: timedelta) -> None:
        """Go on as before on a clock that was put on by so much."""
        self.runs_since = self.runs_since and self.runs_since + by
        self.resumed_at = self.resumed_at and self.resumed_at + by
        if self.process is not None:
            self.process.life.shift(by)
            self.process.hangs_until += by

    def hang(self, seconds: float) -> None:
        """Let its worker's looks for due work hang for a while."""
        if self.process is not None and self.is_up and self.works:
            self.world.story.tell(self.name, f"hangs as it looks, for {seconds:.1f} s")
            until = self.world.time.now + timedelta(seconds=seconds)
            self.process.hangs_until = max(self.process.hangs_until, until)


def running(hosts: Sequence[Host]) -> list[Process]:
    """The processes that are up."""
    return [host.process for host in hosts if host.process is not None and host.is_up]
