"""Transactions on SQLite: one thread writes, and commits together what is queued together.

A commit waits for the disk, so sixty flows that share one wait only once.
"""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, ClassVar, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from alertnet.runtime.database.transactions import (
    Begin,
    DatabaseAway,
    NotWritable,
    Work,
    isolated,
    run_alone,
    surfacing,
)
from alertnet.runtime.database.wakeups import Hook, Wakeups
from alertnet.store.db.engine import carry_over, connect_writer, file_at, when_given_up
from alertnet.store.db.session import Session
from alertnet.store.db.tx import apart, do_last, given_up, undoing

T = TypeVar("T")

GROUP = 64  # The most flows in one commit.

SPOILT_AT_MOST = 100
"""At most one group in so many runs twice because of a flow that raises."""

CARRIED_OVER_AFTER = 32
"""About this many commits of one flow each fill SQLite's log with a thousand pages."""

MOVED = "the file in use was moved, removed or exchanged: put it back, or stop everything and restore a backup"
"""What would be written to it is lost once the program ends."""

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class Job:
    """A flow on its way through the writer thread."""

    work: Work[Any]
    answer: "Future[Any] | asyncio.Future[Any]"
    value: Any = None
    error: BaseException | None = None

    def tell(self) -> None:
        """Wake the caller, unless nobody waits any more."""
        if self.answer.done():
            return
        if self.error is None:
            self.answer.set_result(self.value)
        elif isinstance(self.error, StopIteration):
            # Before Python 3.12 an event loop's future accepts none.
            self.answer.set_exception(RuntimeError("a flow has raised StopIteration"))
        else:
            self.answer.set_exception(self.error)


class _Spoilt(Exception):
    """A flow without a savepoint has raised, so the whole group's work is undone."""


class _GivenUp(Exception):
    """SQLite has undone the whole group for one flow, so each is tried alone."""


