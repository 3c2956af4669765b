"""Finds times at which nobody can be reached: in a level, or a contact that is closed for a whole week."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from alertnet.core.directory.availability import OPENS_WITHIN, Hours, Times
from alertnet.core.directory.contact import RINGING, Contact, MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.directory.coverage import gaps, shown
from alertnet.core.directory.languages import Phrase, as_written, phrase
from alertnet.core.incident import Severity
from alertnet.trees.reading.document import Node
from alertnet.trees.reading.fault import Fault

EVERY_METHOD = frozenset(MethodKind)
HEARD = EVERY_METHOD - {MethodKind.EMAIL}


def uncovered(tree: ContactTree, root: Node, today: date) -> Iterator[Fault]:
    """A finding per level, and for the last resort, at the first such span in the tree's time zone."""
    monday = today - timedelta(days=today.weekday())
    for level, node in zip(tree.levels, root["levels"].entries(), strict=True):
        contacts = [tree.contacts[name] for name in level.notify]
        yield from _gap(contacts, phrase("level {name}", name=repr(level.name)), node["notify"], tree.timezone, monday)
    last = [tree.contacts[name] for name in tree.last_resort]
    yield from _gap(last, as_written("last_resort"), root["last_resort"], tree.timezone, monday)


Days = tuple[Hours | None, frozenset[date], tuple[str, ...]]
"""What decides on which days a contact opens; many contacts have the same."""


def long_closed(
    tree: ContactTree, contacts: Mapping[str, Node], today: date, known: dict[Days, date | None]
) -> Iterator[Fault]:
    """A finding per contact that is closed for 7 days in a row within a year; a level does not wait that long for it.

    `contacts`: the place of each in its file. `known`: results shared by contacts with the same `Days`.
    """
    for id, contact in tree.contacts.items():
        kinds = {method.kind for method in contact.methods} - {MethodKind.EMAIL}
        has_times = contact.hours or contact.closed or contact.holidays
        if not (kinds and has_times and contact.hold) or RINGING & {method.kind for method in contact.when_closed}:
            continue
        days = (contact.hours, contact.closed, contact.holidays)
        if days not in known:
            known[days] = _week_closed(tree.times(contact, Severity.CRITICAL), today)
        if (first := known[days]) is not None:
            message = phrase(
                "opens on no day from {first} to {last}, and is not waited for so long: "
                "write when_closed, or hold: false",
                first=str(first),
                last=str(first + timedelta(days=OPENS_WITHIN.days - 1)),
            )
            yield contacts[id].fault_here(message)


def _week_closed(times: Times, today: date) -> date | None:
    """The first day of 7 closed ones in a row within a year; None where there are none."""
    open_before = today - timedelta(days=1)
    while open_before < today + timedelta(days=366):
        # Search backwards: what opens on a weekday mostly opens a week later too.
        week = (open_before + timedelta(days=days) for days in range(OPENS_WITHIN.days, 0, -1))
        opens = next(filter(times.open_on, week), None)
        if opens is None:
            return open_before + timedelta(days=1)
        open_before = opens
    return None


def _gap(contacts: Sequence[Contact], what: Phrase, node: Node, zone: str, monday: date) -> Iterator[Fault]:
    # Levels whose contacts have no hours, or no phone, get other advice.
    by_hours = any(
        contact.hours and HEARD.intersection(method.kind for method in contact.all_methods) for contact in contacts
    )
    if not by_hours:
        return
    for kinds in (EVERY_METHOD, HEARD):
        if spans := gaps(contacts, kinds, zone, monday):
            begins, ends = spans[0]
            message = phrase(
                "nobody can be reached in {what} from {begins} to {ends} ({zone})"
                if kinds is EVERY_METHOD
                else "nobody but by mail can be reached in {what} from {begins} to {ends} ({zone})",
                what=what,
                begins=shown(begins),
                ends=shown(ends),
                zone=zone,
            )
            if len(spans) > 1:
                message = phrase(
                    "{message}, and at {count} more times of the week", message=message, count=len(spans) - 1
                )
            yield node.fault_here(message)
            return
