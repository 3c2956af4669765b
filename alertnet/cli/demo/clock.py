"""The demo's clock: the machine's time, which can be run faster, and in which minutes of waiting can be skipped."""

import threading
from datetime import datetime, timedelta

from alertnet.runtime import system_clock


class DemoClock:
    """Never goes back. At speed 1, as at the start, time limits and leases mean what they always mean."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._speed = 1
        self._since = self._shown = system_clock()

    def __call__(self) -> datetime:
        with self._lock:
            return self._now(system_clock())

    @property
    def speed(self) -> int:
        """Seconds of this clock in a second of the machine's."""
        return self._speed

    def run(self, speed: int) -> None:
        """From now on go that fast."""
        with self._lock:
            self._set(self._now(system_clock()))
            self._speed = speed

    def skip_to(self, at: datetime) -> None:
        """Let it be that instant now; nothing happens if it has passed."""
        with self._lock:
            self._set(max(at, self._now(system_clock())))

    def _now(self, real: datetime) -> datetime:
        return self._shown + max(real - self._since, timedelta()) * self._speed

    def _set(self, at: datetime) -> None:
        self._shown, self._since = at, system_clock()
