"""Reads opening hours and holidays, by libraries, into plain days and minutes for the core.

The same text must always give the same days, since equal content is one version (A8). So dates are computed for a fixed
span of years, and after it the weekly pattern applies.
"""

import re
from calendar import month_abbr, monthrange
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING

from alertnet.core.directory.availability import Calendars, Hours, Span
from alertnet.core.directory.languages import phrase
from alertnet.trees.reading.fault import NotAllowed

if TYPE_CHECKING:
    from opening_hours import OpeningHours

YEARS = range(2026, 2036)
"""The years for which holidays and dates in opening hours are computed."""

LONGEST = 255  # characters, as in OpenStreetMap

_DAY = timedelta(days=1)
_A_MONDAY = date(2026, 6, 1)
_FORMS = (
    "Mo-Fr 08:30-16:30",
    "Mo-Th 08:00-12:00,14:00-17:00; Fr 08:00-13:00",
    "Mo-Fr 09:00-17:00; Jul-Aug Mo-Fr 08:00-14:00; Dec 24 off",
    "24/7",
)
_ELSEWHERE = (
    (r"\b[PS]H\b", phrase("public holidays stand in"), "holidays: [CO, ES], closed: [2026-12-24]"),
    (r"sun(rise|set)|dawn|dusk", phrase("hours that hang on the sun are not known here:"), _FORMS[0]),
    (r'"|\bunknown\b', phrase("nobody can tell whether this is open:"), _FORMS[0]),
    (r"\d\+", phrase("an open end says nothing about when it closes:"), _FORMS[0]),
)
"""Parts of the syntax that a contact can't use, and what to write instead."""


_LONGEST_MONTHS = {name: monthrange(2028, number)[1] for number, name in enumerate(month_abbr) if number}
_DATE = re.compile(rf"\b({'|'.join(_LONGEST_MONTHS)}) (\d{{1,2}})\b(?!:)(?:-(\d{{1,2}})\b(?!:))?", re.IGNORECASE)


@lru_cache(maxsize=10_000)
def opening_hours(text: str) -> Hours:
    """Opening hours in OpenStreetMap syntax, without holidays, sun times, comments and open ends."""
    from opening_hours import OpeningHours, validate  # 3 MB, needed only by networks with opening hours

    for pattern, message, instead in _ELSEWHERE:
        if re.search(pattern, text):
            raise NotAllowed(message, (instead,))
    for month, day in _dates_in(text):
        if not 1 <= int(day) <= _LONGEST_MONTHS[month.title()]:
            raise NotAllowed(phrase("there is no {date}:", date=f"{month} {day}"), _FORMS)
    if len(text) > LONGEST or not validate(text):
        raise NotAllowed(phrase("not opening hours"), _FORMS)
    parsed = OpeningHours(text)
    dates = _spans(parsed, date(YEARS.start, 1, 1), date(YEARS.stop, 1, 1)) if _names_dates(text) else {}
    week = tuple(_usual(parsed, dates, weekday) for weekday in range(7))
    special = {day: spans for day, spans in dates.items() if spans != week[day.weekday()]}
    if not any(week) and not any(special.values()):
        raise NotAllowed(phrase("hours that are never open"), _FORMS)
    return Hours(text, week, special)


def _dates_in(text: str) -> Iterator[tuple[str, str]]:
    """Each month with a day behind it. The parser skips a day that does not exist, and its rule then holds always."""
    for month, *days in _DATE.findall(text):
        yield from ((month, day) for day in days if day)


def holidays_of(text: str) -> str:
    """A country with known holidays, or `EU` or `UN` for those of their institutions."""
    if text not in _countries() and text not in INSTITUTIONS:
        raise NotAllowed(phrase("unknown country"), sorted((*_countries(), *INSTITUTIONS)))
    return text


def calendars(countries: Iterable[str]) -> Calendars:
    """The public holidays of those countries, with English names where there are any."""
    return {country: INSTITUTIONS.get(country, partial(_calendar, country))() for country in sorted(set(countries))}


