"""At which hours of a week somebody of several can be reached, by what their opening hours say alone."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from alertnet.core.directory.availability import Span
from alertnet.core.directory.contact import Contact, MethodKind

DAY = 24 * 60
WEEK = 7 * DAY
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def gaps(contacts: Iterable[Contact], kinds: frozenset[MethodKind], zone: str, monday: date) -> list[Span]:
    """The spans of that week in which none of them can be reached by such a method.

    In minutes from Monday 00:00 in that zone; one that goes on past Sunday ends beyond `WEEK`. Holidays, closed days
    and dates that are not like their weekday are left out.
    """
    noon = datetime.combine(monday, time(12), UTC)
    here = _offset(noon, zone)
    spans: list[Span] = []
    for contact in contacts:
        minutes = here - _offset(noon, contact.timezone)
        spans += (part for span in _spans(contact, kinds) for part in _moved(span, minutes))
    return list(_between(sorted(spans)))


def shown(minute: int) -> str:
    """A minute of the week, as in `Mo 08:30`."""
    day, of_day = divmod(minute % WEEK, DAY)
    return f"{WEEKDAYS[day]} {of_day // 60:02}:{of_day % 60:02}"


def _spans(contact: Contact, kinds: frozenset[MethodKind]) -> list[Span]:
    """The spans in which a contact can be reached by such a method, in its own zone."""
    usual = {method.kind for method in contact.methods} & kinds
    instead = {method.kind for method in contact.when_closed} & kinds
    if MethodKind.EMAIL in usual or (usual and (instead or contact.hours is None)):
        return [(0, WEEK)]
    if contact.hours is None or not (usual or instead):
        return []
    days = enumerate(contact.hours.week)
    is_open = [(day * DAY + begins, day * DAY + ends) for day, spans in days for begins, ends in spans]
    return is_open if usual else list(_between(sorted(is_open)))


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
    """The gaps that the spans leave in the week; what is left at its end and its beginning is one."""
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


def _offset(at: datetime, zone: str) -> int:
    delta = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert delta is not None
    return round(delta.total_seconds() / 60)
