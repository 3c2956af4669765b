"""What a worker runs on: threads, an event that wakes it, a scheduler, and the clock of the machine.

A worker is given these, so that a simulation can run the very same worker on virtual time and without threads.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any, Protocol

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine

from alertnet.core.codec import value
from alertnet.runtime.clock import system_clock
from alertnet.runtime.http_ping import Ping, ping
from alertnet.worker.single_worker_lock import WorkerLock

SET_BACK = timedelta(seconds=2)
"""A clock that goes back by more than this was set."""
SHORTEST_REST_SECONDS, LONGEST_REST_SECONDS = 0.01, 0.05
REST_IN_LOOKS = 4
"""From the beginning of a look to that of the next, as many times as long as the look took."""
LONGEST_WAIT_SECONDS = 2.0
"""Between two looks of the scheduler at the clock."""


class Event(Protocol):
    """A `threading.Event`."""

    def set(self) -> None: ...

    def clear(self) -> None: ...

    def wait(self) -> object: ...


class Thread(Protocol):
    """A `threading.Thread`."""

    def start(self) -> None: ...

    def join(self) -> None: ...


class Executor(Protocol):
    """Does what it is given, each by a thread."""

    def submit(self, work: Callable[[], None]) -> None:
        """Let the next free thread do it, which never raises.

        Raises:
            RuntimeError: it was shut down, or the system has no thread to give.
        """
        ...

    def shutdown(self) -> None:
        """Wait until everything that was submitted is done."""
        ...


class Scheduler(Protocol):
    """As much of APScheduler as is a ticker (`interval`) and an alarm clock (`date`)."""

    def add_job(self, func: Callable[[], object], trigger: str, **options: Any) -> object: ...

    def start(self) -> None: ...

    def shutdown(self) -> None: ...


class Lock(Protocol):
    """A `WorkerLock`."""

    def acquire(self) -> None: ...

    def release(self) -> None: ...


@value
class Platform:
    """Makes whatever a worker needs to run. `now` is the clock that its scheduler goes by, and no other."""

    event: Callable[[], Event]
    wake: Callable[[], Event]
    """What wakes the one thread that looks what is due."""
    thread: Callable[[Callable[[], None], str], Thread]
    """By what it does and its name."""
    executor: Callable[[int, str], Executor]
    """By how many threads it has and their name."""
    scheduler: Callable[[], Scheduler]
    lock: Callable[[Engine], Lock]
    now: Callable[[], datetime]
    ping: Ping | None = None
    """How the world outside is reached, beside the channels; None: there is none, and no watch is kept for it."""


class SpacedEvent(threading.Event):
    """Lets whoever waits go on only after a rest: what rings meanwhile is one ring.

    Under load something rings with every message, and a look at the queues costs as much as an escalation: it may take
    a quarter of the time, however slow the machine is.
    """

    _last = float("-inf")

    def wait(self, timeout: float | None = None) -> bool:
        look = time.monotonic() - self._last
        rung = super().wait(timeout)
        rest = min(max(SHORTEST_REST_SECONDS, REST_IN_LOOKS * look), LONGEST_REST_SECONDS)
        time.sleep(max(0.0, self._last + rest - time.monotonic()))
        self._last = time.monotonic()
        return rung


def _thread(work: Callable[[], None], name: str) -> Thread:
    return threading.Thread(target=work, name=name)


class Threads:
    """So many threads, each started once it is needed.

    A `ThreadPoolExecutor` makes a future for each piece of work, which nobody here asks, on the thread that commits.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._under_way = 0
        self._is_shut = False
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], None]) -> None:
        """Let the next free thread do it; see `Executor.submit`."""
        with self._lock:
            if self._is_shut:
                raise RuntimeError(f"the threads of {self._name} have ended")
            if len(self._threads) < min(self._under_way + 1, self._most):
                thread = threading.Thread(target=self._run, name=f"{self._name}_{len(self._threads)}", daemon=True)
                # Where the system has none to give, it is asked again with the next piece.
                thread.start()
                self._threads.append(thread)
            self._under_way += 1
            self._queue.put(work)

    def shutdown(self) -> None:
        """Wait until everything that was submitted is done."""
        with self._lock:
            self._is_shut = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            work()
            # What it held must not live on until the next comes.
            del work
            with self._lock:
                self._under_way -= 1


class SteadyScheduler(BackgroundScheduler):  # type: ignore[misc]
    """APScheduler goes by the machine's clock: set back by an hour, it would let every job wait for an hour."""

    latest = datetime.min.replace(tzinfo=UTC)
    """The latest moment that it knows of."""

    def _process_jobs(self) -> float:
        now = system_clock()
        if now + SET_BACK < self.latest:
            for job in self.get_jobs():
                job.modify(next_run_time=now)
        self.latest = now
        wait: float | None = super()._process_jobs()
        return LONGEST_WAIT_SECONDS if wait is None else min(wait, LONGEST_WAIT_SECONDS)


def _scheduler() -> Scheduler:
    # A job that is late must still run, however late, and never be skipped because an earlier one is not over: by
    # default APScheduler drops both, and an alarm clock that is dropped once never rings again.
    defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 50}
    return SteadyScheduler(timezone="UTC", job_defaults=defaults)


THIS_PLATFORM = Platform(threading.Event, SpacedEvent, _thread, Threads, _scheduler, WorkerLock, system_clock, ping)
