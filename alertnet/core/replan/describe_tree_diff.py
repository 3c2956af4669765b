"""What an edit of the trees changes, in words: who is told sooner, later, or no more, and what else is not as it was.

Numbers and addresses are shown by their ends alone, so that the list can go round.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from hashlib import sha256
from typing import Any

from alertnet.core.directory.availability import Span
from alertnet.core.directory.contact import Contact, Method, MethodKind
from alertnet.core.directory.contact_tree import ContactTree, Level, Network, Team
from alertnet.core.directory.coverage import WEEKDAYS
from alertnet.core.directory.durations import duration_text
from alertnet.core.directory.languages import in_all
from alertnet.core.directory.on_call import Duty
from alertnet.core.incident import Severity

SHOWN = 4
"""Signs of an address that are shown."""

_NUMBER = re.compile(r"\+[0-9][0-9 -]{5,}[0-9]")


def differences(before: Network, after: Network) -> tuple[str, ...]:
    """A line for each difference, tree by tree and team by team; empty where the two say the same."""
    return (
        *_each("tree", before.trees, after.trees, _tree),
        *_each("team", before.teams, after.teams, _team),
        *_each("staff", before.staff, after.staff, _member),
        *_each("person", before.people, after.people, _fields),
    )


def _each(what: str, before: Mapping[str, Any], after: Mapping[str, Any], compare: Any) -> Iterator[str]:
    """A line for each that is new or gone, and for what differs in those that are in both."""
    for id in sorted({*before, *after}):
        if id not in after:
            yield f"{what} {id} is gone"
        elif id not in before:
            yield f"{what} {id} is new"
        elif before[id] != after[id]:
            yield from (f"{id}: {line}" for line in compare(before[id], after[id]))


def _tree(before: ContactTree, after: ContactTree) -> Iterator[str]:
    yield from _times(before, after)
    yield from _each("contact", before.contacts, after.contacts, _contact)
    yield from _levels(before.levels, after.levels)
    yield from _fields(before, after, besides=("id", "contacts", "levels", "calendars"))


def _times(before: ContactTree, after: ContactTree) -> Iterator[str]:
    """Who is told at another time than before, as long as nobody answers."""
    sooner, later = _first_told(before), _first_told(after)
    for id in dict.fromkeys((*later, *sooner)):
        who = _who((after if id in later else before).contacts[id])
        if id not in sooner:
            yield f"{who} is told now, {_words(later[id])} after the opening"
        elif id not in later:
            yield f"{who} is not told any more (was: {_words(sooner[id])} after the opening)"
        elif sooner[id] != later[id]:
            span = later[id] - sooner[id]
            how = f"{_words(abs(span))} {'later' if span > timedelta() else 'earlier'}"
            yield f"{who} is told {how} ({_words(sooner[id])} → {_words(later[id])} after the opening)"


def _first_told(tree: ContactTree) -> dict[str, timedelta]:
    """How long after the opening each contact of a level is first told, by level after level and wait after wait."""
    told: dict[str, timedelta] = {}
    starts_at = tree.start.after
    for level in tree.levels:
        for id in level.notify:
            told.setdefault(id, starts_at + min(method.after for method in tree.contacts[id].methods))
        starts_at += level.wait
    return told


def _contact(before: Contact, after: Contact) -> Iterator[str]:
    for name, say in _SAID.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"{name.replace('_', ' ')}: {_change(say(old), say(new))}"
    yield from _fields(before, after, besides=("id", *_SAID))


def _methods(methods: Iterable[Method]) -> str:
    return ", ".join(" ".join(_method(method)) for method in methods)


def _method(method: Method) -> Iterator[str]:
    yield f"{method.kind} {_shown(method)}"
    if method.extension:
        yield f"extension {method.extension}"
    if method.after:
        yield f"after {_words(method.after)}"
    if method.relays:
        yield "as a relay"


def _shown(method: Method) -> str:
    """A task by its words, in which numbers are as short as elsewhere."""
    if method.kind is not MethodKind.TASK:
        return end_of(method.address)
    return f"“{_NUMBER.sub(lambda found: end_of(found[0]), method.address)}”"


def _quiet(spans: Mapping[Severity, Span]) -> str:
    return (
        ", ".join(f"{severity} {_clock(begins)}-{_clock(ends)}" for severity, (begins, ends) in spans.items()) or "none"
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _ranges(days: Iterable[date]) -> Iterator[str]:
    """The days, and of several that follow one another the first and the last, as a file has them."""
    spans: list[tuple[date, date]] = []
    for day in sorted(days):
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    yield from (str(first) if first == last else f"{first}..{last}" for first, last in spans)


def _duty(duty: Duty | None) -> str:
    """A rota in words: who takes turns, by name; their numbers stand with the team."""
    if duty is None:
        return "none"
    who = ", ".join(officer.id for officer in duty.rota) or "nobody"
    since = f", since {duty.since}" if duty.since else ""
    return f"{who}, the turn changes {WEEKDAYS[duty.weekday]} {_clock(duty.minute)}{since}"


_SAID: dict[str, Callable[[Any], str]] = {
    "methods": _methods,
    "when_closed": lambda methods: _methods(methods) or "none",
    "hours": lambda hours: hours.written if hours else "always",
    "closed": lambda days: ", ".join(_ranges(days)) or "none",
    "quiet": _quiet,
    "duty": _duty,
    "pgp": lambda key: f"key {sha256(key.encode()).hexdigest()[:8]}" if key else "none",
}
"""What of a contact is shown in words of its own."""


def _levels(before: tuple[Level, ...], after: tuple[Level, ...]) -> Iterator[str]:
    old, new = ({level.name: level for level in levels} for levels in (before, after))
    yield from _each("level", old, new, lambda one, other: _fields(one, other, besides=("name",)))
    kept = [name for name in old if name in new]
    moved = [name for name in new if name in old]
    if kept != moved:
        yield f"the levels come in another order: {', '.join(kept)} → {', '.join(moved)}"


def _team(before: Team, after: Team) -> Iterator[str]:
    yield from _each("member", before.members, after.members, _member)
    yield from _fields(before, after, besides=("id", "members"))


def _member(before: Any, after: Any) -> Iterator[str]:
    if before.phone != after.phone:
        yield f"phone: {_change(end_of(before.phone), end_of(after.phone))}"
    yield from _fields(before, after, besides=("id", "phone", "name"))


def _fields(before: Any, after: Any, besides: tuple[str, ...] = ()) -> Iterator[str]:
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name not in besides and old != new:
            shown = end_of if field.name == "callback" else _words
            yield f"{field.name.replace('_', ' ')}: {_change(shown(old), shown(new))}"


def _change(old: str, new: str) -> str:
    """Both sides; where a number or address has changed that ends like the one before, that."""
    return f"{old} → {'another that ends alike' if old == new else new}"


def _who(contact: Contact) -> str:
    return f"{contact.organisation} ({contact.id})"


def end_of(address: str) -> str:
    """An address by its end: enough to tell it from another, too little to give it away."""
    return f"…@{address.rpartition('@')[2]}" if "@" in address else f"…{address[-SHOWN:]}"


def _words(value: Any) -> str:
    """A value as somebody would write it in the file."""
    shown: tuple[tuple[type, Callable[[Any], str]], ...] = (
        (bool, lambda yes: "true" if yes else "false"),
        (timedelta, duration_text),
        (Enum, lambda one: str(one.value)),
        (frozenset, lambda many: ", ".join(sorted(map(_words, many))) or "all"),
        (tuple, lambda many: ", ".join(map(_words, many)) or "none"),
        (dict, in_all),
    )
    if value is None:
        return "none"
    for kind, say in shown:
        if isinstance(value, kind):
            return say(value)
    if is_dataclass(value):
        parts = ((field.name, getattr(value, field.name)) for field in fields(value))
        return ", ".join(f"{name.replace('_', ' ')} {_words(part)}" for name, part in parts if part) or "none"
    return str(value)
