"""A thread pool for each kind of work, so that work that hangs delays no other kind (A11)."""

import threading
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from alertnet.worker.platform import Executor

log = structlog.get_logger(__name__)


class Room(Protocol):
    """A pool as seen by a claim."""

    @property
    def room(self) -> int:
        """How many threads are free."""

    def reserve(self) -> bool:
        """Reserve a free thread for work to be claimed; False where none is free."""

    def release(self) -> None:
        """Free a reserved thread."""


@dataclass
class Stride:
    """A room without threads: how much work of one kind is done at once when it is done step by step."""

    room: int

    def reserve(self) -> bool:
        is_free = self.room > 0
        self.room -= is_free
        return is_free

    def release(self) -> None:
        self.room += 1


class ThreadPool:
    """Threads for one kind of work. No more work is claimed than threads are free, so nothing claimed waits."""

    def __init__(self, executor: Executor, size: int, on_free: Callable[[], None]) -> None:
        self._size = size
        self._on_free = on_free
        self._keys: set[str] = set()
        self._reserved = 0
        self._executor = executor
        self._lock = threading.Lock()

    @property
    def room(self) -> int:
        """How many threads are free."""
        return max(0, self._size - len(self._keys) - self._reserved)

    def reserve(self) -> bool:
        """Reserve a free thread, so that two claims at once don't count on the same one; False where none is free."""
        with self._lock:
            if not self.room:
                return False
            self._reserved += 1
            return True

    def release(self) -> None:
        """Free a reserved thread."""
        with self._lock:
            self._reserved -= 1
        self._on_free()

    def is_at(self, key: str) -> bool:
        """Whether a thread works on that row."""
        return key in self._keys

    def submit(self, key: str, work: Callable[[], None]) -> None:
        """Run the work on the next free thread; RuntimeError, and nothing done, where there is none."""
        self.submit_together([key], lambda _: work())

    def submit_together(self, keys: Iterable[str], work: Callable[["Share"], None], *, reserved: int = 0) -> None:
        """Let one thread do what there would be one for each, of which so many are `reserved`; see `submit`."""
        share = Share(self, keys)
        with self._lock:
            self._keys |= share.keys
            self._reserved -= reserved
        try:
            self._executor.submit(partial(self._work, share, work))
        except RuntimeError:
            with self._lock:
                self._keys -= share.keys
            raise

    def close(self) -> None:
        """Wait until all submitted work is done."""
        self._executor.shutdown()

    def _work(self, share: "Share", work: Callable[["Share"], None]) -> None:
        try:
            work(share)
        except Exception:
            log.exception("job_failed", jobs=sorted(share.keys))
        finally:
            share.free(list(share.keys))

    def free(self, keys: Iterable[str]) -> None:
        """Note that the work on these rows is over."""
        with self._lock:
            self._keys.difference_update(keys)
        self._on_free()


class Share:
    """The rows that one thread works on, each of which could have a thread of its own."""

    def __init__(self, pool: ThreadPool, keys: Iterable[str]) -> None:
        self.keys = set(keys)
        self._pool = pool

    def free(self, keys: Iterable[str]) -> None:
        """Note that the work on these rows is over, which frees their threads."""
        self.keys.difference_update(keys)
        self._pool.free(keys)

    def give(self, key: str, work: Callable[[], None]) -> None:
        """Let another thread work on that row."""
        self.keys.discard(key)
        self._pool.submit(key, work)


class UnderWay(Container[str]):
    """The keys of the rows on which some pool works."""

    def __init__(self, pools: Mapping[str, ThreadPool]) -> None:
        self._pools = pools

    def __contains__(self, key: object) -> bool:
        return any(pool.is_at(str(key)) for pool in self._pools.values())
