"""Counters of this process: kept in memory, and added to the shared counters every few seconds.

A killed process loses its last seconds. While the database is away nothing is lost, but only this process shows it.
"""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import structlog

from alertnet.core.monitoring.metrics import FIRST_SEND, Counts, Key, took
from alertnet.runtime.database.transactions import DatabaseAway, isolated
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import counters

EVERY_SECONDS = 5
MOST_SENT = 500
"""The most alerts kept to look up whether they were the first of their incident."""

log = structlog.get_logger(__name__)


class Counting:
    """The counters of one process; `transact` runs a flow."""

    def __init__(self, transact: Callable[[Callable[[Tx], Counts]], Counts]) -> None:
        self._transact = transact
        self._new: Counter[Key] = Counter()
        self._sent: list[str] = []
        self._known: Counter[Key] = Counter()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, counted: Counts) -> None:
        with self._lock:
            for key, number in counted.items():
                # A counter may count more than integers; its types know no other.
                self._new[key] += number  # type: ignore[assignment]

    def sent(self, attempt: str) -> None:
        """Count an alert that has left; whether it was the first of its incident is looked up later."""
        with self._lock:
            if len(self._sent) < MOST_SENT:
                self._sent.append(attempt)

    def totals(self) -> dict[Key, float]:
        """The counters of all processes, as far as this one knows."""
        with self._lock:
            return dict(self._known + self._new)

    def share(self) -> None:
        """Add this process's counts to the shared counters; they are kept for the next time on `DatabaseAway`."""
        with self._lock:
            new, sent = Counter(self._new), list(self._sent)
        if not (new or sent):
            return
        self.learn(self._transact(lambda tx: _put(tx, new, sent)), shared=new)
        with self._lock:
            del self._sent[: len(sent)]

    def learn(self, known: Counts, shared: Counts | None = None) -> None:
        """Take over the shared counters, which contain `shared` of this process."""
        with self._lock:
            self._known = Counter(known)
            self._new.subtract(shared or {})
            self._new = +self._new

    def follow(self) -> None:
        """Start a thread that shares every few seconds."""
        self._thread = threading.Thread(target=self._run, name="counting", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Share once more, if `follow` was called, and stop."""
        if self._thread is not None:
            self._ending.set()
            self._thread.join()
            self._try()

    def _run(self) -> None:
        while not self._ending.wait(EVERY_SECONDS):
            self._try()

    def _try(self) -> None:
        with suppress(DatabaseAway), isolated(log, "counters_not_shared"):
            self.share()


def _put(tx: Tx, new: Counter[Key], sent: list[str]) -> Counts:
    counted = Counter(new)
    for wait in counters.first_sends(tx.session, sent) if sent else ():
        counted.update(took(FIRST_SEND, wait.total_seconds()))
    counters.add(tx, counted)
    return counters.read(tx.session)
