"""One contact in a level that was opened: which of its methods are due when, and when it is there (B3)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from alertnet.core.directory.availability import Span
from alertnet.core.directory.contact import Contact, Method, MethodKind
from alertnet.core.directory.contact_tree import Level
from alertnet.core.incident import Severity

RINGS = (MethodKind.SMS, MethodKind.CALL)


@dataclass
class Turn:
    """A contact in an opened level: what it was told there, and what is to come. Methods go by their index."""

    contact: Contact
    start: datetime
    told: bool
    severity: Severity
    """Of the incident: quiet hours go by it."""
    named: bool = True
    """The level itself names it; else it stands in for others."""
    stands_for: tuple[str, ...] = ()
    used: dict[int, datetime] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)
    handed_over: set[int] = field(default_factory=set)
    left_out: dict[int, datetime] = field(default_factory=dict)
    """Methods that were not used because it was closed, and when."""
    closed_since: datetime | None = None
    repeats: int = 0
    relayed: set[str] = field(default_factory=set)
    """Addresses of it whose holder has passed the news on."""
    deputised: bool = False
    reopened: bool = False

    @property
    def methods(self) -> tuple[Method, ...]:
        """Its own, and those for when it is closed."""
        return (*self.contact.methods, *self.contact.when_closed)

    @property
    def left(self) -> list[int]:
        """The methods that might reach it; those for when it is closed once it was."""
        count = len(self.methods) if self.closed_since else len(self.contact.methods)
        return [each for each in range(count) if each not in self.failed and each not in self.left_out]

    @property
    def unused(self) -> list[int]:
        """Those of them that have not been used, and may be."""
        return [each for each in self.left if each not in self.used and not self.has_relayed(each)]

    @property
    def is_lost(self) -> bool:
        """Whether nothing may still reach it here: what is left has passed it on before."""
        return all(self.has_relayed(each) and each not in self.used for each in self.left)

    def planned(self, method: int) -> datetime:
        """When an unused method is to be used: what rings waits for the end of quiet hours."""
        at = self.unheld(method)
        return self.quiet_end(at) if self.is_quiet(method, at) else at

    def unheld(self, method: int) -> datetime:
        """When it would be used if there were no quiet hours."""
        at = self.start + self.methods[method].after
        is_for_closed = method >= len(self.contact.methods)
        return max(at, self.closed_since) if is_for_closed and self.closed_since else at

    def is_quiet(self, method: int, at: datetime) -> bool:
        """Whether that method may not be used then, for it would ring in quiet hours."""
        span = self.contact.quiet.get(self.severity)
        silent = self.methods[method].kind is MethodKind.EMAIL
        return not silent and span is not None and _is_quiet(span, self.contact.timezone, at)

    def quiet_end(self, at: datetime) -> datetime:
        """The first minute after that moment that is not quiet."""
        return _loud(self.contact.quiet[self.severity], self.contact.timezone, at)

    @property
    def is_put_off(self) -> bool:
        """Whether quiet hours keep something for their end, also when its round is past, or have done so."""
        return any(self.is_quiet(each, self.unheld(each)) for each in self.left)

    def has_relayed(self, method: int) -> bool:
        """Whether whoever is reached there has passed it on, and need not be told again."""
        return self.methods[method].address in self.relayed

    def is_closed(self, method: int, at: datetime) -> bool:
        """Whether hours close that method then; never mail, nor what is for when it is closed."""
        is_own = method < len(self.contact.methods)
        return is_own and self.methods[method].kind is not MethodKind.EMAIL and is_closed(self.contact, at)

    def leave_out(self, method: int, at: datetime) -> None:
        """Do not use that method, since it is closed."""
        self.left_out[method] = at
        self.closed_since = self.closed_since or at

    def opening(self) -> datetime | None:
        """Held for opening: all that rings was left out as closed."""
        if not self.left_out or not self.contact.hold or any(self.methods[each].kind in RINGS for each in self.left):
            return None
        return next_opening(self.contact, max(self.left_out.values()))

    def opens(self, at: datetime) -> None:
        """Begin again, with the methods that have not been used."""
        self.start, self.repeats, self.reopened, self.closed_since = at, 0, True, None
        self.left_out, self.handed_over = {}, set()

    def silent_at(self, level: Level, ends: datetime) -> datetime:
        """When the last method and repeat are out, and half of the remaining wait has passed."""
        moments = [self.start, *self.used.values(), *self.left_out.values(), *map(self.planned, self.unused)]
        if level.repeat and self.contact.numbers:
            moments.append(self.start + level.repeat.every * level.repeat.times)
        return max(moments) + max(ends - max(moments), timedelta()) / 2


def is_closed(contact: Contact, at: datetime) -> bool:
    """Whether nobody is there, by the clock on its wall."""
    return contact.hours is not None and not _is_open(contact.hours.week, contact.timezone, at)


def _is_open(week: tuple[tuple[Span, ...], ...], zone: str, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    return any(begins <= minute < ends for begins, ends in week[local.weekday()])


def next_opening(contact: Contact, at: datetime) -> datetime | None:
    """The first minute from then on at which it is open, within seven days."""
    assert contact.hours is not None
    return _opening(contact.hours.week, contact.timezone, at)


@lru_cache(maxsize=10_000)
def _opening(week: tuple[tuple[Span, ...], ...], zone: str, at: datetime) -> datetime | None:
    minutes = (at.replace(second=0, microsecond=0) + timedelta(minutes=each) for each in range(1, 7 * 24 * 60))
    return next((each for each in minutes if _is_open(week, zone, each)), None)


def _is_quiet(span: Span, zone: str, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(zone))
    minute, (begins, ends) = local.hour * 60 + local.minute, span
    return begins <= minute < ends if begins < ends else minute >= begins or minute < ends


@lru_cache(maxsize=10_000)
def _loud(span: Span, zone: str, at: datetime) -> datetime:
    minutes = (at.replace(second=0, microsecond=0) + timedelta(minutes=each) for each in range(1, 2 * 24 * 60))
    return next(each for each in minutes if not _is_quiet(span, zone, each))
