"""Who is on duty: a weekly rota, and arrangements that differ from it for some days (B1).

Turns change at a local clock time. Where clocks show that time twice, the first counts; where they skip it, the moment
right after. So no turn begins twice or never (A7).
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from alertnet.core.codec import replace, value
from alertnet.core.directory.wall_clock import wall_moment

_MONDAY = date(1970, 1, 5)
"""Weeks are counted from here.

In a rota without a start date the first officer has every week divisible by its length.
"""
_WEEK = timedelta(days=7)
_LOOK_AHEAD = 53
"""How many weeks ahead somebody's next turn is searched."""

STAFF = "staff"
"""Used in place of a team for people who take turns and are in none."""


@value
class Officer:
    """A member of a team or the staff who takes turns of duty. `id`: `team/member` or `staff/name`."""

    id: str
    phone: str
    language: str
    replies: bool = True
    """Whether an SMS to that phone can be answered (`replies`), and may hold a link (`links`)."""
    links: bool = True


@value
class Duty:
    """The rota of a contact; turns change weekly on that weekday (0 = Monday) at that minute of the day."""

    rota: tuple[Officer, ...]
    weekday: int
    minute: int
    since: date | None = None
    """The first on the rota has the first turn that begins on or after this day; before it nobody is on duty."""

    @property
    def by_name(self) -> dict[str, Officer]:
        """Those on the rota, by `member` and by `team/member`."""
        return {name: each for each in self.rota for name in (each.id, each.id.partition("/")[2])}


@value
class Arrangement:
    """An officer is on duty, or off duty, from one moment to another, whatever the rota says."""

    officer: str
    is_on: bool
    starts_at: datetime
    ends_at: datetime

    def holds(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


@value
class Shift:
    """One week of the rota. `place`: the index in the rota of whoever has the turn; None: the rota has not begun."""

    place: int | None
    starts_at: datetime
    ends_at: datetime


@value
class Turn:
    """Who is on duty from one moment to another, by rota or arrangement; None: nobody."""

    officer: Officer | None
    starts_at: datetime
    ends_at: datetime


def shift_at(duty: Duty, zone: str, at: datetime) -> Shift:
    """The week of the rota that contains the moment, by the clocks of the zone."""
    week = (at.astimezone(ZoneInfo(zone)).date() - _MONDAY) // _WEEK
    while at < (shift := _shift(duty, zone, week)).starts_at:
        week -= 1
    while at >= shift.ends_at:
        week += 1
        shift = _shift(duty, zone, week)
    return shift


def turns(duty: Duty, zone: str, arranged: Sequence[Arrangement], at: datetime, weeks: int) -> list[Turn]:
    """Who is on duty when, from the last change before that moment; consecutive weeks of one officer are one turn."""
    shifts = [shift_at(duty, zone, at)]
    while len(shifts) < weeks:
        shifts.append(shift_at(duty, zone, shifts[-1].ends_at))
    first, last = shifts[0].starts_at, shifts[-1].ends_at
    arranged_at = {moment for each in arranged for moment in (each.starts_at, each.ends_at) if first < moment < last}
    moments = sorted({*(shift.starts_at for shift in shifts), *arranged_at, last})
    found: list[Turn] = []
    for starts_at, ends_at in pairwise(moments):
        officer = on_duty(duty, zone, arranged, starts_at)
        if found and found[-1].officer == officer:
            found[-1] = replace(found[-1], ends_at=ends_at)
        else:
            found.append(Turn(officer, starts_at, ends_at))
    return found


def swapped(
    duty: Duty, zone: str, arranged: Sequence[Arrangement], pair: tuple[Officer, Officer], monday: date, now: datetime
) -> tuple[Arrangement, Arrangement] | None:
    """Let the two exchange turns: the one in the week of that Monday for the next turn of whoever takes it over.

    None where neither has that turn, it is over, or whoever takes it over has none in the year after.
    """
    week = (monday - _MONDAY) // _WEEK
    given = _shift(duty, zone, week)
    gives = on_duty(duty, zone, arranged, given.starts_at)
    if gives not in pair or given.ends_at <= now:
        return None
    takes = pair[0] if gives == pair[1] else pair[1]
    later = (_shift(duty, zone, week + count) for count in range(1, _LOOK_AHEAD))
    back = next((each for each in later if on_duty(duty, zone, arranged, each.starts_at) == takes), None)
    if back is None:
        return None
    return (
        Arrangement(takes.id, True, given.starts_at, given.ends_at),
        Arrangement(gives.id, True, back.starts_at, back.ends_at),
    )


def on_duty(
    duty: Duty, zone: str, arranged: Sequence[Arrangement], at: datetime, besides: str | None = None
) -> Officer | None:
    """The officer on duty; None where nobody is, and the contact's own numbers serve.

    Of the arrangements (`arranged`, oldest first) the last one for an officer counts. Officers who are off, or have the
    number `besides`, are skipped for the next on the rota.
    """
    latest = {each.officer: each.is_on for each in arranged if each.holds(at)}
    ready = {each.id: each for each in duty.rota if latest.get(each.id, True) and each.phone != besides}
    called = [each.officer for each in arranged if each.holds(at) and each.is_on and each.officer in ready]
    if called:
        return ready[called[-1]]
    place = shift_at(duty, zone, at).place
    if place is None:
        return None
    return next((each for each in (*duty.rota[place:], *duty.rota[:place]) if each.id in ready), None)


def _shift(duty: Duty, zone: str, week: int) -> Shift:
    first = -((_MONDAY + timedelta(days=duty.weekday) - duty.since) // _WEEK) if duty.since else 0
    place = None if duty.since and week < first else (week - first) % max(1, len(duty.rota))
    return Shift(place, _change(duty, zone, week), _change(duty, zone, week + 1))


def _change(duty: Duty, zone: str, week: int) -> datetime:
    day = _MONDAY + week * _WEEK + timedelta(days=duty.weekday)
    return wall_moment(datetime.combine(day, time(duty.minute // 60, duty.minute % 60)), ZoneInfo(zone))
