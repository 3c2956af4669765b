"""How often each API key may ask, each address with a wrong one, and each session act (B9): counted in this process.

And how much is worked out together of what takes the processor for long.

A right key is looked at first, so that it goes on working from an address from which others are guessing.
"""

import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from fastapi import HTTPException

from alertnet.core.limits import EVENT_STREAMS, MINUTE, REQUESTS, UNUSED, WRONG_KEYS, Limit, Usage
from alertnet.core.monitoring import metrics
from alertnet.core.monitoring.metrics import Counts, once

MOST_REMEMBERED = 10_000
"""Addresses, keys and sessions, each: of more than that the one that was seen first is forgotten."""

STREAMS = "event_streams"
RETRY_SECONDS = 30
"""After so long another stream may be tried: nobody knows when one ends."""

ROOM = threading.BoundedSemaphore(3)
"""What is worked out, and those who wait for it: each keeps a thread, which the webhooks of an alarm need too."""
PATIENCE = 10.0
"""Seconds until somebody who waits is told to come again."""
ONE_AT_A_TIME = threading.Lock()
"""However many ask for what takes the processor, the others' pages and the alarms have it beside."""
BUSY = "too much is being worked out at this moment: try again in a few seconds"

log = structlog.get_logger(__name__)


class TooOften(HTTPException):
    """A request is refused for now; it says in how many seconds it may be tried again."""

    def __init__(self, detail: str, seconds: float) -> None:
        super().__init__(429, detail, {"Retry-After": str(max(1, math.ceil(seconds)))})


@dataclass
class Throttle:
    """What was used of the limits of the API, and what they dropped. Safe to use from any thread."""

    count: Callable[[Counts], None]
    """Puts down what is shown in `/metrics`."""
    _streams: Counter[str] = field(default_factory=Counter)
    _used: dict[str, OrderedDict[str, Usage]] = field(default_factory=dict)
    """By limit, what each key has used of it."""
    _told_at: datetime | None = None
    _untold: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, key_id: str, now: datetime) -> None:
        """Count one request with that key.

        Raises:
            TooOften: it has asked as often as it may.
        """
        wait = self.wait(REQUESTS, key_id, now)
        if wait is not None:
            detail = f"API key {key_id} has asked {REQUESTS.most} times in a second, which is as often as it may"
            raise TooOften(detail, wait)

    def wait(self, limit: Limit, key: str, now: datetime) -> float | None:
        """Use the limit once: None where there was room, else the seconds until there is."""
        with self._lock:
            return self._use(limit, key, now)

    def refuse(self, address: str, now: datetime) -> None:
        """Count one request with a wrong key from that address; the log says so, once in a minute.

        Raises:
            TooOften: there were too many from there.
        """
        with self._lock:
            self._untold += 1
            wait = self._use(WRONG_KEYS, address, now)
            if self._told_at is None or not self._told_at <= now < self._told_at + MINUTE:
                log.warning("wrong_api_keys", times=self._untold, latest_from=address)
                self._told_at, self._untold = now, 0
        self.count(once(metrics.WRONG_KEYS))
        if wait is not None:
            raise TooOften("too many requests with a wrong API key came from this address", wait)

    @contextmanager
    def streaming(self, key_id: str) -> Iterator[None]:
        """Counts one event stream more for the key, within the block.

        Raises:
            TooOften: it has as many as it may.
        """
        with self._lock:
            if self._streams[key_id] >= EVENT_STREAMS:
                self.count(once(metrics.DROPPED, STREAMS))
                raise TooOften(f"API key {key_id} has {EVENT_STREAMS} event streams, as many as it may", RETRY_SECONDS)
            self._streams[key_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._streams -= Counter([key_id])

    def _use(self, limit: Limit, key: str, now: datetime) -> float | None:
        usages = self._used.setdefault(limit.name, OrderedDict())
        before = usages.get(key, UNUSED)
        used = usages[key] = limit.use(before, now)
        while len(usages) > MOST_REMEMBERED:
            usages.popitem(last=False)
        if limit.room(before, now):
            return None
        self.count(once(metrics.DROPPED, limit.name))
        return (limit.retry_at(used, now) - now).total_seconds()


@contextmanager
def in_turn() -> Iterator[None]:
    """Within the block nobody else works out what takes the processor for long.

    Raises:
        HTTPException: 503, so many wait for that already.
    """
    if not ROOM.acquire(blocking=False):
        raise HTTPException(503, BUSY, {"Retry-After": "5"})
    try:
        if not ONE_AT_A_TIME.acquire(timeout=PATIENCE):
            raise HTTPException(503, BUSY, {"Retry-After": "5"})
        try:
            yield
        finally:
            ONE_AT_A_TIME.release()
    finally:
        ROOM.release()
