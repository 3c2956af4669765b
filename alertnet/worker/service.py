"""The worker: a ticker and an alarm clock wake one thread that looks for due work, which thread pools then do.

Only the database says what is due. APScheduler wakes the thread each second and at the next due time, a commit at once.
Each channel has a thread pool of its own, so that one that hangs delays no other (A11).
"""

from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import ParamSpec, Self

import structlog

from alertnet.core.delivery.horizon import LONG_AGO
from alertnet.core.delivery.provider_routes import PROVIDERS
from alertnet.flows.sending.claim_sends import LEASE
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.runtime.database.transactions import DatabaseAway, isolated
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import LeftDue, Tx
from alertnet.store.queues import workers as worker_store
from alertnet.store.queues.attempts import SENT_BY
from alertnet.worker import self_monitoring
from alertnet.worker.due_work import DUE, RECORDINGS, Search, batches, perform
from alertnet.worker.mailbox import poll_mailbox
from alertnet.worker.missed_inbound import poll_missed_inbound
from alertnet.worker.platform import THIS_PLATFORM, Platform
from alertnet.worker.routes import ASKING_POOLS, SENDING_POOLS, pool_of, sending
from alertnet.worker.sender import Commit, Sending
from alertnet.worker.startup_recovery import AWAY, StartupRecovery
from alertnet.worker.thread_pools import Room, Stride, ThreadPool, UnderWay

P = ParamSpec("P")

INBOUND_POLL, MAILBOX, RECOVERY, CHECKS = "sweep", "mailbox", "comeback", "errands"
POOLS = {
    **SENDING_POOLS,
    **ASKING_POOLS,
    DUE: 16,
    RECORDINGS: 1,
    INBOUND_POLL: 1,
    MAILBOX: 1,
    RECOVERY: len(PROVIDERS),
    CHECKS: 2,
}
"""The number of threads for each kind of work."""

TICK_SECONDS = 1
BEAT_SECONDS = 5
POLL_SECONDS = 10
"""How often to check whether it is time to look for missed texts and calls, and for mails."""

EARLIEST = timedelta(milliseconds=1)
"""Two clocks differ by microseconds, and an alarm that rings too early would find nothing."""

STRIDE = 100
"""How much work of one kind a step takes at once."""

log = structlog.get_logger(__name__)


def strides(pools: Iterable[str], most: int = STRIDE) -> dict[str, Stride]:
    """Rooms for all pools, for work that is done step by step."""
    return {name: Stride(most) for name in pools}


