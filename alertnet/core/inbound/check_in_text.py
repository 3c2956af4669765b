"""When somebody of the field is expected where: the places and times that a text names (B4).

GO 47110 L12 18:00 · SALIDA 47110 L12 18h30 L14 21:00 P7 · WAIT 47110 20:30
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alertnet.core.directory.wall_clock import wall_moment
from alertnet.core.inbound.journey import MOST_LEGS, Leg
from alertnet.core.inbound.sms_words import clean, words_of

JUST_GONE = timedelta(hours=2)
"""A time of day that went by no longer ago is today's: a text may take that long. Any other is the next to come."""

_DAY = timedelta(days=1)
_CLOCK = r"([01]?\d|2[0-3])(?:[:h.]([0-5]\d)|([0-5]\d)|h)"
_PARTS = re.compile(rf"\b(?:(l\d{{1,3}})|{_CLOCK})\b")
_CODE = re.compile(r"[lpc]?\d+(h\d*)?|h")


def legs_in(text: str, now: datetime, zone: str) -> tuple[Leg, ...]:
    """The places and times of a departure at that moment, by the clocks of the zone; each time ends a leg."""
    legs: list[Leg] = []
    place: str | None = None
    for found in _PARTS.finditer(_plain(text)):
        to, *shown = found.groups()
        if to:
            place = to.upper()
        else:
            legs.append(Leg(place, _next_moment(shown, legs[-1].expected_at if legs else now, zone), zone))
            place = None
    if len(legs) == 1 and legs[0].to is None:
        legs = [Leg(place, legs[0].expected_at, zone)]
    return tuple(legs[:MOST_LEGS])


def has_words(text: str | None) -> bool:
    """Whether there is more than codes and times: words for people to read."""
    return any(not _CODE.fullmatch(word.plain) for word in words_of(text or ""))


def _plain(text: str) -> str:
    """The text with its words in small letters and ASCII digits, and what is between them as it is."""
    plain, end, cleaned = "", 0, clean(text)
    for word in words_of(cleaned):
        plain += cleaned[end : word.start] + word.plain
        end = word.end
    return plain


def _next_moment(shown: Sequence[str | None], after: datetime, zone: str) -> datetime:
    """The moment at which clocks show that: the first one that is not gone since long."""
    hour, minute, joined = shown
    clocks, at = ZoneInfo(zone), after - JUST_GONE
    local = at.astimezone(clocks).replace(
        hour=int(hour or 0), minute=int(minute or joined or 0), second=0, microsecond=0, tzinfo=None, fold=0
    )
    moment = wall_moment(local, clocks)
    return moment if moment >= at else wall_moment(local + _DAY, clocks)
