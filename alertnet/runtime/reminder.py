"""Decides when to log something that lasts: as it begins, and then once a minute."""

import time
from collections.abc import Callable

AGAIN_SECONDS = 60.0

Monotonic = Callable[[], float]


class Reminder:
    """Says when to report the same thing again: at once, then once a minute."""

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self._monotonic = monotonic
        self._told: tuple[str, float] | None = None

    def is_time(self, what: str) -> bool:
        """Whether to report it now: it was not reported within the last minute."""
        now = self._monotonic()
        if self._told and self._told[0] == what and now - self._told[1] < AGAIN_SECONDS:
            return False
        self._told = (what, now)
        return True

    def reset(self) -> None:
        """Forget what was reported, so that it is reported at once the next time."""
        self._told = None