class Worker:
    """The worker of one process. It runs from `start` to `stop`, or step by step where a test holds the clock."""

    def __init__(
        self,
        runtime: Runtime,
        pools: Mapping[str, int] | None = None,
        tick_seconds: float = TICK_SECONDS,
        platform: Platform = THIS_PLATFORM,
    ) -> None:
        self.id = runtime.entropy.id()
        self._runtime = runtime
        self._sending = Sending(runtime)
        self._platform = platform
        self._sizes = {**POOLS, **(pools or {})}
        self._tick = timedelta(seconds=tick_seconds)
        self._lock = platform.lock(runtime.engine)
        self._wake = platform.wake()
        self._stopping = False
        self._has_looked = False
        self._recovery = StartupRecovery(runtime)
        self._crowded: frozenset[str] = frozenset()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def step(self) -> int:
        """Do all due work, and what becomes due by it, on the calling thread; gives the number of jobs.

        No row is taken up twice. `looked` is then the last look, which found nothing more.
        """
        done: set[str] = set()
        count = 0
        while jobs := list(self._looks(done).jobs()):
            for job in jobs:
                perform(job)
                self._runtime.hang_ups.finish()
            done |= {job.key for job in jobs}
            count += len(jobs)
        return count

    def _looks(self, done: Container[str]) -> Search:
        self.looked = Search(self._sending, strides(self._sizes), done)
        return self.looked

    def next_due(self) -> datetime | None:
        """When something falls due next, without what only the rate limit holds back."""
        return self._runtime.read(worker_store.next_due)

    def start(self) -> None:
        """Start the worker's threads; raises `Misconfigured` where another worker runs on the same SQLite database."""
        self._lock.acquire()
        self._stopping, self._has_looked, self._recovery = False, False, StartupRecovery(self._runtime)
        self._pools = {name: self._make_pool(name, size) for name, size in self._sizes.items()}
        self._watcher = self._platform.thread(self._watch, "worker")
        self._scheduler, self._rings_at = self._platform.scheduler(), LONG_AGO
        self._looked_at = self._runtime.now()
        self._scheduler.add_job(self._wake.set, "interval", seconds=self._tick.total_seconds())
        self._scheduler.add_job(self._beat, "interval", seconds=BEAT_SECONDS, max_instances=1)
        self._scheduler.add_job(self._poll_inbound, "interval", seconds=POLL_SECONDS)
        self._runtime.make_ready()
        self._recover()
        self._runtime.wakeups.wakers.append(self._wake.set)
        self._runtime.wakeups.claimers.append(self._claim)
        self._runtime.listen()
        self._watcher.start()
        self._scheduler.start()
        self._beat()
        self._poll_inbound()
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more, finish what was claimed, and end."""
        self._stopping = True
        self._runtime.wakeups.claimers.remove(self._claim)
        self._runtime.wakeups.wakers.remove(self._wake.set)
        self._wake.set()
        self._watcher.join()
        self._scheduler.shutdown()
        for pool in self._pools.values():
            pool.close()
        with suppress(DatabaseAway):
            self._runtime.transact(worker_store.leave, self.id)
        self._lock.release()

    def _make_pool(self, name: str, size: int) -> ThreadPool:
        return ThreadPool(self._platform.executor(size, name), size, partial(self._freed, name))

    def _watch(self) -> None:
        while not self._stopping:
            self._wake.wait()
            self._wake.clear()
            with suppress(DatabaseAway), isolated(log, "look_failed"):
                self._look()

    def _look(self) -> None:
        self._recover()
        if self._stopping or self._recovery.holds_all:
            return
        began_at, routes = self._runtime.now(), self._sending.routes
        rooms, held_pools = self._rooms()
        search = Search(self._sending, rooms, UnderWay(self._pools), routes.horizon, together=True)
        for job in search.jobs():
            pool, leases = self._pools[job.pool], [each.lease for each in job.claimed]
            if leases:
                send = partial(self._sending.send_together, job.claimed, None)
                pool.submit_together(leases, send, reserved=len(leases))
            else:
                pool.submit(job.key, partial(perform, job))
        self._has_looked, self._looked_at = True, began_at
        self._crowded = frozenset(search.crowded - held_pools)
        if any(self._pools[name].room for name in self._crowded):
            self._wake.set()
        self._plan(search.next_at)

    def _claim(self, tx: Tx, left: LeftDue) -> Callable[[], None]:
        """Claim in the transaction that leaves something due, as far as threads are free.

        What was claimed is rendered while the disk takes the commit, and leaves after it.
        """
        # Before its first look the worker does not know which providers are away or paused.
        is_still = self._stopping or not self._has_looked or self._recovery.holds_all
        # Always in the same order, or two transactions that each hold a sender the other wants would deadlock.
        wanted = [] if is_still else [method for method in SENT_BY if method in left]
        rooms, _ = self._rooms()
        taken = [self._sending.routes.claim_sends(tx, method, rooms) for method in wanted]
        claimed = [each for claims in taken for each in claims.claimed]
        if not claimed:
            return self._wake.set
        commit = Commit(self._platform.event(), partial(self._is_untouched, tx.now + LEASE))
        tx.if_undone(commit.fails)
        # Other due work is looked for separately, so as not to delay this; the tick finds what falls due later.
        is_all = None not in left and all(claims.leaves_nothing for claims in taken)
        for batch in batches(self._runtime, claimed):
            send = partial(self._sending.send_together, batch, commit)
            leases = [each.lease for each in batch]
            self._pools[pool_of(batch[0])].submit_together(leases, send if is_all else partial(self._and_look, send))
        return partial(self._let_leave, commit, claimed)

    def _is_untouched(self, until: datetime) -> bool:
        """Whether nothing can have happened, right after the commit, to what was claimed until then."""
        return self._runtime.transactions.in_turn and self._runtime.now() < until

    def _let_leave(self, commit: Commit, claimed: list[Claimed]) -> None:
        commit.holds()
        for each in claimed:
            # Until now the thread was only reserved, which is undone together with the claim.
            self._pools[pool_of(each)].release()

    def _and_look(self, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            work(*args, **kwargs)
        finally:
            self._wake.set()

    def _freed(self, pool: str) -> None:
        if pool in self._crowded:
            self._wake.set()

    def _plan(self, next_at: datetime | None) -> None:
        """Set the alarm clock for what is due soon; a later tick finds the rest."""
        wait = next_at - self._runtime.now() if next_at else 2 * self._tick
        if wait < 2 * self._tick:
            now = self._platform.now()
            at = now + max(wait, EARLIEST)
            # An earlier alarm looks and plans again. Setting the alarm at each look took a third of the look's time.
            if not now < self._rings_at <= at:
                self._scheduler.add_job(self._wake.set, "date", run_date=at, id="wake", replace_existing=True)
                self._rings_at = at

    def _recover(self) -> None:
        """Look for what came in while no worker was there. While the database is away, the next look tries again.

        This one may not have been there either: its machine stood still, or it had no database.
        """
        if self._recovery.is_over and self._runtime.now() - self._looked_at >= AWAY:
            self._looked_at, self._recovery = self._runtime.now(), StartupRecovery(self._runtime)
        if self._stopping or self._recovery.has_begun:
            return
        with suppress(DatabaseAway):
            for name, job in self._recovery.begin().items():
                self._pools[RECOVERY].submit(name, partial(self._and_look, job))

    def _rooms(self) -> tuple[Mapping[str, Room], frozenset[str]]:
        """The pools, and the names of those that may send nothing yet and so have no room."""
        if self._recovery.is_over:
            return self._pools, frozenset()
        held_pools = frozenset(sending(route) for route in self._recovery.held_routes)
        return {**self._pools, **{name: Stride(0) for name in held_pools}}, held_pools

    def poll_missed_inbound(self) -> None:
        """Fetch missed texts and calls, if it is time to."""
        with suppress(DatabaseAway):
            poll_missed_inbound(self._runtime, self._sending.routes)

    def poll_mailbox(self) -> None:
        """Fetch answers to our mails, if it is time to."""
        with suppress(DatabaseAway):
            poll_mailbox(self._runtime)

    def _poll_inbound(self) -> None:
        if not self._recovery.is_over:
            return
        if self._pools[INBOUND_POLL].room:
            self._pools[INBOUND_POLL].submit(INBOUND_POLL, self.poll_missed_inbound)
        if self._runtime.mailbox is not None and self._pools[MAILBOX].room:
            self._pools[MAILBOX].submit(MAILBOX, self.poll_mailbox)

    def _beat(self) -> None:
        self._recover()
        if not self._recovery.has_begun:
            # A sign of life would hide that no worker was there, so first begin the recovery.
            return
        for name, check in self_monitoring.beat(self._runtime, self.id, self._platform.ping).items():
            if not self._pools[CHECKS].is_at(name):
                self._pools[CHECKS].submit(name, check)
