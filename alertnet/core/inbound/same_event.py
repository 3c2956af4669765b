"""Whether two field reports may be about one event (A12).

Two teams may see the same arrest from two sides: same country, about the same place and time, and types that fit
together. A coordinator is told, and decides.
"""

import re
from datetime import timedelta

from alertnet.core.incident import TYPES, Facts

WITHIN = timedelta(minutes=30)
"""Reports of one event come within this time of each other."""

_ON_THE_SPOT = frozenset(range(10, 30)) | frozenset(range(40, 50)) | {70}
"""Types of events at one place, by number: force, custody, raids, presence, crowds, accidents."""
_ANY = TYPES["other"].number
_PLACE = re.compile(r"L(\d{1,3})\b")


def may_be_same(one: Facts, other: Facts, apart: timedelta) -> bool:
    """Whether reports of two phones, that far apart in time, may be about one event.

    Unknown facts don't rule it out.
    """
    return (
        abs(apart) <= WITHIN
        and one.country == other.country
        and one.drill == other.drill
        and one.raised_from != other.raised_from
        and _go_together(one, other)
        and _are_near(one.place, other.place)
    )


def _go_together(one: Facts, other: Facts) -> bool:
    first, second = TYPES[one.type].number, TYPES[other.type].number
    if _ANY in (first, second):
        return True
    return {first, second} <= _ON_THE_SPOT or first // 10 == second // 10


def _are_near(one: str | None, other: str | None) -> bool:
    """Whether two places may be near: codes are numbered by area, so L12 is next to L13, but not to L40."""
    first, second = (_PLACE.match(place) if place else None for place in (one, other))
    if first is None or second is None:
        return one is None or other is None or one == other
    return int(first[1]) // 10 == int(second[1]) // 10 or abs(int(first[1]) - int(second[1])) == 1
