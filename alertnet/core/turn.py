"""One contact's turn in an opened level: which of its methods is used when, and when its silence brings the deputy."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertnet.core.contact import RINGING, Contact, Method
from alertnet.core.contact_tree import Level
from alertnet.core.escalation import Turn, Use
from alertnet.core.notification import Kind


@dataclass(frozen=True)
class Ring:
    """One message of a turn, and the moment it is planned for."""

    kind: Kind
    method: int
    at: datetime


@dataclass(frozen=True)
class Next:
    """The next moment at which a turn does something, the turn after it, and its messages."""

    at: datetime
    turn: Turn
    rings: tuple[Ring, ...]


def stale_key(method: Method) -> str:
    """How an address that is bad for one kind of method is remembered."""
    return f"{method.kind}:{method.address}"


def begin(contact: Contact, at: datetime, told: bool, stale: tuple[str, ...]) -> Turn:
    """A fresh turn; methods whose address is stale have failed before they are tried."""
    failed = tuple(place for place, method in enumerate(contact.methods) if stale_key(method) in stale)
    return Turn(contact.id, at, told, failed=failed)


def all_failed(turn: Turn, contact: Contact) -> bool:
    """Whether no method of the contact is left that might reach it."""
    return len(turn.failed) == len(contact.methods)


def unused(turn: Turn, contact: Contact, relayed: tuple[str, ...]) -> list[int]:
    """The methods that were not used yet and still may be, in their order. `relayed`: addresses that passed it on."""
    spent = {*turn.failed, *(use.method for use in turn.uses)}
    return [
        place for place, method in enumerate(contact.methods) if place not in spent and method.address not in relayed
    ]


def upcoming(
    turn: Turn, contact: Contact, level: Level, relayed: tuple[str, ...], stale: tuple[str, ...]
) -> Next | None:
    """What the turn does next; None when it has done everything.

    Repeats are at start + k x every, with the sms and call methods first used strictly before that moment.
    """
    waiting = ((turn.starts_at + contact.methods[place].after, place) for place in unused(turn, contact, relayed))
    first = min(waiting, default=None)
    again = _repeat_at(turn, level)
    if first is not None and (again is None or first[0] <= again):
        at, place = first
        return Next(at, use(turn, place, at), (Ring(Kind.ALERT, place, at),))
    if again is None:
        return None
    rings = tuple(
        Ring(Kind.REMINDER, past.method, again) for past in turn.uses if _repeats(contact, past, again, relayed, stale)
    )
    return Next(again, replace(turn, repeats=turn.repeats + 1), rings)


def use(turn: Turn, place: int, at: datetime) -> Turn:
    """The turn with that method used."""
    return replace(turn, uses=(*turn.uses, Use(place, at)))


def silence_at(turn: Turn, contact: Contact, level: Level, relayed: tuple[str, ...], ends_at: datetime) -> datetime:
    """When the deputy is told for want of an answer.

    Once the last method and repeat are out and half of the remaining wait has passed; where none remains, at once.
    """
    moments = [turn.starts_at, *(each.at for each in turn.uses)]
    moments += [turn.starts_at + contact.methods[place].after for place in unused(turn, contact, relayed)]
    if level.repeat is not None and contact.numbers:
        moments.append(turn.starts_at + level.repeat.every * level.repeat.times)
    last = max(moments)
    return last + max(ends_at - last, timedelta()) / 2


def _repeat_at(turn: Turn, level: Level) -> datetime | None:
    if level.repeat is None or turn.repeats >= level.repeat.times:
        return None
    return turn.starts_at + level.repeat.every * (turn.repeats + 1)


def _repeats(contact: Contact, used: Use, at: datetime, relayed: tuple[str, ...], stale: tuple[str, ...]) -> bool:
    method = contact.methods[used.method]
    usable = method.address not in relayed and stale_key(method) not in stale
    return method.kind in RINGING and used.at < at and usable
