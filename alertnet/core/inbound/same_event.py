"""Whether two reports of the field may be about one event: a coordinator is told so, and decides (A12).

Two teams see the same arrest from two sides: same country, about the same place and time, and types that go together.
"""

import re
from datetime import timedelta

from alertnet.core.incident import TYPES, Facts

WITHIN = timedelta(minutes=30)
"""Reports of one event come so soon after one another."""

_ON_THE_SPOT = frozenset(range(10, 30)) | frozenset(range(40, 50)) | {70}
"""What happens somewhere, by the numbers of the types: force, custody, raids, presence, crowds, accidents."""
_ANY = TYPES["other"].number
_PLACE = re.compile(r"L(\d{1,3})\b")


def may_be_same(one: Facts, other: Facts, apart: timedelta) -> bool:
    """Whether reports of two phones, so far apart in time, may be of one event; what is unknown speaks against none."""
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
    """Places by code are numbered area by area: L12 and L13 are neighbours, L12 and L40 are not."""
    first, second = (_PLACE.match(place) if place else None for place in (one, other))
    if first is None or second is None:
        return one is None or other is None or one == other
    return int(first[1]) // 10 == int(second[1]) // 10 or abs(int(first[1]) - int(second[1])) == 1
