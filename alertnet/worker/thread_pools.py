"""A thread pool for each kind of work, so that what hangs in one delays no other (A11)."""

import threading
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from alertnet.worker.platform import Executor

log = structlog.get_logger(__name__)


class Room(Protocol):
    """A pool as a claim sees it."""

    @property
    def room(self) -> int:
        """How many threads are free."""
        ...

    def reserve(self) -> bool:
        """Whether one of them is put aside, for what is going to be taken."""
        ...

    def release(self) -> None:
        """Free a thread that was put aside."""
        ...


@dataclass
class Stride:
    """No threads: how much of one kind of work is done at once by whoever does it by hand."""

    room: int

    def reserve(self) -> bool:
        is_free = self.room > 0
        self.room -= is_free
        return is_free

    def release(self) -> None:
        self.room += 1


class ThreadPool:
    """Threads for one kind of work; what is found for it is no more than its free threads, so nothing claimed waits."""

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
        """Whether one of them is put aside: no two claims at the same moment count on the same thread."""
        with self._lock:
            if not self.room:
                return False
            self._reserved += 1
            return True

    def release(self) -> None:
        """Free a thread that was put aside."""
        with self._lock:
            self._reserved -= 1
        self._on_free()

    def is_at(self, key: str) -> bool:
        """Whether one of them works on that row."""
        return key in self._keys

    def submit(self, key: str, work: Callable[[], None], *, reserved: bool = False) -> None:
        """Let the next free thread do it, or one that was `reserved` for it.

        Raises:
            RuntimeError: there is none, and it will not be done.
        """
        self.submit_together([key], lambda _: work(), reserved=reserved)

    def submit_together(self, keys: Iterable[str], work: Callable[["Share"], None], *, reserved: int = 0) -> None:
        """Let one thread do what there would be one for each; see `submit`."""
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
        """Wait until all that was taken is done."""
        self._executor.shutdown()

    def _work(self, share: "Share", work: Callable[["Share"], None]) -> None:
        try:
            work(share)
        except Exception:
            log.exception("job_failed", jobs=sorted(share.keys))
        finally:
            share.free(list(share.keys))

    def free(self, keys: Iterable[str]) -> None:
        """See that the work on these rows is over."""
        with self._lock:
            self._keys.difference_update(keys)
        self._on_free()


class Share:
    """What one thread has of its pool: the rows that it works on, for each of which there might be a thread."""

    def __init__(self, pool: ThreadPool, keys: Iterable[str]) -> None:
        self.keys = set(keys)
        self._pool = pool

    def free(self, keys: Iterable[str]) -> None:
        """See that the work on these rows is over, and free the threads that there might be for them."""
        self.keys.difference_update(keys)
        self._pool.free(keys)

    def give(self, key: str, work: Callable[[], None]) -> None:
        """Let another thread work on that row."""
        self.keys.discard(key)
        self._pool.submit(key, work)


class UnderWay(Container[str]):
    """The keys of the rows that some pool works on."""

    def __init__(self, pools: Mapping[str, ThreadPool]) -> None:
        self._pools = pools

    def __contains__(self, key: object) -> bool:
        return any(pool.is_at(str(key)) for pool in self._pools.values())


class Hold:
    """What one claim has put aside of the pools' free threads."""

    def __init__(self, rooms: Mapping[str, Room]) -> None:
        self._rooms = rooms
        self._held: list[str] = []

    def reserve(self, pool: str) -> bool:
        """Whether a free thread of that pool is put aside."""
        is_free = self._rooms[pool].reserve()
        if is_free:
            self._held.append(pool)
        return is_free

    def release(self) -> None:
        """Free all of it: the claim was undone."""
        for pool in self._held:
            self._rooms[pool].release()
        self._held.clear()
