"""Moments by the clocks on the wall of a zone, which skip an hour when they are set forward, and show one twice."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def wall_moment(shown: datetime, zone: ZoneInfo) -> datetime:
    """The first of the moments at which the clocks show that (UTC); where they skip it, right after (A7)."""
    return wall_moments(shown, zone)[0]


@lru_cache(maxsize=4096)
def wall_moments(shown: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """All moments at which the clocks show that (UTC), in order; where they skip it, the one right after."""
    first, second = sorted(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return (first,)
    if first.astimezone(zone).replace(tzinfo=None) == shown:
        return first, second
    return (_change(first, second, zone),)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between the two at which the clocks are set."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // (2 * _SECOND) * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
