"""The worker's platform in virtual time: its event, threads and scheduler are tasks and events of one life."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine

from alertnet.runtime.http_ping import Ping
from alertnet.worker.platform import Platform
from alertnet.worker.routes import ASKING_POOLS, SENDING_POOLS
from alertnet.worker.service import BEAT_SECONDS, POLL_SECONDS
from simulation.hosts.run import Run
from simulation.world.time import Do, Life

SPARED: dict[float, float] = {BEAT_SECONDS: 60, POLL_SECONDS: 35}
"""How many seconds apart frequent ticks really run: a sign of life every few seconds would be most of what happens."""

WATCHED = {**SPARED, BEAT_SECONDS: 20.0}
"""The same where a watch is kept: its turns are as far apart as possible without a gap."""

CLAIMED_FOR = {**SENDING_POOLS, **ASKING_POOLS}
"""Pools whose work is claimed under a lease, which runs while it waits for a thread."""

LateBy = Callable[[str], float]
"""After how many seconds a thread of that pool begins its next work."""


class Event:
    """Like `threading.Event`."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._is_set = False
        self._waiting: list[Do] = []

    def set(self) -> None:
        self._is_set = True
        waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()

    def clear(self) -> None:
        self._is_set = False

    def wait(self) -> bool:
        while not self._is_set:
            self._waiting.append(self._life.waker())
            self._life.park()
        return True


class Thread:
    """Like `threading.Thread`."""

    def __init__(self, life: Life, work: Callable[[], None]) -> None:
        self._life = life
        self._work = work
        self._ended = Event(life)

    def start(self) -> None:
        self._life.spawn(self._run)

    def join(self) -> None:
        self._ended.wait()

    def _run(self) -> None:
        self._work()
        self._ended.set()


class Executor:
    """Like `Threads` that never get more work than they have threads."""

    def __init__(self, life: Life, name: str, size: int, late_by: LateBy, overrun: Callable[[str], object]) -> None:
        self._life = life
        self._name = name
        self._size = size
        self._late_by = late_by
        self._overrun = overrun
        self._busy = 0
        self._idle = Event(life)
        self._idle.set()

    def submit(self, work: Callable[[], None]) -> None:
        def run() -> None:
            work()
            self._busy -= 1
            if not self._busy:
                self._idle.set()

        self._busy += 1
        if self._busy > self._size and self._name in CLAIMED_FOR:
            self._overrun(f"{self._busy} jobs for the {self._size} threads of {self._name}")
        self._idle.clear()
        self._life.spawn(run, self._late_by(self._name))

    def shutdown(self) -> None:
        self._idle.wait()


class Scheduler:
    """The part of APScheduler that the worker uses. An alarm follows the machine's own clock, as APScheduler's do."""

    def __init__(
        self, life: Life, now: Callable[[], datetime], is_unheard: Callable[[], bool], spared: Mapping[float, float]
    ) -> None:
        self._life = life
        self._spared = spared
        self._now = now
        self._is_unheard = is_unheard
        self._ticks: list[tuple[Do, float]] = []
        self._alarms: dict[str, object] = {}

    def add_job(self, func: Callable[[], object], trigger: str, **options: Any) -> None:
        if trigger == "interval":
            seconds = options["seconds"]
            self._ticks.append((func, seconds))
            return
        alarm = self._alarms[options["id"]] = object()

        def ring() -> None:
            if self._alarms.get(options["id"]) is alarm:
                func()

        self._life.spawn(ring, max(0.0, (options["run_date"] - self._now()).total_seconds()))

    def start(self) -> None:
        for func, seconds in self._ticks:
            if seconds == POLL_SECONDS:
                self._life.repeat(func, self._spared[seconds], self._is_unheard)
            elif seconds in self._spared:
                self._life.repeat(func, self._spared[seconds])
            else:
                self._life.tick(func, seconds)

    def shutdown(self) -> None:
        self._alarms.clear()
        self._life.still()


class NoLock:
    """A lock that any number of workers hold, as on PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        """Nothing is locked."""

    def acquire(self) -> None:
        """Do nothing: others may work, too."""

    def release(self) -> None:
        """Do nothing: nothing was locked."""


def platform_of(run: Run, ping: Ping | None, late_by: LateBy) -> Platform:
    """The platform of one run of a process."""
    life, now = run.life, run.clocks.machine
    spared = SPARED if ping is None else WATCHED
    overrun = partial(run.world.story.breaks_promise, "A5")
    return Platform(
        event=lambda: Event(life),
        wake=lambda: Event(life),
        thread=lambda work, _name: Thread(life, work),
        executor=lambda size, name: Executor(life, name, size, late_by, overrun),
        scheduler=lambda: Scheduler(life, now, run.world.is_unheard, spared),
        lock=NoLock,
        now=now,
        ping=ping,
    )
