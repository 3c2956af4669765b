"""The demo's clock: the machine's time, with jumps over waiting times, or running faster during them."""

import threading
import time
from datetime import datetime, timedelta

from alertnet.core.codec import replace
from alertnet.core.directory.contact import MethodKind
from alertnet.runtime.clock import system_clock
from alertnet.runtime.wiring import Runtime
from alertnet.sandbox import Sandbox
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import row_counts
from alertnet.store.queues import workers
from alertnet.store.records import timeline

LOOK_SECONDS = 0.02
JUMP_SECONDS = 10.0
"""The longest real time that a jump may take."""
TECHNICAL = ("attempt_sent", "attempt_delivered", "attempt_cancelled")
"""Timeline entries that are not interesting enough to jump to."""


class DemoClock:
    """A clock at normal speed that jumps when told to, so that time limits and leases keep their meaning."""

    def __init__(self) -> None:
        self._skipped = timedelta()

    def __call__(self) -> datetime:
        return system_clock() + self._skipped

    def skip_to(self, at: datetime) -> None:
        """Set the clock to that moment; nothing happens if it has passed."""
        self._skipped += max(at - self(), timedelta())


class ClockSpeed:
    """Controls the speed of a stage's clock by a thread; `close` ends the thread."""

    def __init__(self, runtime: Runtime, sandbox: Sandbox, clock: DemoClock) -> None:
        self.speed = 1
        """Seconds that pass per real second while there is nothing to do but wait."""
        self._runtime = runtime
        self._sandbox = sandbox
        self._clock = clock
        self._closed = threading.Event()
        self._fast = threading.Event()
        self._thread = threading.Thread(target=self._run_fast, name="pace", daemon=True)
        self._thread.start()

    def run(self, speed: int) -> None:
        self.speed = speed
        if speed > 1:
            self._fast.set()
        else:
            self._fast.clear()

    def is_quiet(self) -> bool:
        """Whether everything due has been done, so that only waiting is left."""
        if self._sandbox.network.is_busy or not self._runtime.read(_is_at_rest):
            return False
        next_due = self._next_due()
        return next_due is None or next_due > self._clock()

    def skip(self, at_most: timedelta | None = None) -> bool:
        """Jump to the next moment at which something is due, at most `at_most` ahead; False where nothing will be."""
        next_due = self._next_due()
        limit = None if at_most is None else self._clock() + at_most
        moments = [moment for moment in (next_due, limit) if moment is not None]
        if not moments:
            return False
        self._clock.skip_to(min(moments))
        self._sandbox.network.wake()
        self._runtime.wakeups.fire()
        return True

    def jump(self) -> None:
        """Skip until something has happened that shows on a phone, in a mailbox or on the timeline."""
        before = self._visible()
        deadline = time.monotonic() + JUMP_SECONDS
        # Invisible events, such as asking the provider for a message's status, are skipped.
        while self._visible() == before and time.monotonic() < deadline:
            if not self.is_quiet():
                time.sleep(LOOK_SECONDS)
            elif not self.skip():
                return

    def close(self) -> None:
        self._closed.set()
        self._fast.set()
        self._thread.join()

    def _visible(self) -> tuple[object, ...]:
        entries = self._runtime.read(lambda tx: timeline.count(tx.session, besides=TECHNICAL))
        network = self._sandbox.network
        with network.lock:
            calls = tuple(call.status for call in network.calls.values() if call.status != "queued")
            return len(network.messages), calls, entries

    def _next_due(self) -> datetime | None:
        moments = (self._runtime.read(workers.next_due), self._sandbox.next_due())
        return min((moment for moment in moments if moment), default=None)

    def _run_fast(self) -> None:
        # Only waiting is sped up. A message on its way takes its time, and no lease may end meanwhile.
        while not self._closed.is_set():
            self._fast.wait()
            began = time.monotonic()
            self._closed.wait(LOOK_SECONDS)
            if self.speed > 1 and self.is_quiet():
                waited = time.monotonic() - began
                self.skip(at_most=timedelta(seconds=waited * (self.speed - 1)))


def _is_at_rest(tx: Tx) -> bool:
    """Whether nothing is due or being sent, but calls to phones that ring. A skip during a send would end its lease."""
    if row_counts.is_anything_sending(tx.session):
        return False
    due = workers.due(tx)
    if due.queued == {MethodKind.CALL} and row_counts.waits_for_phones(tx):
        due = replace(due, queued=frozenset())
    return due == workers.Due()
