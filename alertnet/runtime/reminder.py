"""When to log what goes on and on: as it begins, and once a minute while it lasts."""

import time
from collections.abc import Callable

AGAIN_SECONDS = 60.0

Monotonic = Callable[[], float]


class Reminder:
    """Says when the same is to be told again: at once, then once a minute."""

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self._monotonic = monotonic
        self._told: tuple[str, float] | None = None

    def is_time(self, what: str) -> bool:
        """Whether it is to be told now: it was not within the last minute."""
        now = self._monotonic()
        if self._told and self._told[0] == what and now - self._told[1] < AGAIN_SECONDS:
            return False
        self._told = (what, now)
        return True

    def reset(self) -> None:
        """Forget what was told, so that the next time is told at once."""
        self._told = None
