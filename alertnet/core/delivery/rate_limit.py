"""How fast a number sends: units (SMS segments, calls) on a schedule. A slightly late look catches up."""

from datetime import datetime, timedelta

CATCH_UP = timedelta(milliseconds=100)
"""A look later than this does not catch up, so that nothing leaves in a burst."""


MOST_UNITS_AHEAD = 50
"""The longest text has 24 segments. It is charged when it is rendered, together with what left beside it."""
CLOCKS_DIFFER = timedelta(seconds=5)


def believed(free_at: datetime, now: datetime, rate: float) -> datetime:
    """From when a number is free.

    A moment further ahead than the pace can explain comes from a wrong clock: then now.
    """
    furthest = now + timedelta(seconds=MOST_UNITS_AHEAD / rate) + CLOCKS_DIFFER
    return now if free_at > furthest else free_at


def units_free(free_at: datetime, now: datetime, rate: float) -> int:
    """How many units may leave now from a number that is free from `free_at` on, at `rate` per second."""
    return int((now - _start(free_at, now)).total_seconds() * rate) + 1 if free_at <= now else 0


def free_after(free_at: datetime, now: datetime, units: int, rate: float) -> datetime:
    """From when a number is free after sending that many more units."""
    return _start(free_at, now) + timedelta(seconds=units / rate)


def _start(free_at: datetime, now: datetime) -> datetime:
    return free_at if now - free_at <= CATCH_UP else now
