"""Threads for each kind of work, so that what hangs in one delays no other (A11)."""

import threading
from collections.abc import Callable, Container, Mapping

import structlog

from alertnet.machine import Pool

log = structlog.get_logger(__name__)


class Crew:
    """Threads for one kind of work; what is found for it is no more than its free threads, so nothing claimed waits."""

    def __init__(self, pool: Pool, size: int, on_free: Callable[[], None]) -> None:
        self._size = size
        self._on_free = on_free
        self._keys: set[str] = set()
        self._pool = pool
        self._lock = threading.Lock()

    @property
    def room(self) -> int:
        """How many threads are free."""
        return max(0, self._size - len(self._keys))

    def is_at(self, key: str) -> bool:
        """Whether one of them works on that row."""
        return key in self._keys

    def take(self, key: str, work: Callable[[], None]) -> None:
        """Let the next free thread do it."""
        with self._lock:
            self._keys.add(key)
        self._pool.submit(self._work, key, work)

    def close(self) -> None:
        """Wait until all that was taken is done."""
        self._pool.shutdown()

    def _work(self, key: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            log.exception("job_failed", job=key)
        finally:
            with self._lock:
                self._keys.discard(key)
            self._on_free()


class UnderWay(Container[str]):
    """The keys of the rows that some crew works on."""

    def __init__(self, crews: Mapping[str, Crew]) -> None:
        self._crews = crews

    def __contains__(self, key: object) -> bool:
        return any(crew.is_at(str(key)) for crew in self._crews.values())
