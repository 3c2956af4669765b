"""Wake-ups: this process and, on PostgreSQL, all others hear of what was left due; the tick makes up for losses."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

RECONNECT_SECONDS = 1.0
LISTEN_SECONDS = 0.5  # how long one look for notifications lasts, and so how soon a listener ends

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Wakeups:
    """What is called when something was left due: short, and never a transaction itself."""

    hooks: list[Callable[[], object]] = field(default_factory=list)

    def fire(self) -> None:
        """Call every hook; one that raises is logged and keeps none of the others from being called."""
        for hook in tuple(self.hooks):
            try:
                hook()
            except Exception:
                log.exception("wake_up_failed")


class Listener:
    """A thread that fires the wake-ups whenever any process notifies; it reconnects by itself and ends with `close`."""

    def __init__(self, engine: Engine, wakeups: Wakeups) -> None:
        self._engine = engine
        self._wakeups = wakeups
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and its connection."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._listen()
            except (SQLAlchemyError, psycopg.Error) as error:
                log.warning("listener_lost", error=type(error).__name__)
                self._closing.wait(RECONNECT_SECONDS)

    def _listen(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver: Any = connection.connection.driver_connection
            # A connection that listens must never go back to the pool.
            connection.detach()
            driver.execute("LISTEN alertnet")
            self._wakeups.fire()
            while not self._closing.is_set():
                for _ in driver.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                    self._wakeups.fire()
