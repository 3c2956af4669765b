"""Who is on duty: a rota that changes once a week, and what was arranged otherwise for some days (B1).

The change is a moment of the clock on the wall. Where clocks show it twice it is the first, where they skip it the one
right after: so that no turn begins twice or not at all (A7).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MONDAY = date(1970, 1, 5)
"""The weeks are counted from here: the first on the rota has each week whose number the length of the rota divides."""
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Officer:
    """A member of a team who takes turns. `id`: `team/member`."""

    id: str
    phone: str
    language: str


@dataclass(frozen=True)
class Duty:
    """The rota of a contact; the turn changes each week on that weekday (0 = Monday) at that minute of the day."""

    rota: tuple[Officer, ...]
    weekday: int
    minute: int


@dataclass(frozen=True)
class Arrangement:
    """Somebody is on duty, or off it, from one moment to another, whoever's turn it is."""

    officer: str
    is_on: bool
    starts_at: datetime
    ends_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether it is about that moment."""
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True)
class Shift:
    """A week of the rota; `place`: whose turn it is there."""

    place: int
    starts_at: datetime
    ends_at: datetime


def shift_at(duty: Duty, zone: str, at: datetime) -> Shift:
    """The week of the rota in which the moment lies, by the clocks of the zone."""
    week = (at.astimezone(ZoneInfo(zone)).date() - _MONDAY) // _WEEK
    while at < _change(duty, zone, week):
        week -= 1
    while at >= _change(duty, zone, week + 1):
        week += 1
    return Shift(week % max(1, len(duty.rota)), _change(duty, zone, week), _change(duty, zone, week + 1))


def on_duty(
    duty: Duty, zone: str, arranged: Sequence[Arrangement], at: datetime, besides: str | None = None
) -> Officer | None:
    """Whoever is on duty; None when nobody is, and the contact's own numbers serve.

    Of what was `arranged`, oldest first, the last that concerns somebody holds. Who is off, or has the number
    `besides`, is passed over for the next on the rota.
    """
    latest = {each.officer: each.is_on for each in arranged if each.holds(at)}
    ready = {each.id: each for each in duty.rota if latest.get(each.id, True) and each.phone != besides}
    called = [each.officer for each in arranged if each.holds(at) and each.is_on and each.officer in ready]
    if called:
        return ready[called[-1]]
    place = shift_at(duty, zone, at).place
    return next((each for each in (*duty.rota[place:], *duty.rota[:place]) if each.id in ready), None)


def _change(duty: Duty, zone: str, week: int) -> datetime:
    day = _MONDAY + week * _WEEK + timedelta(days=duty.weekday)
    shown = datetime.combine(day, time(duty.minute // 60, duty.minute % 60), tzinfo=ZoneInfo(zone))
    return shown.astimezone(UTC)
