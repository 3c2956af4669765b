"""When a contact is there: opening hours, holidays, closed days and quiet hours, in its own time zone (B1).

An instant is judged by what local clocks show, so a night without 02:30, or with two, needs no rule of its own. A
closed day lasts from midnight to midnight local time.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alertnet.core.codec import value
from alertnet.core.directory.wall_clock import wall_moments

Span = tuple[int, int]
"""Minutes of the local day, start included, end not: (510, 990) is 08:30 to 16:30, 1440 is midnight."""

OPENS_WITHIN = timedelta(days=7)
"""How far ahead to look for the next opening of a closed contact."""

Calendars = dict[str, dict[date, str]]
"""The holidays of each country (ISO 3166-1 alpha-2) by date, with their names."""


@value
class Hours:
    """Opening hours: the spans of each day. `written`: the text in the tree, for display."""

    written: str
    week: tuple[tuple[Span, ...], ...]
    """Monday first."""
    dates: dict[date, tuple[Span, ...]] = field(default_factory=dict, hash=False)
    """Days that differ from their weekday."""

    def on(self, day: date) -> tuple[Span, ...]:
        return self.dates.get(day, self.week[day.weekday()])


@value
class Times:
    """When one contact is there, for incidents of one severity. Without `hours` it always is, except on closed days.

    `quiet`: the span in which nothing may ring or buzz. One that ends before it begins goes past midnight.
    """

    zone: str = "UTC"
    hours: Hours | None = None
    closed: frozenset[date] = frozenset()
    holidays: tuple[tuple[str, Mapping[date, str]], ...] = ()
    quiet: Span | None = None

    def closed_by(self, at: datetime) -> str | None:
        """What closes the contact at that instant: `hours`, `closed`, or a holiday such as `CO: Good Friday`."""
        if self.hours is None and not self.closed and not self.holidays:
            return None
        local = at.astimezone(ZoneInfo(self.zone))
        day = local.date()
        if (why := self._day_off(day)) is not None:
            return why
        minute = _minute(local)
        is_open = self.hours is None or any(begins <= minute < ends for begins, ends in self.hours.on(day))
        return None if is_open else "hours"

    def next_opening(self, at: datetime) -> datetime | None:
        """The first moment from then on when nothing closes the contact; None if there is none in the next 7 days."""
        if self.closed_by(at) is None:
            return at
        zone = ZoneInfo(self.zone)
        first = at.astimezone(zone).date()
        for day in (first + timedelta(days=days) for days in range(OPENS_WITHIN.days + 1)):
            for begins, _ in sorted(self.open_on(day)):
                midnight = datetime.combine(day, datetime.min.time())
                shown = midnight + timedelta(minutes=begins)
                for moment in wall_moments(shown, zone):
                    if at < moment <= at + OPENS_WITHIN and self.closed_by(moment) is None:
                        return moment
        return None

    def _day_off(self, day: date) -> str | None:
        """What closes the contact for the whole day; None where nothing does."""
        if day in self.closed:
            return "closed"
        return next((f"{country}: {names[day]}" for country, names in self.holidays if day in names), None)

    def open_on(self, day: date) -> tuple[Span, ...]:
        """The spans of that day in which the contact is open."""
        if self._day_off(day) is not None:
            return ()
        return ((0, 24 * 60),) if self.hours is None else self.hours.on(day)

    def quiet_until(self, at: datetime) -> datetime | None:
        """The end of the quiet hours at that instant; None outside quiet hours."""
        if self.quiet is None or not self._is_quiet(at):
            return None
        zone, ends = ZoneInfo(self.zone), timedelta(minutes=self.quiet[1])
        midnight = datetime.combine(at.astimezone(zone).date(), datetime.min.time())
        # Two days ahead: the clocks may skip all that is left of a day whose other hours are quiet.
        moments = [each for days in range(3) for each in wall_moments(midnight + timedelta(days=days) + ends, zone)]
        return min(moment for moment in moments if moment > at and not self._is_quiet(moment))

    def _is_quiet(self, at: datetime) -> bool:
        assert self.quiet is not None
        begins, ends = self.quiet
        minute = _minute(at.astimezone(ZoneInfo(self.zone)))
        return begins <= minute < ends if begins < ends else not ends <= minute < begins


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute
