"""One contact's turn in an opened level: which of its methods is used when, and when its silence brings the deputy."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertnet.core.directory.contact import RINGING, MethodKind
from alertnet.core.directory.contact_tree import Level
from alertnet.core.directory.usable_methods import Reach
from alertnet.core.escalation.state import Turn, Use
from alertnet.core.notification import Kind


@dataclass(frozen=True)
class Ring:
    """One message of a turn, and the moment it is planned for."""

    kind: Kind
    method: int
    at: datetime


@dataclass(frozen=True)
class Next:
    """The next moment at which a turn does something, the turn after it, and its messages.

    `closed_by`: what has kept a message from being sent, if anything has.
    """

    at: datetime
    turn: Turn
    rings: tuple[Ring, ...]
    closed_by: str | None = None


def first_ring(reach: Reach, place: int, at: datetime) -> Ring:
    """The first use of a method: a task is asked of the coordinators, everything else alerts the contact."""
    is_task = reach.contact.ways[place].kind is MethodKind.TASK
    return Ring(Kind.TASK if is_task else Kind.ALERT, place, at)


def begin(reach: Reach, at: datetime, told: bool) -> Turn:
    """A fresh turn; methods whose address is stale have failed before they are tried."""
    failed = tuple(place for place in range(len(reach.contact.ways)) if reach.is_stale(place))
    return Turn(reach.contact.id, at, told, failed=failed, closed_from=at if reach.times.closed_by(at) else None)


def is_out_of_reach(turn: Turn, reach: Reach) -> bool:
    """Whether no method of the contact is left that might reach it."""
    return not set(_at_hand(turn, reach)) - {*turn.failed, *turn.skipped}


def unused(turn: Turn, reach: Reach) -> list[int]:
    """The methods that were not used yet and still may be, in their order."""
    spent = {*turn.failed, *turn.skipped, *(use.method for use in turn.uses)}
    return [place for place in _at_hand(turn, reach) if place not in spent and not reach.has_relayed(place)]


def upcoming(turn: Turn, reach: Reach, level: Level) -> Next | None:
    """What the turn does next; None when it has done everything.

    Repeats are at start + k x every, with the sms and call methods first used strictly before that moment.
    """
    first = min(((planned(turn, reach, place), place) for place in unused(turn, reach)), default=None)
    again = _repeat_at(turn, level)
    if first is not None and (again is None or first[0] <= again):
        at, place = first
        if closed_by := reach.closed_by(place, at):
            return Next(at, skip(turn, place, at), (), closed_by)
        return Next(at, use(turn, place, at), (first_ring(reach, place, at),))
    return None if again is None else _repeat(turn, reach, again)


def bring_forward(turn: Turn, reach: Reach, at: datetime) -> Next:
    """The next unused method is used now, in place of one that did not reach the contact; in quiet hours it waits."""
    closed_by: str | None = None
    while waiting := unused(turn, reach):
        place = waiting[0]
        if reason := reach.closed_by(place, at):
            turn, closed_by = skip(turn, place, at), reason
            continue
        if reach.held_until(place, at) != at:
            break
        return Next(at, use(turn, place, at), (first_ring(reach, place, at),), closed_by)
    return Next(at, turn, (), closed_by)


def planned(turn: Turn, reach: Reach, place: int) -> datetime:
    """When an unused method is to be used: after the start of the turn, or once the contact turned out to be closed.

    What an edit has brought in counts from when it was applied, not from a moment that had passed by then.
    """
    at = max(turn.starts_at + reach.contact.ways[place].after, turn.edited_at or turn.starts_at)
    if place in reach.in_their_place and turn.closed_from is not None:
        at = max(at, turn.closed_from)
    return reach.held_until(place, at)


def use(turn: Turn, place: int, at: datetime) -> Turn:
    """The turn with that method used."""
    return replace(turn, uses=(*turn.uses, Use(place, at)))


def skip(turn: Turn, place: int, at: datetime) -> Turn:
    """The turn with that method left out, because the contact is closed: from now on others take its place."""
    return replace(turn, skipped=(*turn.skipped, place), closed_from=turn.closed_from or at)


def silence_at(turn: Turn, reach: Reach, level: Level, ends_at: datetime) -> datetime:
    """When the deputy is told for want of an answer.

    Once the last method and repeat are out and half of the remaining wait has passed; where none remains, at once.
    """
    moments = [turn.starts_at, *(each.at for each in turn.uses)]
    moments += [planned(turn, reach, place) for place in unused(turn, reach)]
    if level.repeat is not None and reach.contact.numbers:
        moments.append(turn.starts_at + level.repeat.every * level.repeat.times)
    last = max(moments)
    return last + max(ends_at - last, timedelta()) / 2


def _at_hand(turn: Turn, reach: Reach) -> Iterable[int]:
    """The contact's own methods, and those for when it is closed once it was."""
    return (*reach.own, *(reach.in_their_place if turn.closed_from is not None else ()))


def _repeat_at(turn: Turn, level: Level) -> datetime | None:
    if level.repeat is None or turn.repeats >= level.repeat.times:
        return None
    return turn.starts_at + level.repeat.every * (turn.repeats + 1)


def _repeat(turn: Turn, reach: Reach, at: datetime) -> Next:
    places = [used.method for used in turn.uses if _rings_again(reach, used, at)]
    closed = {place: reason for place in places if (reason := reach.closed_by(place, at))}
    rings = tuple(Ring(Kind.REMINDER, place, at) for place in places if place not in closed)
    after = replace(turn, repeats=turn.repeats + 1)
    if not closed or turn.closed_from is not None:
        return Next(at, after, rings)
    return Next(at, replace(after, closed_from=at), rings, next(iter(closed.values())))


def _rings_again(reach: Reach, used: Use, at: datetime) -> bool:
    """Whether a method that was used rings once more; in quiet hours the repeats are left out."""
    unusable = reach.has_relayed(used.method) or reach.is_stale(used.method) or reach.has_left(used.method)
    rings = reach.contact.ways[used.method].kind in RINGING
    return rings and not unusable and used.at < at and reach.held_until(used.method, at) == at
