"""Reads the places and times that a text from the field names: when somebody is expected where (B4).

GO 47110 L12 18:00 · SALIDA 47110 L12 18h30 L14 21:00 P7 · GO 47110 L12 18:00 14:00-16:30 · WAIT 47110 20:30
GO 47110 L12 18:00 L40 21:30 UTC-4: by the clocks of that offset, where the road leads into another zone.
GO 47110 L12 29/11 06:00 · SALIDA 47110 L12 mañana 18:00: of today or tomorrow; no later day is understood.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from unicodedata import normalize
from zoneinfo import ZoneInfo

from alertnet.core.directory.wall_clock import wall_moment, wall_moments
from alertnet.core.inbound.journey import MOST_GAPS, MOST_LEGS, Gap, Leg
from alertnet.core.inbound.sms_words import clean, words_of

JUST_GONE = timedelta(hours=2)
"""A time of day that passed this recently is today's, since a text may take that long.

Any other is the next to come.
"""

LONGEST_GAP = timedelta(hours=12)
"""The longest gap that can be typed, so that a slip does not leave a whole night unwatched."""

_EVENING = 5
"""People say "at night" for the hours after noon from this one on; earlier, as in "3 at night", it is ambiguous."""

_DAY = timedelta(days=1)
_AFTERNOON = r"p\.? ?m|(?:de|por|en) la tarde|de l\Wapres\Wmidi|in the afternoon"
_NIGHT = r"(?:de|por|en) la noche|du soir|in the evening|at night"
_MORNING = r"a\.? ?m|(?:de|por|en) la manana|du matin|in the morning"
_HALF = rf"(?:{_AFTERNOON}|{_NIGHT}|{_MORNING})\b"
_COUNTS = rf" ?(?!{_HALF}|(?:[lpc]\d|utc|gmt))[a-z]"
"""A word that is counted by the number before it: 30 personas."""
_MINUTES = r"[0-5]\d\b(?![:.h])"
_HOUR = r"h|hs|hrs?|heures?|horas?|hours?|uhr"
_HOURS = re.compile(rf"(?<=\d) ?(?:{_HOUR})(?:(?={_MINUTES})| (?={_MINUTES}(?!{_COUNTS}))|\b)")
_CLOCK = (
    rf"([01]?\d|2[0-3])(?:[:h.]([0-5]\d)h?|([0-5]\d)h?|h|(?= ?{_HALF}))"
    rf"(?: ?(?:({_AFTERNOON})|({_NIGHT})|({_MORNING})))?"
)
_GAP = re.compile(rf"\b{_CLOCK} ?[-–] ?{_CLOCK}\b")
_OFFSET = r"(?:utc|gmt) ?(?:([-–−+]) ?(\d{1,2})(?::?([0-5]\d))?)?"
_NO_TIME = r"(?:in|dans|en|dentro de) \d+h?\b(?![:.])|\d{1,2} ?[-–/,] ?\d{1,2}h\b"
_PARTS = re.compile(rf"\b(?:{_NO_TIME}|(l\d{{1,3}})\b|{_CLOCK}(?: ?({_OFFSET}))?\b|\d[\w:.]*)")
"""Matches first the numbers that are no time, and last any other number, so that no part of one is read as a time."""
_DATE = re.compile(
    r"(?<![\w/.-])(?:\d{4}-(?P<m>\d\d)-(?P<d>\d\d)|(?P<one>\d{1,2})/(?P<other>\d{1,2})(?:/(?:\d\d){1,2})?"
    r"|(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?:(?:\d\d){1,2})?)"
    rf"(?=,? (?:(?:a las|at|um|a|as) )?{_CLOCK}\b)"
    r"|\b(?P<later>after tomorrow|pasado manana|apres[ -]demain|ubermorgen|depois de amanha)\b"
    r"|\b(?P<tomorrow>tomorrow|demain|(?<!la )(?<!esta )(?<!media )manana|amanha"
    r"|(?<!am )(?<!heute )(?<!diesen )(?<!guten )morgen)\b"
)
"""A date right before a time (29/11 18:00, 29.11. um 18 Uhr, 2026-11-29 06:00), or a word for the next days."""
_OF_DATES = ("m", "d", "one", "other", "day", "month")
_CODE = re.compile(rf"[lpc]?\d+(h\d*)?|{_HOUR}|[ap]m|utc|gmt")

_ZONES = {210: "Asia/Tehran", 270: "Asia/Kabul", 330: "Asia/Kolkata", 345: "Asia/Kathmandu", 390: "Asia/Yangon"}
_ZONES |= {570: "Australia/Darwin"} | {60 * hours: f"Etc/GMT{-hours:+d}" for hours in range(-12, 15)}
"""For each offset in minutes east of UTC, a zone with that offset all year; `Etc` counts hours west."""


def legs_in(text: str, now: datetime, zone: str) -> tuple[Leg, ...]:
    """The places and times in a text about a departure; each time ends a leg, and is by the clocks of the zone.

    No time comes before the one that precedes it. A time may name its own offset (UTC-4), and its day. A text with an
    offset that does not exist, an hour that is not in its half of the day (3 at night), or a day that is neither today
    nor tomorrow gives nothing.
    """
    legs: list[Leg] = []
    place: str | None = None
    for begins, part in _by_day(_GAP.sub(" ", _plain(text)), now, zone):
        if begins is None:
            return ()
        for found in _PARTS.finditer(part):
            to, *shown, offset, sign, hours, minutes = found.groups()
            place = to.upper() if to else place
            if shown[0] is None:
                continue
            its_zone = _zone_at(sign, hours, minutes) if offset else zone
            after = max(begins, legs[-1].expected_at) if legs else begins
            gone = timedelta() if legs or begins > now else JUST_GONE
            expected_at = None if its_zone is None else _next_moment(shown, after, its_zone, gone)
            if its_zone is None or expected_at is None:
                return ()
            legs.append(Leg(place, expected_at, its_zone))
            place = None
    if len(legs) == 1 and legs[0].to is None:
        legs = [replace(legs[0], to=place)]
    return tuple(legs[:MOST_LEGS])


def gaps_in(text: str, now: datetime, zone: str) -> tuple[Gap, ...]:
    """The spans without coverage in a text, such as 14:00-16:30; too long ones are left out."""
    gaps = []
    for found in _GAP.finditer(_plain(text)):
        shown = found.groups()
        begins_at = _next_moment(shown[: len(shown) // 2], now, zone, JUST_GONE)
        if begins_at is None:
            continue
        ends_at = _next_moment(shown[len(shown) // 2 :], begins_at, zone, timedelta())
        if ends_at is not None:
            gaps.append(Gap(begins_at, ends_at))
    return tuple(gap for gap in gaps[:MOST_GAPS] if timedelta() < gap.ends_at - gap.begins_at <= LONGEST_GAP)


def has_words(text: str | None) -> bool:
    """Whether there is more than codes and times: words for people to read."""
    return any(not _CODE.fullmatch(word.plain) for word in words_of(text or ""))


def _plain(text: str) -> str:
    """The text with its words in small letters and ASCII digits, and hours as 18h; the rest is unchanged."""
    plain, end, cleaned = "", 0, clean(text)
    for word in words_of(cleaned):
        plain += normalize("NFKC", cleaned[end : word.start]) + word.plain
        end = word.end
    return _HOURS.sub("h", plain)


def _by_day(text: str, now: datetime, zone: str) -> Iterator[tuple[datetime | None, str]]:
    """The text in parts, each with the moment from which on its times are; None for those of another day."""
    begins: datetime | None = now
    start = 0
    for found in _DATE.finditer(text):
        yield begins, text[start : found.start()]
        begins, start = _beginning_of(found, now, ZoneInfo(zone)), found.end()
    yield begins, text[start:]


def _beginning_of(found: re.Match[str], now: datetime, clocks: ZoneInfo) -> datetime | None:
    """When that day begins: now for today, its midnight for tomorrow. Days and months stand in any order."""
    midnight = now.astimezone(clocks).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    named = sorted(int(each) for name, each in found.groupdict().items() if each and name in _OF_DATES)
    if named == sorted((midnight.day, midnight.month)):
        return now
    tomorrow = midnight + _DAY
    is_tomorrow = found["tomorrow"] or named == sorted((tomorrow.day, tomorrow.month))
    return wall_moment(tomorrow, clocks) if is_tomorrow else None


def _zone_at(sign: str | None, hours: str | None, minutes: str | None) -> str | None:
    east = 60 * int(hours or 0) + int(minutes or 0)
    return _ZONES.get(east if sign == "+" else -east)


def _next_moment(shown: Sequence[str | None], after: datetime, zone: str, gone: timedelta) -> datetime | None:
    """The first moment after that one when clocks show this time, or one passed at most `gone` ago.

    None if there is none.

    While clocks repeat an hour, a time in it means the second pass.
    """
    hour, minute, joined, *half = shown
    of_day = _hour_of_day(int(hour or 0), *half)
    if of_day is None:
        return None
    clocks, at = ZoneInfo(zone), after - gone
    local = at.astimezone(clocks).replace(
        hour=of_day, minute=int(minute or joined or 0), second=0, microsecond=0, tzinfo=None, fold=0
    )
    is_again = bool(after.astimezone(clocks).fold)
    today = wall_moments(local, clocks)[-1 if is_again else 0 :]
    return next((moment for moment in today if moment >= at), wall_moment(local + _DAY, clocks))


def _hour_of_day(hour: int, afternoon: str | None, night: str | None, morning: str | None) -> int | None:
    """The hour from 0 to 23; None where it is not in that half of the day. Twelve at night is midnight."""
    if afternoon:
        return hour if hour > 12 else hour % 12 + 12
    if night:
        return hour if hour > 12 else {0: 0, 12: 0}.get(hour, hour + 12 if hour >= _EVENING else None)
    if morning:
        return hour % 12 if hour <= 12 else None
    return hour
