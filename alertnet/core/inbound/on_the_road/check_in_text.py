"""Reads the places and times that a text from the field names: when somebody is expected where (B4).

GO 47110 L12 18:00 · SALIDA 47110 L12 18h30 L14 21:00 P7 · GO 47110 L12 18:00 14:00-16:30 · WAIT 47110 20:30
GO 47110 L12 18:00 L40 21:30 UTC-4: by the clocks of that offset, where the road leads into another zone.
GO 47110 L12 29/11 06:00 · SALIDA 47110 L12 18:00 mañana · ABFAHRT L12 Montag 8 Uhr: of a day within a week.

What can't be known for sure is not read at all, since a wrong hour is worse than a question.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alertnet.core.codec import replace
from alertnet.core.directory.wall_clock import wall_moment, wall_moments
from alertnet.core.inbound.field_words import ARRIVED, AS_OK, CALLED_OFF, DANGER, FALSE, HEDGED, NO_MORE
from alertnet.core.inbound.on_the_road.day_words import Half, only_day
from alertnet.core.inbound.on_the_road.hour_tokens import (
    GAP,
    GROUPS,
    Hour,
    Kind,
    hour_of_day,
    hour_shown,
    plain,
    tokens_of,
)
from alertnet.core.inbound.on_the_road.hours_said import HourSaid, UnsureHour, said_in
from alertnet.core.inbound.on_the_road.journey import MOST_GAPS, MOST_LEGS, Gap, Leg
from alertnet.core.inbound.sms_words import words_of
from alertnet.core.incident import TYPES_BY_NUMBER

JUST_GONE = timedelta(hours=2)
"""A time of day that passed this recently is today's, since a text may take that long.

