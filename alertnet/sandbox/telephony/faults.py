"""Faults between alertnet and its provider, as a test orders them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from threading import Lock


class Fault(StrEnum):
    """A fault. The first eight strike the HTTP exchange, the others the message or call created in it."""

    LOSE_ANSWER = "lose_answer"
    """The request is carried out, then the connection closes without an answer."""
    DRIP = "drip"
    """The request is carried out, and its answer comes at one byte a second."""
    ERROR_429 = "error_429"
    ERROR_500 = "error_500"
    ERROR_503 = "error_503"
    """Nothing is carried out; 429 and 503 have a Retry-After."""
    WRONG_TOKEN = "wrong_token"  # noqa: S105 - a word for what is wrong
    """As with a wrong token: 401, code 20003."""
    SUSPENDED = "suspended"
    """The account has no credit left: 403, code 20005."""
    FORBIDDEN = "forbidden"
    """A proxy in between refuses: 403 with an HTML page."""
    CALL_BACK_EARLY = "call_back_early"
    """Everything due is called back before the 201 is sent."""
    CALL_BACK_TWICE = "call_back_twice"
    CALL_BACK_NEVER = "call_back_never"
    LIST_LATE = "list_late"
    """Lists show it only after `delay`."""


@dataclass
class _Order:
    times: int
    number: str | None
    method: str
    delay: timedelta

    def strikes(self, method: str, numbers: frozenset[str]) -> bool:
        return self.times > 0 and self.method == method and (self.number is None or self.number in numbers)


@dataclass
class Faults:
    """The faults ordered so far; each counts down its uses."""

    _orders: list[tuple[Fault, _Order]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def order(self, fault: Fault, times: int, number: str | None, method: str, delay: timedelta) -> None:
        """Order a fault for the next `times` requests of that HTTP method, or only for those to `number`."""
        with self._lock:
            self._orders.append((fault, _Order(times, number, method, delay)))

    def clear(self) -> None:
        with self._lock:
            self._orders.clear()

    def draw(self, method: str, numbers: frozenset[str]) -> Mapping[Fault, timedelta]:
        """The faults that strike this request, with their delays; each loses one use."""
        struck: dict[Fault, timedelta] = {}
        with self._lock:
            for fault, order in self._orders:
                if fault not in struck and order.strikes(method, numbers):
                    order.times -= 1
                    struck[fault] = order.delay
        return struck
