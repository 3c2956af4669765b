"""Transactions on PostgreSQL: one for each flow, except that reports that wait together share one.

What they share is the rounds to the server, the commit, and what all of them ask.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from alertnet.runtime.database.group_commit import SPOILT_AT_MOST, Job, tell
from alertnet.runtime.database.transactions import Begin, DatabaseAway, OwnCommit, T, Work, isolated, surfacing
from alertnet.runtime.database.wakeups import Wakeups
from alertnet.store.db.session import Session
from alertnet.store.db.tx import LeftDue, do_last, undoing

LEADERS = 2
"""So many threads take what waits: while one waits for the server, the other works."""

GROUP = 8
"""The most flows in one transaction."""

PATIENCE_SECONDS, LONGEST_PATIENCE_SECONDS = 0.05, 0.3
"""Where the leaders take nothing for so long, what waits gets a thread of its own: a lock may hold them up.

It is twice as long as a group takes, so that a slow machine goes on sharing.
"""

THREADS = 16

_SHORT_WAITS = "SET LOCAL lock_timeout = 300"
"""Milliseconds: nobody waits longer for a lock that only another of the group needs."""

log = structlog.get_logger(__name__)


class SharedCommit(OwnCommit):
    """Runs flows as `OwnCommit` does; those of the event loop that wait together share a transaction.

    A flow that raises undoes what it shares. Then each of the group runs alone, on a thread of its own, and so do the
    next hundred, so that nobody can make others run twice all the time.
    """

    def __init__(
        self,
        engine: Engine,
        begin: Begin,
        wakeups: Wakeups,
        patience_seconds: float = PATIENCE_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(engine, begin, wakeups)
        self._patience_seconds = patience_seconds
        self._now = now
        self._taken_at = self._group_seconds = 0.0
        """When a leader last took something, and how long the last group took."""
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._leaders = 0
        self._alone_next = 0
        """How many more flows share nothing."""
        self._is_closed = False
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="flows")

    async def transact_soon(self, work: Work[T]) -> T:
        """Run the work without blocking the event loop, together with what waits beside it; raises as `transact`."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        job = Job(work, answer)
        with self._lock:
            if self._is_closed:
                raise DatabaseAway("the program is ending")
            self._waiting.append(job)
            leads = self._leaders < LEADERS
            if leads:
                self._leaders += 1
                try:
                    self._threads.submit(self._lead)
                except RuntimeError:
                    # It leads as soon as there is a thread.
                    self._waiting.remove(job)
                    raise DatabaseAway("no thread can be started") from None
        if not leads:
            loop.call_later(self._patience_seconds, self._relieve, job)
        return await answer

    def close(self) -> None:
        """Finish what was asked, and accept no more."""
        with self._lock:
            self._is_closed = True
        self._threads.shutdown()
        super().close()

    def _relieve(self, job: Job) -> None:
        with self._lock:
            if job not in self._waiting or self._is_closed:
                return
            patience = max(self._patience_seconds, min(2 * self._group_seconds, LONGEST_PATIENCE_SECONDS))
            rest = self._taken_at + patience - self._now()
            if rest > 0:
                asyncio.get_running_loop().call_later(rest, self._relieve, job)
            else:
                self._waiting.remove(job)
                self._hand_over(job)

    def _lead(self) -> None:
        while jobs := self._next_group():
            began = self._now()
            if len(jobs) > 1 and self._together(jobs):
                self._group_seconds = self._now() - began
                continue
            for job in jobs[1:]:
                self._apart(job)
            self._alone(jobs[0])

    def _apart(self, job: Job) -> None:
        with self._lock:
            has_thread = not self._is_closed
            if has_thread:
                self._hand_over(job)
        if not has_thread:
            self._alone(job)

    def _hand_over(self, job: Job) -> None:
        # Where no more threads can be started it is queued all the same, and one of those that live takes it.
        with suppress(RuntimeError):
            self._threads.submit(self._alone, job)

    def _next_group(self) -> list[Job]:
        with self._lock:
            most = 1 if self._alone_next else GROUP
            self._alone_next -= self._alone_next > 0
            jobs = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            self._leaders -= not jobs
            self._taken_at = self._now()
            return jobs

    def _alone(self, job: Job) -> None:
        if job.answer.cancelled():
            # Nobody was told anything, and at the end of the program nobody waits.
            return
        error = None
        try:
            job.value = self.transact(job.work)
        except BaseException as failure:
            error = failure
        tell([job], error)

    def _together(self, jobs: list[Job]) -> bool:
        """Commit them and answer; False where all of it was undone."""
        is_begun = is_committing = is_committed = False
        left: LeftDue = frozenset()
        try:
            with (
                surfacing(self.engine),
                self.engine.connect() as connection,
                Session(connection) as session,
                undoing(session),
            ):
                connection.begin()
                is_begun = True
                session.line.run(_SHORT_WAITS, gives=False)
                session.flows = len(jobs)
                left = self._do_each(session, jobs)
                hooks = self.wakeups.claim(self.begin(session), left) if left else []
                is_committing = True
                connection.commit()
                is_committed = True
                if left:
                    self.wakeups.fire(hooks)
        except BaseException as error:
            if is_committed:
                # It must never be done again.
                log.exception("failed_after_commit")
            elif (is_committing and not _is_undone(error)) or (not is_begun and isinstance(error, DatabaseAway)):
                # Nobody knows whether it is committed; or there is no connection, and alone they would wait as long.
                tell(jobs, error)
                return True
            else:
                with self._lock:
                    self._alone_next = SPOILT_AT_MOST
                return False
        with isolated(log, "failed_after_commit"):
            self._has_committed(leaves_due=bool(left))
        tell(jobs)
        return True

    def _do_each(self, session: Session, jobs: list[Job]) -> LeftDue:
        for job in jobs:
            job.value = job.work(self.begin(session))
        do_last(session)
        return frozenset(session.left_due)


def _is_undone(error: BaseException) -> bool:
    """Whether the server has refused the commit, or what was sent with it; FATAL may come after a commit."""
    # On SQLite the driver would use nine megabytes for nothing.
    import psycopg

    cause = error.__cause__ if isinstance(error, DatabaseAway) else error
    fault = cause.orig if isinstance(cause, DBAPIError) else None
    if not isinstance(fault, psycopg.Error) or fault.sqlstate is None:
        return False
    return fault.diag.severity_nonlocalized not in ("FATAL", "PANIC")
