"""What a worker runs on: threads, events, a scheduler and a clock.

They are passed in, so that a simulation can run the same worker on virtual time and without threads.
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
"""A clock that goes back by more than this was set back."""
SHORTEST_REST_SECONDS, LONGEST_REST_SECONDS = 0.01, 0.05
REST_IN_LOOKS = 4
"""The rest between two looks, as a multiple of the time that a look takes."""
LONGEST_WAIT_SECONDS = 2.0
"""The longest time until the scheduler looks at the clock again."""


class Event(Protocol):
    """As `threading.Event`."""

    def set(self) -> None: ...

    def clear(self) -> None: ...

    def wait(self) -> object: ...


class Thread(Protocol):
    """As `threading.Thread`."""

    def start(self) -> None: ...

    def join(self) -> None: ...


class Executor(Protocol):
    """Runs work on threads."""

    def submit(self, work: Callable[[], None]) -> None:
        """Run the work, which never raises, on the next free thread; RuntimeError where there is none any more."""

    def shutdown(self) -> None:
        """Wait until all submitted work is done."""


class Scheduler(Protocol):
    """The part of APScheduler that serves as a ticker (`interval`) and an alarm clock (`date`)."""

    def add_job(self, func: Callable[[], object], trigger: str, **options: Any) -> object: ...

    def start(self) -> None: ...

    def shutdown(self) -> None: ...


class Lock(Protocol):
    """As `WorkerLock`."""

    def acquire(self) -> None: ...

    def release(self) -> None: ...


@value
class Platform:
    """Creates whatever a worker needs to run. `now` is the clock of its scheduler only."""

    event: Callable[[], Event]
    wake: Callable[[], Event]
    """Creates the event that wakes the thread which looks for due work."""
    thread: Callable[[Callable[[], None], str], Thread]
    """Takes the function to run and a name."""
    executor: Callable[[int, str], Executor]
    """Takes the number of threads and a name."""
    scheduler: Callable[[], Scheduler]
    lock: Callable[[Engine], Lock]
    now: Callable[[], datetime]
    ping: Ping | None = None
    """Reaches the outside world besides the channels; None where there is none, and no self-monitoring."""


class SpacedEvent(threading.Event):
    """An event whose waiter goes on only after a rest; what is set meanwhile counts once.

    Under load each message sets it, and a look at the queues costs as much as an escalation. So looks may take at most
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
    """A fixed number of threads, each started when it is first needed.

    A `ThreadPoolExecutor` would create a future for each piece of work, on the thread that commits, and nobody needs
    it.
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
        """Run the work on the next free thread; see `Executor.submit`."""
        with self._lock:
            if self._is_shut:
                raise RuntimeError(f"the threads of {self._name} have ended")
            if len(self._threads) < min(self._under_way + 1, self._most):
                thread = threading.Thread(target=self._run, name=f"{self._name}_{len(self._threads)}", daemon=True)
                # If the system has no thread left, the next piece of work asks again.
                thread.start()
                self._threads.append(thread)
            self._under_way += 1
            self._queue.put(work)

    def shutdown(self) -> None:
        """Wait until all submitted work is done."""
        with self._lock:
            self._is_shut = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            work()
            # Release what the work holds before waiting for the next.
            del work
            with self._lock:
                self._under_way -= 1


class SteadyScheduler(BackgroundScheduler):  # type: ignore[misc]
    """APScheduler that copes with a clock that is set back; otherwise every job would wait for the difference."""

    latest = datetime.min.replace(tzinfo=UTC)
    """The latest time seen."""

    def _process_jobs(self) -> float:
        now = system_clock()
        if now + SET_BACK < self.latest:
            for job in self.get_jobs():
                job.modify(next_run_time=now)
        self.latest = now
        wait: float | None = super()._process_jobs()
        return LONGEST_WAIT_SECONDS if wait is None else min(wait, LONGEST_WAIT_SECONDS)


def _scheduler() -> Scheduler:
    # A late job must still run, however late, and must not be skipped because an earlier one is still running. By
    # default APScheduler drops both, and an alarm clock that is dropped once never rings again.
    defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 50}
    return SteadyScheduler(timezone="UTC", job_defaults=defaults)


THIS_PLATFORM = Platform(threading.Event, SpacedEvent, _thread, Threads, _scheduler, WorkerLock, system_clock, ping)
