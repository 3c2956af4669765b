"""The demo's clock: the machine's time, in which minutes of waiting can be skipped."""

from datetime import datetime, timedelta

from alertnet.runtime.clock import system_clock


class DemoClock:
    """Runs at the usual speed, so that time limits and leases mean what they always mean, and jumps when told to."""

    def __init__(self) -> None:
        self._skipped = timedelta()

    def __call__(self) -> datetime:
        return system_clock() + self._skipped

    def skip_to(self, at: datetime) -> None:
        """Let it be that instant now; nothing happens if it has passed."""
        self._skipped += max(at - self(), timedelta())