@cache
def _calendar(country: str) -> dict[date, str]:
    import holidays  # 4 MB, needed only by networks with holidays

    named = holidays.country_holidays(country, years=YEARS, language="en_US")
    return {day: name for day, name in sorted(named.items()) if day.year in YEARS}


@cache
def _of_the_eu() -> dict[date, str]:
    """The days on which EU institutions are closed, as the Commission publishes them each year.

    They are Belgium's holidays without Armistice Day, plus days around Easter, Ascension and the end of the year.
    Institutions elsewhere may exchange some for their host's.
    """
    days = {day: name for day, name in _calendar("BE").items() if (day.month, day.day) != (11, 11)}
    around = {"Easter Monday": {-4: "Maundy Thursday", -3: "Good Friday"}, "Ascension Day": {1: "Day after Ascension"}}
    for day, name in tuple(days.items()):
        days |= {day + after * _DAY: other for after, other in around.get(name, {}).items()}
    for year in YEARS:
        days |= {date(year, 12, day): "End of the year" for day in range(24, 32)}
        days |= {date(year, 1, 2): "Day after New Year's Day", date(year, 5, 9): "Europe Day"}
        days[date(year, 11, 2)] = "All Souls' Day"
    return dict(sorted(days.items()))


@cache
def _of_the_un() -> dict[date, str]:
    """The official holidays of the United Nations headquarters; one on a weekend moves to the nearest weekday.

    The dates of both Eids are estimates. Offices elsewhere may exchange some days for their host's.
    """
    kept = {
        "US": ("New Year's Day", "Memorial Day", "Independence Day", "Labor Day", "Thanksgiving Day", "Christmas Day"),
        "GB": ("Good Friday",),
        "AE": ("Eid al-Fitr", "Eid al-Adha"),
    }
    first: dict[tuple[int, str], date] = {}
    for country, names in kept.items():
        for day, written in _calendar(country).items():
            for name in names:
                if written.removesuffix(" (estimated)") == name:
                    first.setdefault((day.year, name), day)
    moved = {5: -1, 6: 1}
    return {day + moved.get(day.weekday(), 0) * _DAY: name for (_, name), day in sorted(first.items(), key=str)}


INSTITUTIONS = {"EU": _of_the_eu, "UN": _of_the_un}


@cache
def _countries() -> frozenset[str]:
    import holidays

    return frozenset(name for name in holidays.list_supported_countries(include_aliases=False) if len(name) == 2)


def _names_dates(text: str) -> bool:
    """Whether some days may differ from their weekday's pattern: months, weeks, Easter, years, nth weekdays."""
    return re.search(r"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|week|easter|\[|\b\d{4}\b", text) is not None


def _usual(parsed: "OpeningHours", dates: dict[date, tuple[Span, ...]], weekday: int) -> tuple[Span, ...]:
    """The spans that most days of that weekday have."""
    if not dates:
        day = _A_MONDAY + weekday * _DAY
        return _spans(parsed, day, day + _DAY)[day]
    these = [spans for day, spans in dates.items() if day.weekday() == weekday]
    return max(dict.fromkeys(these), key=these.count)


def _spans(parsed: "OpeningHours", first: date, end: date) -> dict[date, tuple[Span, ...]]:
    """The open spans of each day from `first` to the day before `end`."""
    from opening_hours import State

    days: dict[date, tuple[Span, ...]] = {first + count * _DAY: () for count in range((end - first).days)}
    found = parsed.intervals(datetime.combine(first, time()), datetime.combine(end, time()))
    for opens, closes, state, _ in found:
        if state == State.OPEN:
            for day, span in _by_day(opens, closes):
                days[day] = (*days[day], span)
    return days


def _by_day(opens: datetime, closes: datetime) -> Iterator[tuple[date, Span]]:
    """An interval cut at each midnight."""
    while opens < closes:
        midnight = datetime.combine(opens.date() + _DAY, time())
        ends = 1440 if closes >= midnight else closes.hour * 60 + closes.minute
        yield opens.date(), (opens.hour * 60 + opens.minute, ends)
        opens = midnight
