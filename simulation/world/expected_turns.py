"""Whose turn of duty it is when, worked out independently from the design (B1, A7), to check the program."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alertnet.core.directory.on_call import Duty

WEEK = timedelta(weeks=1)


@dataclass
class Arranged:
    """What somebody has said of a turn: this phone has it, or has it not, from one moment to another."""

    owner: str
    phone: str
    is_on: bool
    begins: datetime
    ends: datetime
    asked_at: datetime
    is_done: bool = False
    """Whether we were told that it is so."""


def whose_turn(duty: Duty, zone: str, at: datetime, arranged: Sequence[Arranged] = ()) -> str | None:
    """The phone of whoever is on duty; None where nobody is, and the contact's own number serves.

    What was said last of somebody counts, and of those who are on duty out of turn the last.
    """
    last = {each.phone: each.is_on for each in arranged if each.begins <= at < each.ends}
    out_of_turn = [each.phone for each in arranged if each.begins <= at < each.ends and each.is_on]
    ready = [phone for phone in out_of_turn if last[phone]][-1:]
    place = week_of(duty, zone, at) % len(duty.rota)
    in_turn = [each.phone for each in (*duty.rota[place:], *duty.rota[:place]) if last.get(each.phone, True)]
    return next(iter([*ready, *in_turn]), None)


def week_of(duty: Duty, zone: str, at: datetime) -> int:
    """The number of its week by the tree's clock, from the first change of the week of Monday 5 January 1970."""
    return (at.astimezone(ZoneInfo(zone)) - _first(duty, zone)) // WEEK


def begins(duty: Duty, zone: str, week: int) -> datetime:
    """When the turn of that week begins."""
    return _first(duty, zone) + week * WEEK


def _first(duty: Duty, zone: str) -> datetime:
    return datetime(1970, 1, 5, tzinfo=ZoneInfo(zone)) + timedelta(days=duty.weekday, minutes=duty.minute)
