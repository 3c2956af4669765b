"""A drill that is planned: when it begins, when the next one does, whether it still may; and what came of one."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alertnet.core.codec import value
from alertnet.core.directory.wall_clock import wall_moment
from alertnet.core.incident import Facts
from alertnet.core.notification import Failure

TOLD_BEFORE = timedelta(days=1)
"""How long before it begins the coordinators hear of it; at once, if it is planned later than that."""
LATEST_START = timedelta(hours=1)
"""Whoever agreed to ten in the morning is not woken at night because nothing ran in between."""
AFTER_REAL = timedelta(days=1)
"""How long no drill begins after something critical that is real, and open, in its country."""
MOST_MONTHS = 24
DEAD = frozenset({Failure.INVALID, Failure.OPTED_OUT, Failure.BOUNCED, Failure.WRONG_PERSON})
"""What says that an address is of no use; a telephone that is switched off or engaged is as good as any."""


class DrillStatus(StrEnum):
    """Where a drill stands."""

    PLANNED = "planned"
    HELD = "held"
    SKIPPED = "skipped"
    """It could not begin on time, or would have stood in the way of something real."""
    CANCELLED = "cancelled"


@value
class Drill:
    """What is rehearsed, and when; `timezone`: by whose clocks. `day`: of the month, as it was planned at first.

    `every_months`: how far apart it is held again, None: once. `is_told`: the coordinators have heard that it comes.
    `why`: of a skipped one, `late`, `unknown_name` or the reference of the real incident. `minute`: of the day, as
    planned at first, of those that follow: on a day when the clocks go forward it may be later.
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
        """When the next thing is done about it: the coordinators are told, then it begins."""
        return self.starts_at if self.is_told else self.starts_at - TOLD_BEFORE

    def is_late(self, now: datetime) -> bool:
        """Whether its time has gone by."""
        return now - self.starts_at > LATEST_START

    def once_told(self) -> "Drill":
        """The same once the coordinators have heard of it."""
        return replace(self, is_told=True)

    def over(self, why: str | None = None) -> "Drill":
        """What is kept of it once it has begun, or is not held (`why`): nothing that somebody wrote."""
        facts = self.facts
        bare = Facts(
            facts.type, facts.severity, facts.country, consent=facts.consent, drill=facts.drill, team=facts.team
        )
        return replace(self, facts=bare, why=why)

    def following(self, now: datetime) -> "Drill | None":
        """The next one after now, at the same hour by the clocks of its zone; the last day of a month that is short."""
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
    """A drill of these facts at that moment, of which nobody has heard yet."""
    drill = replace(facts, drill=True)
    return Drill(drill, at, timezone, by, at.astimezone(ZoneInfo(timezone)).day, every_months)


@value
class Fared:
    """How the alerts to a contact by one method fared; `failures`: of those that did not arrive, each reason once."""

    method: str
    tries: int
    arrived: int
    failures: tuple[str, ...] = ()

    @property
    def is_dead(self) -> bool:
        """Whether nothing arrived, for a reason that will not go away."""
        return not self.arrived and any(each in DEAD for each in self.failures)


@value
class TookPart:
    """A contact that a drill has alerted: since when, how each method fared, and what it answered last."""

    tree: str
    contact: str
    told_at: datetime
    fared: tuple[Fared, ...]
    answer: str = ""
    via: str = ""
    answered_at: datetime | None = None

    @property
    def is_reached(self) -> bool:
        """Whether anything is known to have reached it."""
        return self.answered_at is not None or any(each.arrived for each in self.fared)

    @property
    def took(self) -> timedelta | None:
        """How long its answer took; None: there is none."""
        return None if self.answered_at is None else max(self.answered_at - self.told_at, timedelta())


@value
class Sums:
    """What a drill came to: how many were alerted, reached, and have answered."""

    told: int
    reached: int
    answered: int
    dead: int


def sums_of(parts: Iterable[TookPart]) -> Sums:
    """These together; `dead`: addresses of no use."""
    every = list(parts)
    return Sums(
        told=len(every),
        reached=sum(each.is_reached for each in every),
        answered=sum(each.answered_at is not None for each in every),
        dead=sum(fared.is_dead for each in every for fared in each.fared),
    )
