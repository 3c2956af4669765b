"""How fast a number sends: units (SMS segments, calls) on a schedule, which a look that is a little late catches up."""

from datetime import datetime, timedelta

CATCH_UP = timedelta(milliseconds=100)
"""A look that is later than this has lost what it could have sent: nothing leaves in a burst."""


MOST_UNITS_AHEAD = 50
"""A text of the greatest length has 24 segments: it is charged when it is rendered, and so is what went with it."""
CLOCKS_DIFFER = timedelta(seconds=5)


def believed(free_at: datetime, now: datetime, rate: float) -> datetime:
    """From when a number is free, unless the pace itself can't have set that: then the clock was ahead, and is not."""
    furthest = now + timedelta(seconds=MOST_UNITS_AHEAD / rate) + CLOCKS_DIFFER
    return now if free_at > furthest else free_at


def units_free(free_at: datetime, now: datetime, rate: float) -> int:
    """How many units may leave now from a number that was free from then on, at `rate` a second."""
    return int((now - _start(free_at, now)).total_seconds() * rate) + 1 if free_at <= now else 0


def free_after(free_at: datetime, now: datetime, units: int, rate: float) -> datetime:
    """From when it is free after that many units more."""
    return _start(free_at, now) + timedelta(seconds=units / rate)


def _start(free_at: datetime, now: datetime) -> datetime:
    return free_at if now - free_at <= CATCH_UP else now
