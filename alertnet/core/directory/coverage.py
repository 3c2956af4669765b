"""The hours of a week in which nobody of several contacts can be reached, by their opening hours only."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from alertnet.core.directory.availability import Span
from alertnet.core.directory.contact import Contact, MethodKind

DAY = 24 * 60
WEEK = 7 * DAY
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def gaps(contacts: Iterable[Contact], kinds: frozenset[MethodKind], zone: str, monday: date) -> list[Span]:
    """The spans of that week in which none of the contacts can be reached by such a method.

    In minutes from Monday 00:00 in that zone; a span that goes on past Sunday ends beyond `WEEK`. Holidays, closed days
    and dates that differ from their weekday are ignored.
    """
    spans = {span for contact in contacts for span in _spans(contact, kinds, _ahead(zone, contact.timezone, monday))}
    return list(_between(sorted(spans)))


def shown(minute: int) -> str:
    """A minute of the week as text, such as `Mo 08:30`."""
    day, of_day = divmod(minute % WEEK, DAY)
    return f"{WEEKDAYS[day]} {of_day // 60:02}:{of_day % 60:02}"


def _spans(contact: Contact, kinds: frozenset[MethodKind], minutes: int) -> Iterable[Span]:
    """The spans in which a contact can be reached by such a method, on clocks that many minutes ahead of its own."""
    usual = {method.kind for method in contact.methods} & kinds
    instead = {method.kind for method in contact.when_closed} & kinds
    if MethodKind.EMAIL in usual or (usual and (instead or contact.hours is None)):
        return [(0, WEEK)]
    if contact.hours is None or not (usual or instead):
        return []
    return _in_week(contact.hours.week, minutes, is_open=bool(usual))


# Cached, since the offices of a network have much the same hours.
@lru_cache(maxsize=1024)
def _in_week(week: tuple[tuple[Span, ...], ...], minutes: int, *, is_open: bool) -> tuple[Span, ...]:
    """The spans inside those hours, or outside them, on clocks that many minutes ahead."""
    opened = [(day * DAY + begins, day * DAY + ends) for day, spans in enumerate(week) for begins, ends in spans]
    spans = opened if is_open else _between(sorted(opened))
    return tuple(part for span in spans for part in _moved(span, minutes))


def _moved(span: Span, minutes: int) -> Iterator[Span]:
    if not minutes or span == (0, WEEK):
        yield span
        return
    begins, ends = span[0] + minutes, span[1] + minutes
    for around in (-WEEK, 0, WEEK):
        part = (max(0, begins + around), min(WEEK, ends + around))
        if part[0] < part[1]:
            yield part


def _between(spans: list[Span]) -> Iterator[Span]:
    """The gaps between the spans of a week; those at its end and its beginning are joined."""
    left: list[Span] = []
    until = 0
    for begins, ends in spans:
        if begins > until:
            left.append((until, begins))
        until = max(until, ends)
    if until < WEEK:
        left.append((until, WEEK))
    if len(left) > 1 and left[0][0] == 0 and left[-1][1] == WEEK:
        first = left.pop(0)
        left[-1] = (left[-1][0], WEEK + first[1])
    yield from left


@lru_cache(maxsize=1024)
def _ahead(zone: str, of: str, monday: date) -> int:
    """By how many minutes the clocks of a zone are ahead of another's in that week."""
    noon = datetime.combine(monday, time(12), UTC)
    return _offset(noon, zone) - _offset(noon, of)


def _offset(at: datetime, zone: str) -> int:
    delta = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert delta is not None
    return round(delta.total_seconds() / 60)
