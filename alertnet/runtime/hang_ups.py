"""Ends calls on a few threads of its own, so that a slow provider holds up neither the web nor sending."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

import structlog

THREADS = 4
MOST = 40
"""The most calls being ended or waiting for it; those beyond are tried again with their due row (A4)."""
GRACE_SECONDS = 5.0

log = structlog.get_logger(__name__)


class HangUps:
    """A thread pool that ends calls, each by `hang_up`, which waits for the provider."""

    def __init__(self, hang_up: Callable[[str], None]) -> None:
        self._hang_up = hang_up
        self._pool = ThreadPoolExecutor(THREADS, "hang_up")
        self._lock = threading.Lock()
        self._asked: dict[str, Future[None]] = {}

    def soon(self, calls: Iterable[str]) -> None:
        """End these calls (the provider's ids) in the background; one that is being ended is not asked for twice."""
        with self._lock:
            for call in calls:
                if call in self._asked:
                    continue
                if len(self._asked) >= MOST:
                    log.warning("hang_up_put_off", waiting=len(self._asked))
                    return
                self._asked[call] = self._pool.submit(self._end, call)
                self._asked[call].add_done_callback(partial(self._forget, call))

    def finish(self, within_seconds: float | None = None) -> None:
        """Wait until everything asked for is done."""
        with self._lock:
            asked = list(self._asked.values())
        wait(asked, within_seconds)

    def close(self) -> None:
        """End what can be ended in a moment, and accept no more."""
        self.finish(GRACE_SECONDS)
        self._pool.shutdown(cancel_futures=True)

    def _end(self, call: str) -> None:
        try:
            self._hang_up(call)
        except Exception:
            log.exception("hang_up_failed")

    def _forget(self, call: str, _done: object) -> None:
        self._asked.pop(call, None)
