"""The one door to the database: runs a flow in a transaction, commits, and only then lets its value out.

What every such door promises, and the one of PostgreSQL, where each caller has a transaction of its own; the one of
SQLite is in `group_commit`. A database that can't be reached, or can't commit, becomes `DatabaseAway`.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from alertnet.core.errors import AlertnetError
from alertnet.store.tx import Tx, left_due
from alertnet.wakeups import Hook, Wakeups

T = TypeVar("T")
Work = Callable[[Tx], T]
Begin = Callable[[Session], Tx]
"""Gives a session its moment, chance and vault."""

NOTIFY = text("SELECT pg_notify('alertnet', '')")

TRIES = 3
"""How often a flow runs at most that collides with others."""


class DatabaseAway(AlertnetError):
    """The database can't be reached or can't commit: whoever asked has no answer, and may ask again."""

    retry_after = timedelta(seconds=2)

    def __init__(self) -> None:
        super().__init__("the database can't be reached: try again")


class Transactions(Protocol):
    """How flows reach the database."""

    commits: int
    """Transactions that were committed, each with one flow or more in it."""

    def transact(self, work: Work[T]) -> T:
        """The value of the work, after the commit that holds it."""
        ...

    def close(self) -> None:
        """Finish what was asked, and take no more."""
        ...


@contextmanager
def surfacing() -> Iterator[None]:
    """Raises `DatabaseAway` in place of a driver's error that means it, and lets every other error through."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseAway() from error
    except DBAPIError as error:
        # SQLite calls a wrong statement "operational" too: that is a fault of ours, which waiting doesn't cure.
        is_ours = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
        if error.connection_invalidated or (isinstance(error, OperationalError) and not is_ours):
            raise DatabaseAway() from error
        raise


def run_alone(engine: Engine, begin: Begin, work: Work[T], wakeups: Wakeups) -> tuple[T, list[Hook] | None]:
    """One flow in a transaction of its own: its value, and what is to be called since it left something due."""
    with Session(engine) as session:
        tx = begin(session)
        value = work(tx)
        methods = left_due(session)
        hooks = None if methods is None else wakeups.take(tx, methods)
        if hooks is not None and engine.dialect.name == "postgresql":
            session.execute(NOTIFY)
        session.commit()
        return value, hooks


@dataclass(eq=False)
class OwnCommit:
    """A transaction for each caller on its own thread, run again where it collides with one of another."""

    engine: Engine
    begin: Begin
    wakeups: Wakeups
    commits: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def transact(self, work: Work[T]) -> T:
        """The value of the work, after its commit.

        Raises:
            DatabaseAway: the database can't be reached, or was too busy within its time-outs.
        """
        with surfacing():
            value, hooks = self._run(work)
        with self._counting:
            self.commits += 1
        if hooks is not None:
            self.wakeups.fire(hooks)
        return value

    def close(self) -> None:
        """Nothing is under way here but what its caller waits for."""

    def _run(self, work: Work[T]) -> tuple[T, list[Hook] | None]:
        # On SQLite the driver would be nine megabytes for nothing.
        from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation

        for _ in range(TRIES - 1):
            try:
                return run_alone(self.engine, self.begin, work, self.wakeups)
            except DBAPIError as error:
                # Of two that made the same thing at once, the second finds it there when it looks again.
                if not isinstance(error.orig, (DeadlockDetected, SerializationFailure, UniqueViolation)):
                    raise
        return run_alone(self.engine, self.begin, work, self.wakeups)