Any other is the next to come.
"""

LONGEST_GAP = timedelta(hours=12)
"""The longest gap that can be typed, so that a slip does not leave a whole night unwatched."""

_STILL_UP = 4
"""Before this hour, by `tomorrow` people may mean the day that has just begun."""

_DAY = timedelta(days=1)
_CODE = re.compile(r"[lpc]?\d+(h\d*)?|h|hs|hrs?|heures?|horas?|hours?|uhr|[ap]m|utc|gmt")
_TYPE = re.compile(rf"(?<![\w#-])(?<!\d[:.,/])(?:{'|'.join(map(str, TYPES_BY_NUMBER))})(?!\d|[:.,/-]\d|h| @[ap]m)")
_THANKS = frozenset(
    (
        *("thanks", "thank", "you", "thx", "bye", "gracias", "muchas", "mil", "saludos", "chao", "merci", "beaucoup"),
        *("danke", "vielen", "dank", "obrigado", "obrigada", "muito"),
        *("night", "buenas", "noches", "bonne", "nuit", "gute", "nacht", "boa", "noite"),
    )
)
_MORE = frozenset(("more", "mas", "otra", "plus", "encore", "mehr", "noch", "mais", "outra"))
_ON_THE_WAY = frozenset(
    (
        *("to", "by", "at", "around", "arrive", "arriving", "then", "eta", "a", "para", "hacia", "hasta", "llego"),
        *("llegamos", "luego", "vers", "jusqu", "arrivee", "arrivons", "puis", "nach", "bis", "gegen", "um", "ankunft"),
        *("ate", "as", "chego", "chegamos"),
    )
)
"""Words between the places and times of a journey."""
_WELL = (NO_MORE - DANGER - FALSE - CALLED_OFF) | _THANKS | {"sound", "orden"}
_OFFSET = re.compile(r"(?:utc|gmt) ?(?:([-–−+]) ?(\d{1,2})(?::?([0-5]\d))?)?")

_ZONES = {210: "Asia/Tehran", 270: "Asia/Kabul", 330: "Asia/Kolkata", 345: "Asia/Kathmandu", 390: "Asia/Yangon"}
_ZONES |= {570: "Australia/Darwin"} | {60 * hours: f"Etc/GMT{-hours:+d}" for hours in range(-12, 15)}
"""For each offset in minutes east of UTC, a zone with that offset all year; `Etc` counts hours west."""


def legs_in(text: str, now: datetime, zone: str) -> tuple[Leg, ...]:
    """The places and times in a text about a departure; each time ends a leg, and is by the clocks of the zone.

    No time comes before the one that precedes it. A time may name its own offset (UTC-4), and its day, before or after
    it. A text in which a time may be another than it seems gives nothing.
    """
    legs: list[Leg] = []
    try:
        said, place = said_in(tokens_of(GAP.sub(" ", plain(text))))
        for each in said:
            legs.append(_leg(each, legs[-1].expected_at if legs else None, now, zone))
    except UnsureHour:
        return ()
    if len(legs) == 1 and legs[0].to is None:
        legs = [replace(legs[0], to=place)]
    return tuple(legs[:MOST_LEGS])


def gaps_in(text: str, now: datetime, zone: str, legs: Sequence[Leg] = ()) -> tuple[Gap, ...]:
    """The spans without coverage in a text, such as 14:00-16:30; too long ones are left out.

    On a journey of a later day they are of the day of its first leg.
    """
    day = legs[0].expected_at.astimezone(ZoneInfo(zone)).date() if legs else now.astimezone(ZoneInfo(zone)).date()
    since = max(now, _midnight(day, zone)) if day > now.astimezone(ZoneInfo(zone)).date() + _DAY else now
    gaps = []
    for found in GAP.finditer(plain(text)):
        shown = found.groups()
        begins_at = _next_moment(hour_shown(shown[:GROUPS]), since, zone, JUST_GONE)
        if begins_at is None:
            continue
        ends_at = _next_moment(hour_shown(shown[GROUPS:]), begins_at, zone, timedelta())
        if ends_at is not None:
            gaps.append(Gap(begins_at, ends_at))
    return tuple(gap for gap in gaps[:MOST_GAPS] if timedelta() < gap.ends_at - gap.begins_at <= LONGEST_GAP)


def has_words(text: str | None) -> bool:
    """Whether there is more than codes and times: words for people to read."""
    return any(not _CODE.fullmatch(word.plain) for word in words_of(text or ""))


def says_only_well(text: str | None, *, of_arrival: bool) -> bool:
    """Whether the words beside a check-in only give thanks, or say again that all is well or that they are there."""
    plain = [word.plain for word in words_of(text or "")]
    if "?" in (text or "") or any(each.isdecimal() for each in plain):
        return False  # Two of three are well.
    said = " ".join(each for each in plain if not _CODE.fullmatch(each))
    words = frozenset(AS_OK.sub("ok", said).split())
    return words <= (_WELL if of_arrival else _WELL - ARRIVED) and not HEDGED.search(said)


def names_type(text: str | None) -> bool:
    """Whether the number of a type is among its codes, and no part of a time: OK 47110 20 P9."""
    return _TYPE.search(plain(text or "")) is not None


def says_more_than_times(text: str | None) -> bool:
    """Whether a departure or a delay has words for people, besides thanks, one hour more, days, and what joins them."""
    tokens = tokens_of(GAP.sub(" ", plain(text or "")))
    return any(each.kind is Kind.WORD and each.text not in _THANKS | _MORE | _ON_THE_WAY for each in tokens)


def names_day(text: str) -> bool:
    """Whether a day, or a part of one, is named anywhere."""
    return any(each.kind in (Kind.DAY, Kind.HALF) for each in tokens_of(plain(text)))


def _leg(said: HourSaid, before: datetime | None, now: datetime, zone: str) -> Leg:
    its_zone = _zone_at(said.offset) if said.offset else zone
    if its_zone is None:
        raise UnsureHour
    gone = timedelta() if before else JUST_GONE
    if not said.days:
        at = _next_moment(said.hour, before or now, its_zone, gone)
    else:
        day = _day_of(said, now.astimezone(ZoneInfo(zone)))
        begins = now if day == now.astimezone(ZoneInfo(zone)).date() else _midnight(day, its_zone)
        at = _next_moment(said.hour, max(begins, before or begins), its_zone, gone if begins == now else timedelta())
        if at is not None and at.astimezone(ZoneInfo(its_zone)).date() != day + _ends_day(said.hour):
            raise UnsureHour
    if at is None:
        raise UnsureHour
    return Leg(said.place, at, its_zone)


def _day_of(said: HourSaid, local: datetime) -> date:
    """The one day that is meant."""
    day = only_day(said.days, local.date())
    is_late = local.hour < _STILL_UP and any(each.ahead for each in said.days)
    # Midnight at the end of a day or at its beginning: tonight it is sure.
    if day is None or is_late or (_ends_day(said.hour) and day != local.date()):
        raise UnsureHour
    return day


def _ends_day(hour: Hour) -> timedelta:
    return _DAY if hour.half is Half.NIGHT and hour.hour in (0, 12) else timedelta()


def _midnight(day: date, zone: str) -> datetime:
    return wall_moment(datetime.combine(day, time()), ZoneInfo(zone))


def _zone_at(offset: str) -> str | None:
    found = _OFFSET.fullmatch(offset)
    sign, hours, minutes = found.groups() if found else (None, None, None)
    east = 60 * int(hours or 0) + int(minutes or 0)
    return _ZONES.get(east if sign == "+" else -east)


def _next_moment(shown: Hour, after: datetime, zone: str, gone: timedelta) -> datetime | None:
    """The first moment after that one when clocks show this time, or one passed at most `gone` ago.

    None if there is none.

    While clocks repeat an hour, a time in it means the second pass.
    """
    of_day = hour_of_day(shown.hour, shown.half)
    if of_day is None:
        return None
    clocks, at = ZoneInfo(zone), after - gone
    local = at.astimezone(clocks).replace(
        hour=of_day, minute=shown.minute, second=0, microsecond=0, tzinfo=None, fold=0
    )
    is_again = bool(after.astimezone(clocks).fold)
    today = wall_moments(local, clocks)[-1 if is_again else 0 :]
    return next((moment for moment in today if moment >= at), wall_moment(local + _DAY, clocks))
