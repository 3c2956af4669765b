"""The routine of a field team: the times of day at which it checks in, by the clocks of its zone (A7).

Where clocks show a time twice, the first counts; where they skip it, the moment right after. So no check-in is awaited
twice or never.
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
    """How dangerous a journey is; with high risk only a one-time PIN proves a check-in."""

    LOW = "low"
    HIGH = "high"

    @property
    def incident_after(self) -> timedelta:
        """How long after the expected moment an incident is opened by default."""
        return timedelta(minutes=60 if self is Risk.HIGH else 90)


@value
class Terms:
    """The terms of a journey: its risk, when an incident is opened, and whether a missed call counts as OK."""

    risk: Risk = Risk.LOW
    incident_after: timedelta = Risk.LOW.incident_after
    missed_call: bool = False


USUAL = Terms()


@value
class Routine:
    """The times at which a team, or some of its members, check in. `times`: minutes of the day; `days`: 0 = Monday."""

    id: str
    times: tuple[int, ...]
    days: tuple[int, ...] = EVERY_DAY
    members: tuple[str, ...] = ()
    """Each of these members must check in; empty: any member of the team."""
    terms: Terms = USUAL

    def next_time(self, after: datetime, timezone: str) -> datetime:
        """The first check-in time after that moment, by the clocks of the zone."""
        zone = ZoneInfo(timezone)
        first = after.astimezone(zone).date() - _DAY
        moments = (
            wall_moment(datetime.combine(day, time(minute // 60, minute % 60)), zone)
            for day in (first + count * _DAY for count in range(_WEEK + 3))
            if day.weekday() in self.days
            for minute in self.times
        )
        return min(moment for moment in moments if moment > after)
