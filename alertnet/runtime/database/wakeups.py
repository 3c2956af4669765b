"""Wake-ups: tell this process, and on PostgreSQL all others, that something is due. Ticks make up for lost ones."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import field

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from alertnet.core.codec import value
from alertnet.runtime.reminder import Reminder
from alertnet.store.db.engine import listen, notify_others
from alertnet.store.db.tx import LeftDue, Tx, apart, given_up, undoing

RECONNECT_SECONDS = 1.0
LISTEN_SECONDS = 0.5  # Seconds that one wait for notifications lasts, and so how soon a listener ends.
GAP_SECONDS = 0.01
"""Seconds between two notifications of one process; commits in between share the next.

A worker that was told rests as long before it looks again (`worker/platform`), so that more would make nothing sooner.
"""
LINGER_SECONDS = 0.5
"""Seconds that a connection is kept for the next notification."""

log = structlog.get_logger(__name__)


Hook = Callable[[], object]

Claimer = Callable[[Tx, LeftDue], Hook]
"""Claims what a transaction leaves due, inside it; returns what to do after it."""


@value
class Wakeups:
    """The hooks called when something was left due. Each must be short, and must not run a transaction."""

    hooks: list[Hook] = field(default_factory=list)
    """Called after every commit that leaves something due, by any process."""
    wakers: list[Hook] = field(default_factory=list)
    """Called as well where nobody has claimed it."""
    claimers: list[Claimer] = field(default_factory=list)

    def claim(self, tx: Tx, left: LeftDue) -> list[Hook]:
        """Let the claimers claim what the transaction leaves due inside it, which saves one transaction.

        Only the commit may follow, because those who prepare the claimed messages wait for it. Raises DBAPIError where
        something that the transaction had put off has failed, and whatever a transaction that is gone was undone by.
        """
        if not self.claimers or left == {None}:
            return list(self.wakers)
        begun = False
        try:
            with undoing(tx.session), apart(tx.session, is_last=True):
                begun = True
                return [claim(tx, left) for claim in self.claimers]
        except Exception:
            if not begun or given_up(tx.session):
                raise
            log.exception("taking_failed")
            return list(self.wakers)

    def fire(self, also: list[Hook] | None = None) -> None:
        """Call every hook, and the wakers or the claimed hooks; one that raises is logged, and stops no other."""
        for hook in (*(self.wakers if also is None else also), *self.hooks):
            try:
                hook()
            except Exception:
                log.exception("wake_up_failed")


class Notifier:
    """Notifies all processes on PostgreSQL that something is due, once for all commits within `gap_seconds`.

    Notifying inside the transactions would make their commits wait for each other. If the process dies in between,
    nobody is told, and the ticks make up for it.
    """

    def __init__(self, engine: Engine, gap_seconds: float = GAP_SECONDS) -> None:
        self._engine = engine
        self._gap_seconds = gap_seconds
        self._is_due = threading.Event()
        self._closing = threading.Event()
        self._reminder = Reminder()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def soon(self) -> None:
        """Notify others soon of what was just committed."""
        self._is_due.set()
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="notifier", daemon=True)
                # Where no thread can be started, the next commit tries again, and ticks make up for it.
                with suppress(RuntimeError):
                    thread.start()
                    self._thread = thread

    def close(self) -> None:
        """Send what is still to be notified, and end the thread."""
        self._closing.set()
        if self._thread is not None:
            self._is_due.set()
            self._thread.join()

    def _run(self) -> None:
        while self._is_due.is_set() or not self._closing.is_set():
            self._is_due.wait()
            try:
                self._tell()
            except Exception as error:
                if self._reminder.is_time("lost"):
                    log.warning("notifier_lost", error=type(error).__name__)
                self._try_again_later()

    def _tell(self) -> None:
        """Notify what is due, and on the same connection what follows soon."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while self._is_due.wait(0 if self._closing.is_set() else LINGER_SECONDS):
                self._is_due.clear()
                notify_others(connection)
                self._reminder.reset()
                self._closing.wait(self._gap_seconds)

    def _try_again_later(self) -> None:
        """Keep what could not be notified, unless this is ending; then the others' ticks make up for it."""
        if self._closing.wait(RECONNECT_SECONDS):
            self._is_due.clear()
        else:
            self._is_due.set()


class Listener:
    """A thread that fires the wake-ups whenever any process notifies; it reconnects by itself and ends with `close`."""

    def __init__(self, engine: Engine, wakeups: Wakeups) -> None:
        self._engine = engine
        self._wakeups = wakeups
        self._closing = threading.Event()
        self._reminder = Reminder()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and its connection."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        # On SQLite nobody listens, and the driver would use nine megabytes for nothing.
        import psycopg

        while not self._closing.is_set():
            try:
                self._listen()
            except (SQLAlchemyError, psycopg.Error) as error:
                if self._reminder.is_time("lost"):
                    log.warning("listener_lost", error=type(error).__name__)
                self._closing.wait(RECONNECT_SECONDS)

    def _listen(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver = listen(connection)
            self._reminder.reset()
            self._wakeups.fire()
            while not self._closing.is_set():
                for _ in driver.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                    self._wakeups.fire()
