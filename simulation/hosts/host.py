"""A machine of ours: one process runs on it, dies at any step, is stopped, and is started again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from greenlet import GreenletExit

from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.worker.service import Worker
from simulation.hosts.machine import machine_of
from simulation.hosts.runtime import runtime_of
from simulation.world.time import Life

if TYPE_CHECKING:
    from simulation.night import Night

TO_ANSWER = 1.0  # seconds that a process which ends has for the requests that it took


class Process:
    """One run of the program on a host, from its start to its end."""

    def __init__(self, night: "Night", host: "Host") -> None:
        self.night = night
        self.host = host
        self.life = Life(night.time, self._fails)
        self.is_in_transaction = False
        self.is_leaving = False
        self.hangs_until = night.time.now
        """Until when no look at what is due comes back."""
        self.runtime = runtime_of(self)
        self.worker: Worker | None = None
        if host.works:
            self.worker = Worker(self.runtime, machine=machine_of(self))
            self.life.spawn(self._work)

    def goes(self, where: str, *, needs_database: bool = True) -> None:
        """The task that is running takes a step: others go on meanwhile, and anything may happen to the process."""
        if not self.life.alive:
            raise GreenletExit
        self.life.sleep(self.night.random.expovariate(1 / self.night.mischief.step))
        if self.night.may_die():
            self.dies(where)
        if needs_database and self.night.database_is_away:
            raise DatabaseAway

    def hangs(self) -> None:
        """The task that is running waits until its look comes back."""
        seconds = (self.hangs_until - self.night.time.now).total_seconds()
        if seconds > 0:
            self.life.sleep(seconds)

    def dies(self, where: str) -> None:
        """The process ends at this very point of the task that is running, as by `kill -9`."""
        self.night.story.tell(self.host.name, f"dies {where}")
        self.host.falls()
        self.life.die()

    def leaves(self) -> None:
        """The process takes no more requests, finishes what it has begun, and ends, as by SIGTERM."""
        began, works_since = self.night.time.now, self.host.fine_since
        self.is_leaving, self.host.runs_since = True, None
        self.life.sleep(TO_ANSWER)
        if self.worker is not None and works_since is not None:
            self.worker.stop()
            self.night.promises.has_left(self.host, works_since, began)
        self.night.story.tell(self.host.name, "has ended in good order")
        self.host.falls()
        self.life.die()

    def _fails(self, fault: Exception) -> None:
        """A thread ends by a fault that nobody has taken care of; a database that is away ends none."""
        if isinstance(fault, DatabaseAway):
            self.night.story.tell(self.host.name, "finds the database away")
        else:
            self.night.story.breaks_promise("A11", f"a thread of {self.host.name} ends by {fault!r}")

    def _work(self) -> None:
        assert self.worker is not None
        try:
            self.worker.start()
        except DatabaseAway:
            self.dies("as it starts: there is no database")
        self.host.runs_since = self.night.time.now


class Host:
    """A machine with a clock of its own, and the process on it."""

    def __init__(self, night: "Night", name: str, *, serves: bool, works: bool) -> None:
        self.night = night
        self.name = name
        self.serves = serves
        self.works = works
        self.database_clock_off = timedelta()
        self.machine_clock_off = timedelta(seconds=night.random.uniform(-3600, 3600))
        self.runs_since: datetime | None = None
        """Since when its worker has run without a pause; None while it does not."""
        self.process: Process | None = None
        night.draw_clock(self)

    @property
    def is_up(self) -> bool:
        """Whether a process runs here, though perhaps stopped."""
        return self.process is not None and self.process.life.alive

    @property
    def fine_since(self) -> datetime | None:
        """Since when its worker has looked for what is due as well."""
        if self.runs_since is None or self.process is None:
            return None
        return max(self.runs_since, self.process.hangs_until)

    def clock(self) -> datetime:
        """What the process takes for the database's time."""
        return self.night.time.now + self.database_clock_off

    def machine_clock(self) -> datetime:
        """What the machine's own clock shows."""
        return self.night.time.now + self.machine_clock_off

    def start(self) -> None:
        """Run a process, unless one runs."""
        if not self.is_up:
            self.night.story.tell(self.name, "starts")
            self.process = Process(self.night, self)

    def falls(self) -> None:
        """Its process is dying: it is started again later."""
        self.runs_since = None
        self.night.time.after(self.night.random.uniform(0.5, 40), self.start)

    def leave(self) -> None:
        """Let its process end in good order, if it has begun."""
        has_begun = self.fine_since is not None or not self.works
        if self.process is not None and self.is_up and has_begun and not self.process.is_leaving:
            self.night.story.tell(self.name, "is told to end")
            self.process.life.spawn(self.process.leaves)

    def stop(self, seconds: float) -> None:
        """Take all time from the process for a while, as SIGSTOP does."""
        if self.process is not None and self.is_up and not self.process.life.is_stopped:
            self.night.story.tell(self.name, f"is stopped for {seconds:.1f} s")
            resumes_at = self.night.time.now + timedelta(seconds=seconds)
            self.process.life.stop(resumes_at)
            if self.runs_since is not None:
                self.runs_since = resumes_at

    def hang(self, seconds: float) -> None:
        """Let no look of its worker at what is due come back for a while."""
        if self.process is not None and self.is_up and self.works:
            self.night.story.tell(self.name, f"hangs as it looks, for {seconds:.1f} s")
            until = self.night.time.now + timedelta(seconds=seconds)
            self.process.hangs_until = max(self.process.hangs_until, until)


def running(hosts: Sequence[Host]) -> list[Process]:
    """The processes that are up."""
    return [host.process for host in hosts if host.process is not None and host.is_up]
