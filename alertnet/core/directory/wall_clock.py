"""Local clock times as moments, where clocks skip an hour when set forward and repeat one when set back."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def wall_moment(shown: datetime, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) at which the clocks show that time; where they skip it, the moment right after (A7)."""
    return wall_moments(shown, zone)[0]


@lru_cache(maxsize=4096)
def wall_moments(shown: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """All moments (UTC) at which the clocks show that time, in order; where they skip it, the one right after."""
    first, second = sorted(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return (first,)
    if first.astimezone(zone).replace(tzinfo=None) == shown:
        return first, second
    return (_change(first, second, zone),)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between the two at which the clocks change."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // (2 * _SECOND) * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
