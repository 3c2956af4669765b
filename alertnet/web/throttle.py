"""Rate limits of the API (B9), counted in this process: per API key, per address with a wrong key, per session.

It also limits how much CPU-heavy work runs at a time. A right key is checked before the limit for wrong ones, so that
it keeps working from an address where others are guessing.
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

from alertnet.core.limits import MINUTE, REQUESTS, UNUSED, WRONG_KEYS, Limit, Usage
from alertnet.core.monitoring import metrics
from alertnet.core.monitoring.metrics import Counts, once

MOST_REMEMBERED = 10_000
"""How many addresses, keys and sessions are remembered, each; beyond that the oldest is forgotten."""

ROOM = threading.BoundedSemaphore(3)
"""How much CPU-heavy work may run or wait. Each holds a thread, and the webhooks of an alarm need threads too."""
PATIENCE = 10.0
"""Seconds to wait for a turn before the request is refused."""
ONE_AT_A_TIME = threading.BoundedSemaphore(1)
"""Only one piece of CPU-heavy work runs at a time, so that pages and alarms keep their share."""
BUSY = "too much is being worked out at this moment: try again in a few seconds"
CROWDED = "too many pages of yours are loading at this moment: nothing was recorded; try again in a few seconds"
"""What somebody at the console reads whose session asks for too much at once."""

log = structlog.get_logger(__name__)


class TooOften(HTTPException):
    """429: the request is refused for now; Retry-After says for how many seconds."""

    def __init__(self, detail: str, seconds: float) -> None:
        super().__init__(429, detail, {"Retry-After": str(max(1, math.ceil(seconds)))})


@dataclass
class Throttle:
    """What was used of the API's limits, and what they refused. It may be used from any thread."""

    count: Callable[[Counts], None]
    """Records the counts that `/metrics` shows."""
    _used: dict[str, OrderedDict[str, Usage]] = field(default_factory=dict)
    """By limit, how much each key has used."""
    _told_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """By warning and reason, when it was last logged."""
    _untold: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, key_id: str, now: datetime) -> None:
        """Count one request with that key; raises `TooOften` where it has used up its limit."""
        wait = self.wait(REQUESTS, key_id, now)
        if wait is not None:
            detail = f"API key {key_id} has asked {REQUESTS.most} times in a second, which is as often as it may"
            raise TooOften(detail, wait)

    def wait(self, limit: Limit, key: str, now: datetime) -> float | None:
        """Use the limit once; None where there was room, else the seconds until there is."""
        with self._lock:
            usages = self._used.setdefault(limit.name, OrderedDict())
            before = usages.get(key, UNUSED)
            used = usages[key] = limit.use(before, now)
            while len(usages) > MOST_REMEMBERED:
                usages.popitem(last=False)
        if used.dropped == before.dropped:
            return None
        self.count(once(metrics.DROPPED, limit.name))
        return (limit.retry_at(used, now) - now).total_seconds()

    def refuse(self, address: str, now: datetime) -> None:
        """Count one request with a wrong key from that address; raises `TooOften` where too many came from there."""
        wait = self.wait(WRONG_KEYS, address, now)
        self.warn("wrong_api_keys", now, latest_from=address)
        self.count(once(metrics.WRONG_KEYS))
        if wait is not None:
            raise TooOften("too many requests with a wrong API key came from this address", wait)

    def warn(self, event: str, now: datetime, *, reason: str = "", **latest: object) -> None:
        """Log what anybody can bring about: at once, then at most once a minute with how often it came, each reason.

        Else a flood of it would fill the disk, or leave nothing else in a log of limited length.
        """
        what = event, reason
        with self._lock:
            self._untold[what] += 1
            told_at = self._told_at.get(what)
            if told_at is not None and told_at <= now < told_at + MINUTE:
                return
            self._told_at[what], times = now, self._untold.pop(what)
        log.warning(event, **({"reason": reason} if reason else {}), times=times, **latest)


@contextmanager
def in_turn() -> Iterator[None]:
    """Wait for a turn to do CPU-heavy work in the block; 503 where too many wait, or the wait was too long."""
    with held(ROOM, _busy), held(ONE_AT_A_TIME, _busy, PATIENCE):
        yield


@contextmanager
def held(room: threading.Semaphore, refusal: Callable[[], Exception], patience_seconds: float = 0) -> Iterator[None]:
    """Hold a place in the room within the block; raises the refusal where none is free in time."""
    if not room.acquire(timeout=patience_seconds):
        raise refusal()
    try:
        yield
    finally:
        room.release()


def _busy() -> HTTPException:
    return HTTPException(503, BUSY, {"Retry-After": "5"})
