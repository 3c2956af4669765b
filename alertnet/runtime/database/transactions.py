"""Runs a flow in a transaction, commits, and only then returns its value.

The interface of all such runners, and the one for PostgreSQL, where each caller has its own transaction; SQLite's is in
`group_commit`. A database that can't be reached or can't commit becomes `DatabaseAway`.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.stdlib import BoundLogger

from alertnet.core.errors import AlertnetError
from alertnet.runtime.database.faults import cause_of
from alertnet.runtime.database.wakeups import Notifier, Wakeups
from alertnet.store.db.engine import renew_connections
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx, do_last, undoing

T = TypeVar("T")
Work = Callable[[Tx], T]
Begin = Callable[[Session], Tx]
"""Gives a session its moment, entropy and vault."""

TRIES = 3
"""How often a flow that collides with others is run at most."""


class DatabaseAway(AlertnetError):
    """The database can't be reached or can't commit: the caller has no answer, and may ask again.

    `cause` says why, for whoever runs the program; nobody else is told.
    """

    retry_after = timedelta(seconds=2)
    exit_code = os.EX_TEMPFAIL

    def __init__(self, cause: str = "it can't be reached") -> None:
        self.cause = cause
        super().__init__("the database can't be reached: try again")

    @property
    def for_operator(self) -> str:
        """The cause, in words for whoever runs the program."""
        return f"the database gives no answer: {self.cause}"


class NotWritable(DatabaseAway):
    """The database answers but accepts nothing until a person fixes it: a full disk, a read-only file."""


class Transactions(Protocol):
    """The interface by which flows use the database."""

    commits: int
    """Committed transactions, each with one flow or more."""
    in_turn: ClassVar[bool]
    """Whether the next transaction is committed only after the wake-ups of the last."""

    def transact(self, work: Work[T]) -> T:
        """Run the work and return its value after the commit."""

    async def transact_soon(self, work: Work[T]) -> T:
        """Run the work without blocking the event loop."""

    def close(self) -> None:
        """Finish what was asked, and accept no more."""


@contextmanager
def surfacing(engine: Engine) -> Iterator[None]:
    """Raises `DatabaseAway` in place of a driver's error that means it, and passes on every other error."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        cause = cause_of(error, engine)
        if cause is None:
            raise
        if cause.is_of_session:
            renew_connections(engine)
        raise (NotWritable if cause.lasts else DatabaseAway)(cause.words) from error


def run_alone(connection: Connection, begin: Begin, work: Work[T], wakeups: Wakeups) -> tuple[T, bool]:
    """Run one flow in its own transaction: returns its value, and whether it left something due and woke for it."""
    with Session(connection) as session, undoing(session):
        connection.begin()
        tx = begin(session)
        value = work(tx)
        do_last(session)
        left = session.left_due
        hooks = wakeups.claim(tx, left) if left else []
        connection.commit()
        # Wake before all else, even before giving the connection back, since what was left due may leave now.
        if left:
            wakeups.fire(hooks)
        return value, bool(left)


@dataclass(eq=False)
class OwnCommit:
    """Runs each caller's transaction on its own thread, again where it collides with another."""

    engine: Engine
    begin: Begin
    wakeups: Wakeups
    commits: int = 0
    in_turn: ClassVar = False
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._notifier = Notifier(self.engine) if self.engine.dialect.name == "postgresql" else None

    def transact(self, work: Work[T]) -> T:
        """Run the work and return its value after its commit. Raises `DatabaseAway` where there is no answer."""
        with surfacing(self.engine):
            value, leaves_due = self._run(work)
        self._has_committed(leaves_due=leaves_due)
        return value

    async def transact_soon(self, work: Work[T]) -> T:
        """Run the work on a thread of the event loop, without blocking the loop."""
        # On an event loop the module is imported already.
        from anyio.to_thread import run_sync

        return await run_sync(self.transact, work)

    def close(self) -> None:
        """Notify others of the last that was left due; everything under way here has a caller who waits for it."""
        if self._notifier is not None:
            self._notifier.close()

    def _has_committed(self, *, leaves_due: bool) -> None:
        with self._counting:
            self.commits += 1
        if leaves_due and self._notifier is not None:
            self._notifier.soon()

    def _run(self, work: Work[T]) -> tuple[T, bool]:
        # On SQLite the driver would use nine megabytes for nothing.
        from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation

        for _ in range(TRIES - 1):
            try:
                return self._run_once(work)
            except DBAPIError as error:
                # Of two that made the same thing at once, the second finds it when it looks again.
                if not isinstance(error.orig, (DeadlockDetected, SerializationFailure, UniqueViolation)):
                    raise
        return self._run_once(work)

    def _run_once(self, work: Work[T]) -> tuple[T, bool]:
        with self.engine.connect() as connection:
            return run_alone(connection, self.begin, work, self.wakeups)


@contextmanager
def handled(handle: Callable[[Exception], object]) -> Iterator[None]:
    """Passes a failure of the block to `handle`, and goes on after the block; `DatabaseAway` is raised all the same."""
    try:
        yield
    except DatabaseAway:
        raise
    except Exception as failure:
        handle(failure)


def isolated(log: BoundLogger, event: str, **fields: object) -> AbstractContextManager[None]:
    """Logs a failure of the block, with its traceback, as that event, and goes on after the block."""
    return handled(lambda _: log.exception(event, **fields))
