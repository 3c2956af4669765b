"""Describes an edit of the trees in words: who is told sooner, later or no more, and all other changes.

Numbers and addresses are shortened to their ends, so that the list can be passed around. Words of the file's own
language (`critical`, `sms`, `true`) are shown unchanged in every language.
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
from alertnet.core.directory.languages import Phrase, Value, in_all, phrase
from alertnet.core.directory.on_call import Duty
from alertnet.core.directory.routine import Routine
from alertnet.core.incident import Severity

SHOWN = 4
"""How many characters of an address are shown."""

NONE = phrase("none")

_NUMBER = re.compile(r"\+[0-9][0-9 -]{5,}[0-9]")


def differences(before: Network, after: Network) -> tuple[Phrase, ...]:
    """A line for each difference, tree by tree and team by team; empty if there is none."""
    return (
        *_each(phrase("tree"), before.trees, after.trees, _tree),
        *_each(phrase("team"), before.teams, after.teams, _team),
        *_moved(before, after),
        *_each(phrase("staff"), before.staff, after.staff, _member),
        *_each(phrase("person"), before.people, after.people, _fields),
    )


def _each(
    what: Phrase,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    compare: Callable[[Any, Any], Iterable[Phrase]],
) -> Iterator[Phrase]:
    """A line for each item that is new or gone, and lines for differences in those in both."""
    for id in sorted({*before, *after}):
        if id not in after:
            yield phrase("{what} {id} is gone", what=what, id=id)
        elif id not in before:
            yield phrase("{what} {id} is new", what=what, id=id)
        elif before[id] != after[id]:
            yield from (phrase("{of}: {line}", of=id, line=line) for line in compare(before[id], after[id]))


def _tree(before: ContactTree, after: ContactTree) -> Iterator[Phrase]:
    yield from _times(before, after)
    yield from _each(phrase("contact"), before.contacts, after.contacts, _contact)
    yield from _levels(before.levels, after.levels)
    yield from _fields(before, after, besides=("id", "contacts", "levels", "calendars"))


def _times(before: ContactTree, after: ContactTree) -> Iterator[Phrase]:
    """Who is told at another time than before, as long as nobody answers."""
    sooner, later = _first_told(before), _first_told(after)
    for id in dict.fromkeys((*later, *sooner)):
        who = _who((after if id in later else before).contacts[id])
        if id not in sooner:
            yield phrase("{who} is told now, {after} after the opening", who=who, after=_words(later[id]))
        elif id not in later:
            was = _words(sooner[id])
            yield phrase("{who} is not told any more (was: {before} after the opening)", who=who, before=was)
        elif sooner[id] != later[id]:
            yield _shifted(who, sooner[id], later[id])


def _shifted(who: str, before: timedelta, after: timedelta) -> Phrase:
    return phrase(
        "{who} is told {by} later ({before} → {after} after the opening)"
        if after > before
        else "{who} is told {by} earlier ({before} → {after} after the opening)",
        who=who,
        by=_words(abs(after - before)),
        before=_words(before),
        after=_words(after),
    )


def _first_told(tree: ContactTree) -> dict[str, timedelta]:
    """How long after the opening each contact of a level is first told if nobody answers."""
    told: dict[str, timedelta] = {}
    for starts_at, level in zip(tree.level_starts, tree.levels, strict=False):
        for id in level.notify:
            told.setdefault(id, starts_at + min(method.after for method in tree.contacts[id].methods))
    return told


def _contact(before: Contact, after: Contact) -> Iterator[Phrase]:
    for name, say in _SAID.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield _change(name, say(old), say(new))
    yield from _fields(before, after, besides=("id", *_SAID))


def _methods(methods: Iterable[Method]) -> Value:
    return tuple(map(_method, methods)) or NONE


def _method(method: Method) -> Phrase:
    said = phrase("{kind} {address}", kind=method.kind.value, address=_shown(method))
    if method.extension:
        said = phrase("{method} extension {digits}", method=said, digits=method.extension)
    if method.after:
        said = phrase("{method} after {delay}", method=said, delay=_words(method.after))
    return phrase("{method} as a relay", method=said) if method.relays else said


def _shown(method: Method) -> str:
    """The address, shortened; for a task its words, with numbers shortened."""
    if method.kind is not MethodKind.TASK:
        return end_of(method.address)
    return f"“{_NUMBER.sub(lambda found: end_of(found[0]), method.address)}”"


def _quiet(spans: Mapping[Severity, Span]) -> Value:
    shown = (f"{severity} {_clock(begins)}-{_clock(ends)}" for severity, (begins, ends) in spans.items())
    return tuple(shown) or NONE


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _ranges(days: Iterable[date]) -> Iterator[str]:
    """The days as in a file; consecutive days as first and last."""
    spans: list[tuple[date, date]] = []
    for day in sorted(days):
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    yield from (str(first) if first == last else f"{first}..{last}" for first, last in spans)


def _duty(duty: Duty | None) -> Value:
    """A rota in words: who takes turns, by name; their numbers are listed with the team."""
    if duty is None:
        return NONE
    who = tuple(officer.id for officer in duty.rota) or phrase("nobody")
    turn = f"{WEEKDAYS[duty.weekday]} {_clock(duty.minute)}"
    said = phrase("{who}, the turn changes {turn}", who=who, turn=turn)
    return phrase("{rota}, since {day}", rota=said, day=str(duty.since)) if duty.since else said


def _routine(routine: Routine) -> Phrase:
    """A routine by its times and days, as in a file."""
    times, days = tuple(map(_clock, routine.times)), tuple(WEEKDAYS[day] for day in routine.days)
    said = phrase("{routine} at {times} on {days}", routine=routine.id, times=times, days=days)
    if routine.members:
        said = phrase("{routine} by {members}", routine=said, members=routine.members)
    return phrase("{routine} with {terms}", routine=said, terms=_words(routine.terms))


_SAID: dict[str, Callable[[Any], Value]] = {
    "methods": _methods,
    "when_closed": _methods,
    "hours": lambda hours: hours.written if hours else phrase("always"),
    "closed": lambda days: tuple(_ranges(days)) or NONE,
    "quiet": _quiet,
    "duty": _duty,
    "pgp": lambda key: phrase("key {digest}", digest=sha256(key.encode()).hexdigest()[:8]) if key else NONE,
}
"""Fields of a contact that have a description of their own."""


def _levels(before: tuple[Level, ...], after: tuple[Level, ...]) -> Iterator[Phrase]:
    old, new = ({level.name: level for level in levels} for levels in (before, after))
    yield from _each(phrase("level"), old, new, lambda one, other: _fields(one, other, besides=("name",)))
    kept = tuple(name for name in old if name in new)
    moved = tuple(name for name in new if name in old)
    if kept != moved:
        yield phrase("the levels come in another order: {before} → {after}", before=kept, after=moved)


def _team(before: Team, after: Team) -> Iterator[Phrase]:
    yield from _each(phrase("member"), before.members, after.members, _member)
    yield from _fields(before, after, besides=("id", "members"))


def _moved(before: Network, after: Network) -> Iterator[Phrase]:
    """Each phone of the field whose member has another team or id now, and so lost its PIN."""
    had, has = (
        {each.phone: f"{team.id}/{each.id}" for team in network.teams.values() for each in team.members.values()}
        for network in (before, after)
    )
    for phone, now in sorted(has.items(), key=lambda each: each[1]):
        if phone in had and now not in had.values():
            yield phrase("{member}, so far {before}, has no PIN until one is set", member=now, before=had[phone])


def _member(before: Any, after: Any) -> Iterator[Phrase]:
    if before.phone != after.phone:
        yield _change("phone", end_of(before.phone), end_of(after.phone))
    yield from _fields(before, after, besides=("id", "phone", "name"))


def _fields(before: Any, after: Any, besides: tuple[str, ...] = ()) -> Iterator[Phrase]:
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name not in besides and old != new:
            shown = end_of if field.name == "callback" else _words
            yield _change(field.name, *(NONE if value is None else shown(value) for value in (old, new)))


def _change(field: str, old: Value, new: Value) -> Phrase:
    """Both values of a field; if two numbers or addresses end alike, it says so."""
    after = phrase("another that ends alike") if old == new else new
    return phrase("{field}: {before} → {after}", field=_label(field), before=old, after=after)


def _label(field: str) -> Phrase:
    return Phrase(field.replace("_", " "))


def _who(contact: Contact) -> str:
    return f"{contact.organisation} ({contact.id})"


def end_of(address: str) -> str:
    """The end of an address: enough to tell it from others, too little to reveal it."""
    return f"…@{address.rpartition('@')[2]}" if "@" in address else f"…{address[-SHOWN:]}"


def _words(value: Any) -> Value:
    """A value as written in the file."""
    shown: tuple[tuple[type, Callable[[Any], Value]], ...] = (
        (bool, lambda yes: "true" if yes else "false"),
        (timedelta, duration_text),
        (Enum, lambda one: str(one.value)),
        (frozenset, lambda many: tuple(sorted(map(str, map(_words, many)))) or phrase("all")),
        (tuple, lambda many: tuple(map(_words, many)) or NONE),
        (Routine, _routine),
        (dict, lambda texts: in_all(texts) if texts else NONE),
    )
    if value is None:
        return NONE
    for kind, say in shown:
        if isinstance(value, kind):
            return say(value)
    if is_dataclass(value):
        parts = ((field.name, getattr(value, field.name)) for field in fields(value))
        said = (phrase("{field} {value}", field=_label(name), value=_words(part)) for name, part in parts if part)
        return tuple(said) or NONE
    return str(value)
