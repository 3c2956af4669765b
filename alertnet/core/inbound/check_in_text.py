"""A check-in as a member types it: a verb, the PIN, and then places and times (B4).

GO 47110 L12 18:00 · SALIDA 47110 L12 18h30 L14 21:00 P7 · OK 47110 · ARR 47110 · WAIT 47110 2H · ESPERA 47110 20:30
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alertnet.core.directory.routine import wall_moment
from alertnet.core.inbound.journey import LONGEST_DELAY, MOST_LEGS, CheckIn, Leg
from alertnet.core.inbound.sms_grammar import CONSENTS
from alertnet.core.incident import Scope, narrowest

VERBS = {
    **dict.fromkeys(("go", "depart", "salida", "salgo"), CheckIn.DEPART),
    **dict.fromkeys(("ok", "bien"), CheckIn.OK),
    **dict.fromkeys(("arr", "arrive", "arrived", "arrivee", "llegada", "llegue"), CheckIn.ARRIVED),
    **dict.fromkeys(("wait", "attente", "attendre", "espera", "extend"), CheckIn.EXTEND),
}
JUST_GONE = timedelta(hours=2)
"""A time of day that went by no longer ago is today's: a text may take that long. Any other is the next to come."""

_DAY = timedelta(days=1)
_TEXT = re.compile(rf"\W*({'|'.join(VERBS)})(?:\b|(?=\d))\W*(.*)", re.DOTALL)
_PIN = re.compile(r"(?<!\d)(\d{5,6})(?!\d)")
_CLOCK = r"([01]?\d|2[0-3])(?:[:h.]([0-5]\d)|([0-5]\d)|h)"
_CODE = r"(l\d{1,3})|(p\d{1,3})|(c[0-3])"
_SPAN = r"(\d|1[0-2]) ?h|(\d)h([0-5]\d)|(\d{1,3}) ?(?:m|min)"
_PARTS = re.compile(rf"\b(?:{_CODE}|{_CLOCK})\b")
_LASTS = re.compile(rf"\b(?:{_SPAN}|{_CLOCK})\b")


@dataclass(frozen=True)
class CheckInText:
    """What a text says. `rest`: all behind the verb but the PIN, in small letters without accents."""

    verb: CheckIn
    pin: str | None = field(repr=False)
    rest: str


@dataclass(frozen=True)
class Plan:
    """Where somebody goes, in this order, with whom (codes), and how far news of it may travel, if that was said."""

    legs: tuple[Leg, ...]
    people: tuple[str, ...]
    consent: Scope | None


def parse_check_in(text: str) -> CheckInText | None:
    """The check-in that a text is; None of any other."""
    found = _TEXT.fullmatch(_plain(text))
    if found is None:
        return None
    pin = _PIN.search(found[2])
    rest = found[2] if pin is None else f"{found[2][: pin.start()]} {found[2][pin.end() :]}"
    return CheckInText(VERBS[found[1]], pin[1] if pin else None, re.sub(r"^\W+|\W+$", "", rest))


def plan_in(rest: str, now: datetime, zone: str) -> Plan:
    """The places and times of a departure at that moment, by the clocks of the zone; each time ends a leg."""
    legs: list[Leg] = []
    people: dict[str, None] = {}
    consents: list[Scope] = []
    place: str | None = None
    for found in _PARTS.finditer(rest):
        to, person, consent, *shown = found.groups()
        if to:
            place = to.upper()
        elif person:
            people[person.upper()] = None
        elif consent:
            consents.append(CONSENTS[consent])
        else:
            legs.append(Leg(place, _next_moment(shown, legs[-1].expected_at if legs else now, zone), zone))
            place = None
    if len(legs) == 1 and legs[0].to is None:
        legs = [Leg(place, legs[0].expected_at, zone)]
    return Plan(tuple(legs[:MOST_LEGS]), tuple(people), narrowest(consents) if consents else None)


def delay_in(rest: str, now: datetime, zone: str) -> timedelta | datetime | None:
    """For how long, or until when, a WAIT puts off what is awaited; None where it says neither, or too much.

    `2H`, `2H30` and `12H` are spans, `20H30` and `18H` times of the day.
    """
    found = _LASTS.search(rest)
    if found is None:
        return None
    whole, hours, minutes_more, minutes, *shown = found.groups()
    if shown[0] is not None:
        return _next_moment(shown, now, zone)
    span = timedelta(hours=int(whole or hours or 0), minutes=int(minutes_more or minutes or 0))
    return span if timedelta() < span <= LONGEST_DELAY else None


def is_more(rest: str) -> bool:
    """Whether there is more than codes, times and spans: words for people to read."""
    return re.search(r"[^\W\d_]", _LASTS.sub("", _PARTS.sub("", rest))) is not None


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(
        str(unicodedata.decimal(character, character))
        for character in letters
        if unicodedata.category(character) not in ("Mn", "Cf")
    )


def _next_moment(shown: Sequence[str | None], after: datetime, zone: str) -> datetime:
    """The moment at which clocks show that: the first one that is not gone since long."""
    hour, minute, joined = shown
    clocks, at = ZoneInfo(zone), after - JUST_GONE
    local = at.astimezone(clocks).replace(
        hour=int(hour or 0), minute=int(minute or joined or 0), second=0, microsecond=0, tzinfo=None, fold=0
    )
    moment = wall_moment(local, clocks)
    return moment if moment >= at else wall_moment(local + _DAY, clocks)
