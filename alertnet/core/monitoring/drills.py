"""Planned drills: when one begins and when the next does, whether it still may; and the result of one."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alertnet.core.codec import replace, value
from alertnet.core.directory.wall_clock import wall_moment
from alertnet.core.incident import Facts
from alertnet.core.notification import Failure

TOLD_BEFORE = timedelta(days=1)
"""How long before the start the coordinators are told; at once if it is planned later than that."""
LATEST_START = timedelta(hours=1)
"""A drill that is later than this is skipped: people who agreed to ten o'clock are not woken at night."""
AFTER_REAL = timedelta(days=1)
"""For this long after something real and critical, and while it is open, no drill begins in its country."""
MOST_MONTHS = 24
DEAD = frozenset({Failure.INVALID, Failure.OPTED_OUT, Failure.BOUNCED, Failure.WRONG_PERSON})
"""Failures that show that an address is of no use; a phone that is switched off or busy is still good."""


class DrillStatus(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    SKIPPED = "skipped"
    """It could not begin on time, or would have been in the way of something real."""
    CANCELLED = "cancelled"


@value
class Drill:
    """What is drilled, and when; `timezone`: the zone of its clocks. `day`: of the month, as first planned.

    `every_months`: the interval of repeats, None: once. `is_told`: the coordinators have been told that it comes.
    `why`: why it was skipped: `late`, `unknown_name` or the reference of the real incident. `minute`: of the day, as
    first planned; a repeat may be later on a day when clocks go forward.
    """

    facts: Facts
    starts_at: datetime
    timezone: str
    by: str
    day: int
    every_months: int | None = None
    is_told: bool = False
    why: str | None = None
    minute: int | None = None

    @property
    def due_at(self) -> datetime:
        """When it next needs attention: to tell the coordinators, then to begin."""
        return self.starts_at if self.is_told else self.starts_at - TOLD_BEFORE

    def is_late(self, now: datetime) -> bool:
        return now - self.starts_at > LATEST_START

    def over(self, why: str | None = None) -> "Drill":
        """What is kept once it has begun or is not held (`why`): no free text."""
        return replace(self, facts=self.facts.bare, why=why)

    def following(self, now: datetime) -> "Drill | None":
        """The next drill after now, at the same local time; in a short month on its last day."""
        if self.every_months is None:
            return None
        zone, starts_at = ZoneInfo(self.timezone), self.starts_at
        at_first = starts_at.astimezone(zone)
        minute = at_first.hour * 60 + at_first.minute if self.minute is None else self.minute
        while starts_at <= now:
            shown = starts_at.astimezone(zone).replace(tzinfo=None)
            years, month = divmod(shown.month - 1 + self.every_months, 12)
            year, month = shown.year + years, month + 1
            day = min(self.day, monthrange(year, month)[1])
            shown = shown.replace(year=year, month=month, day=day, hour=minute // 60, minute=minute % 60)
            starts_at = wall_moment(shown, zone)
        return replace(self, starts_at=starts_at, is_told=False, why=None, minute=minute)


def planned(facts: Facts, at: datetime, timezone: str, by: str, every_months: int | None = None) -> Drill:
    """A drill with these facts at that moment; nobody has been told yet."""
    drill = replace(facts, drill=True)
    return Drill(drill, at, timezone, by, at.astimezone(ZoneInfo(timezone)).day, every_months)


@value
class MethodResult:
    """The results of the alerts to a contact by one method. `failures`: the reasons, each once."""

    method: str
    tries: int
    arrived: int
    failures: tuple[str, ...] = ()

    @property
    def is_dead(self) -> bool:
        """Whether nothing arrived, for a permanent reason."""
        return not self.arrived and any(each in DEAD for each in self.failures)


@value
class TookPart:
    """A contact alerted in a drill: since when, the results by method, and its last answer."""

    tree: str
    contact: str
    told_at: datetime
    fared: tuple[MethodResult, ...]
    answer: str = ""
    via: str = ""
    answered_at: datetime | None = None

    @property
    def is_reached(self) -> bool:
        """Whether anything is known to have reached it."""
        return self.answered_at is not None or any(each.arrived for each in self.fared)

    @property
    def took(self) -> timedelta | None:
        """How long its answer took; None if there is none."""
        return None if self.answered_at is None else max(self.answered_at - self.told_at, timedelta())


@value
class Sums:
    """The totals of a drill: how many were alerted, reached, and have answered; `dead`: useless addresses."""

    told: int
    reached: int
    answered: int
    dead: int


def sums_of(parts: Iterable[TookPart]) -> Sums:
    """Add up these contacts."""
    every = list(parts)
    return Sums(
        told=len(every),
        reached=sum(each.is_reached for each in every),
        answered=sum(each.answered_at is not None for each in every),
        dead=sum(fared.is_dead for each in every for fared in each.fared),
    )
