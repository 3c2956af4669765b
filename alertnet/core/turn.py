"""One contact's turn in an opened level: which of its methods is used when, and when its deputy is told."""

from dataclasses import dataclass, replace
from datetime import datetime

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


def stale_key(method: Method) -> str:
    """How an address that is bad for one kind of method is remembered."""
    return f"{method.kind}:{method.address}"


def begin(contact: Contact, at: datetime, told: bool, stale: tuple[str, ...], stands_for: tuple[str, ...] = ()) -> Turn:
    """A fresh turn; methods whose address is stale have failed before they are tried."""
    failed = tuple(place for place, method in enumerate(contact.methods) if stale_key(method) in stale)
    return Turn(contact.id, at, told, stands_for, failed=failed)


def all_failed(turn: Turn, contact: Contact) -> bool:
    """Whether no method of the contact is left that might reach it."""
    return len(turn.failed) == len(contact.methods)


def unused(turn: Turn, contact: Contact, spent: tuple[str, ...]) -> list[int]:
    """The methods that were not used yet and still may be, in their order. `spent`: addresses that passed it on."""
    used = {use.method for use in turn.uses}
    return [
        place
        for place, method in enumerate(contact.methods)
        if place not in used and place not in turn.failed and method.address not in spent
    ]


def next_rings(
    turn: Turn, contact: Contact, level: Level, spent: tuple[str, ...], stale: tuple[str, ...]
) -> tuple[datetime, Turn, list[Ring]] | None:
    """The next moment at which the turn does something, the turn after it, and its messages (none where nothing repeats).

    Repeats are at start + k x every, with the sms and call methods first used strictly before that moment.
    """
    waiting = ((turn.starts_at + contact.methods[place].after, place) for place in unused(turn, contact, spent))
    first = min(waiting, default=None)
    again = _repeat_at(turn, level, turn.repeats + 1)
    if first is not None and (again is None or first[0] <= again):
        at, place = first
        return at, use(turn, place, at), [Ring(Kind.ALERT, place, at)]
    if again is None:
        return None
    rings = [
        Ring(Kind.REMINDER, past.method, again) for past in turn.uses if _repeats(contact, past, again, spent, stale)
    ]
    return again, replace(turn, repeats=turn.repeats + 1), rings


def use(turn: Turn, place: int, at: datetime) -> Turn:
    """The turn with that method used."""
    return replace(turn, uses=(*turn.uses, Use(place, at)))


def silence_at(turn: Turn, contact: Contact, level: Level, ends_at: datetime) -> datetime | None:
    """When the deputy is told for want of an answer: half of what remains once the last method and repeat are out."""
    moments = [turn.starts_at + method.after for method in contact.methods]
    if level.repeat is not None:
        moments.append(turn.starts_at + level.repeat.every * level.repeat.times)
    last = max(moments)
    return last + (ends_at - last) / 2 if last < ends_at else None


def _repeat_at(turn: Turn, level: Level, count: int) -> datetime | None:
    if level.repeat is None or count > level.repeat.times:
        return None
    return turn.starts_at + level.repeat.every * count


def _repeats(contact: Contact, used: Use, at: datetime, spent: tuple[str, ...], stale: tuple[str, ...]) -> bool:
    method = contact.methods[used.method]
    usable = method.address not in spent and stale_key(method) not in stale
    return method.kind in RINGING and used.at < at and usable
