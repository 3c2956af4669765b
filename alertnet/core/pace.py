"""How fast a number sends: units (SMS segments, calls) on a schedule, which a look that is a little late catches up."""

from datetime import datetime, timedelta

CATCH_UP = timedelta(milliseconds=100)
"""A look that is later than this has lost what it could have sent: nothing leaves in a burst."""


def units_free(free_at: datetime, now: datetime, rate: float) -> int:
    """How many units may leave now from a number that was free from then on, at `rate` a second."""
    return int((now - _start(free_at, now)).total_seconds() * rate) + 1 if free_at <= now else 0


def free_after(free_at: datetime, now: datetime, units: int, rate: float) -> datetime:
    """From when it is free after that many units more."""
    return _start(free_at, now) + timedelta(seconds=units / rate)


def _start(free_at: datetime, now: datetime) -> datetime:
    return free_at if now - free_at <= CATCH_UP else now