class GroupCommit:
    """The writer thread: one commit for what waits together, then the answers.

    A flow that raises is undone and runs again alone after the group, so that it spoils nothing for the others.
    Savepoints, which allow undoing one flow, are made only where needed: a group in which a flow raised runs again with
    one for each, and the next groups have them at once, so that nobody can make others run twice all the time. When the
    database itself fails, the whole group is undone and all callers get `DatabaseAway`; the thread lives on.
    """

    in_turn: ClassVar = True

    def __init__(self, engine: Engine, begin: Begin, wakeups: Wakeups) -> None:
        self.commits = 0
        self._engine = engine
        self._begin = begin
        self._wakeups = wakeups
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._kept: list[Connection] = []
        """The writer's own connection, while it is idle."""
        self._path = Path()
        self._file: tuple[int, int] | None = None
        """Which file it writes, and where that is."""
        when_given_up(engine, self._let_go)
        self._with_savepoints = 0
        """How many more groups use savepoints."""
        self._is_full = threading.Event()
        self._thread = threading.Thread(target=self._write, name="writer", daemon=True)
        self._thread.start()
        self._carrier = threading.Thread(target=self._carry_over, name="carrier", daemon=True)
        self._carrier.start()

    def transact(self, work: Work[T]) -> T:
        """Run the work and return its value after the commit.

        Raises `DatabaseAway` while the file can't be written, and a RuntimeError inside another flow, which would wait
        for itself.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a flow is one transaction: it can't ask for another inside")
        answer: Future[T] = Future()
        self._submit(Job(work, answer))
        return answer.result()

    async def transact_soon(self, work: Work[T]) -> T:
        """Run the work without blocking the event loop; no thread but the writer is involved."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._submit(Job(work, answer))
        return await answer

    def _submit(self, job: Job) -> None:
        with self._lock:
            if self._closed:
                raise DatabaseAway("the program is ending")
            self._queue.put(job)

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        with self._lock:
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self._is_full.set()
        self._carrier.join()

    def _carry_over(self) -> None:
        """Move the log into the file from time to time, since a commit that must do so takes several times as long."""
        while True:
            self._is_full.wait()
            self._is_full.clear()
            if self._closed:
                return
            with isolated(log, "log_not_carried_over"):
                carry_over(self._engine)

    def _write(self) -> None:
        while jobs := self._next_group():
            again = self._as_group(jobs) if len(jobs) > 1 else jobs
            for job in again:
                self._alone(job)
        self._let_go()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """The writer's own connection. Nobody else writes, so its cached pages stay valid.

        Uncommitted work is rolled back at the end of the block. The connection is closed together with the engine's
        pool, or after the database has failed on it.
        """
        pool = self._engine.pool
        own = self._kept.pop() if self._kept else self._connect()
        try:
            if self._file is not None and file_at(self._path) != self._file:
                raise NotWritable(f"{self._path}: {MOVED}")
            yield own
        except DBAPIError:
            own.close()
            raise
        finally:
            if not own.closed:
                own.rollback()
                self._kept.append(own)
            if self._engine.pool is not pool:
                self._let_go()

    def _connect(self) -> Connection:
        own = connect_writer(self._engine)
        self._path = Path(self._engine.url.database or "").absolute()
        self._file = file_at(self._path)
        return own

    def _let_go(self) -> None:
        while self._kept:
            self._kept.pop().close()

    def _next_group(self) -> list[Job]:
        """What is queued, after waiting for the first; empty when nothing more will come."""
        jobs: list[Job] = []
        job = self._queue.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == GROUP:
                return jobs
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs
        if jobs:
            self._queue.put(None)
        return jobs

    def _alone(self, job: Job) -> None:
        try:
            with surfacing(self._engine), self._connected() as connection:
                job.value, _ = run_alone(connection, self._begin, job.work, self._wakeups)
        except BaseException as error:
            tell([job], error)
        else:
            self._release([job])

    def _as_group(self, jobs: list[Job]) -> list[Job]:
        """Commit those that succeed, and return those that did not."""
        has_savepoints = self._with_savepoints > 0
        self._with_savepoints -= has_savepoints
        again: list[Job] = []
        is_committed = False
        try:
            with (
                surfacing(self._engine),
                self._connected() as connection,
                Session(connection) as session,
                undoing(session),
            ):
                connection.begin()
                session.flows = len(jobs)
                for job in jobs:
                    try:
                        self._run(session, job, has_savepoint=has_savepoints)
                    except BaseException as error:
                        if not has_savepoints:
                            raise _Spoilt from error
                        if given_up(session):
                            raise _GivenUp from error
                        again.append(job)
                left = session.left_due
                hooks = self._wakeups.claim(self._begin(session), left) if left else []
                connection.commit()
                is_committed = True
                if left:
                    self._wakeups.fire(hooks)
        except BaseException as error:
            if not is_committed:
                return self._undone(jobs, error)
            # It is committed, so it must never be done again.
            log.exception("failed_after_commit")
        self._release([job for job in jobs if job not in again])
        return again

    def _undone(self, jobs: list[Job], error: BaseException) -> list[Job]:
        """Answer a group that was not committed, or run it again; returns those to be tried alone."""
        if isinstance(error, _Spoilt):
            self._with_savepoints = SPOILT_AT_MOST
            return self._as_group(jobs)
        if not isinstance(error, DatabaseAway):
            # One of them left something that can't be committed; alone, it fails only for its own caller.
            return jobs
        tell(jobs, error)
        return []

    def _run(self, session: Session, job: Job, *, has_savepoint: bool) -> None:
        if has_savepoint:
            with undoing(session), apart(session):
                self._do(session, job)
        else:
            self._do(session, job)

    def _do(self, session: Session, job: Job) -> None:
        job.value = job.work(self._begin(session))
        do_last(session)

    def _release(self, jobs: list[Job]) -> None:
        self.commits += bool(jobs)
        tell(jobs)
        if self.commits % CARRIED_OVER_AFTER == 0:
            self._is_full.set()


def tell(jobs: list[Job], error: BaseException | None = None) -> None:
    """Wake the callers of these jobs; an event loop is called once for all of its own."""
    awaited: dict[asyncio.AbstractEventLoop, list[Hook]] = {}
    for job in jobs:
        job.error = error
        if isinstance(job.answer, Future):
            job.tell()
        else:
            awaited.setdefault(job.answer.get_loop(), []).append(job.tell)
    for loop, hooks in awaited.items():
        # On a loop that has ended nobody waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_call, hooks)


def _call(hooks: list[Hook]) -> None:
    for hook in hooks:
        hook()
