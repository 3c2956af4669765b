"""A routine of a field team: the times of the day at which it calls in, by the clocks of its zone (A7).

Where clocks show a time twice it is the first, where they skip it the one right after: none is awaited twice or never.
"""

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alertnet.core.codec import value
from alertnet.core.directory.wall_clock import wall_moment

_DAY = timedelta(days=1)
_WEEK = 7
EVERY_DAY = tuple(range(_WEEK))


class Risk(StrEnum):
    """How dangerous a journey is; in one of high risk only a one-time PIN proves a check-in."""

    LOW = "low"
    HIGH = "high"

    @property
    def incident_after(self) -> timedelta:
        """How long after the expected moment an incident is opened, unless it is said otherwise."""
        return timedelta(minutes=60 if self is Risk.HIGH else 90)


@value
class Terms:
    """What holds of a journey: its risk, when an incident is opened, and whether a missed call is an OK."""

    risk: Risk = Risk.LOW
    incident_after: timedelta = Risk.LOW.incident_after
    missed_call: bool = False


USUAL = Terms()


@value
class Routine:
    """The times at which a team, or each of some members, calls in. `times`: minutes of the day; `days`: 0 = Monday."""

    id: str
    times: tuple[int, ...]
    days: tuple[int, ...] = EVERY_DAY
    members: tuple[str, ...] = ()
    """None of them: any of the team."""
    terms: Terms = USUAL

    def next_time(self, after: datetime, timezone: str) -> datetime:
        """The first of its moments, by the clocks of the zone, that comes after that one."""
        zone = ZoneInfo(timezone)
        first = after.astimezone(zone).date() - _DAY
        moments = (
            wall_moment(datetime.combine(day, time(minute // 60, minute % 60)), zone)
            for day in (first + count * _DAY for count in range(_WEEK + 3))
            if day.weekday() in self.days
            for minute in self.times
        )
        return min(moment for moment in moments if moment > after)
