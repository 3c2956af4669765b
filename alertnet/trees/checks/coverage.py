"""Levels in which nobody can be reached at some hour of the week, or nobody but by mail that no one reads then."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.directory.coverage import gaps, shown
from alertnet.trees.reading.document import Node
from alertnet.trees.reading.fault import Fault

EVERY_METHOD = frozenset(MethodKind)
HEARD = EVERY_METHOD - {MethodKind.EMAIL}


def uncovered(tree: ContactTree, root: Node, today: date) -> Iterator[Fault]:
    """A line for each level, and for the last resort, at the first such span in the zone of the tree."""
    monday = today - timedelta(days=today.weekday())
    for level, node in zip(tree.levels, root["levels"].entries(), strict=True):
        contacts = [tree.contacts[name] for name in level.notify]
        yield from _gap(contacts, f"level {level.name!r}", node["notify"], tree.timezone, monday)
    last = [tree.contacts[name] for name in tree.last_resort]
    yield from _gap(last, "last_resort", root["last_resort"], tree.timezone, monday)


def _gap(contacts: Sequence[Contact], what: str, node: Node, zone: str, monday: date) -> Iterator[Fault]:
    # Whoever is always there and has no telephone has advice of its own.
    by_hours = any(
        contact.hours and HEARD.intersection(method.kind for method in contact.all_methods) for contact in contacts
    )
    if not by_hours:
        return
    for kinds, who in ((EVERY_METHOD, "nobody"), (HEARD, "nobody but by mail")):
        if spans := gaps(contacts, kinds, zone, monday):
            begins, ends = spans[0]
            more = f", and at {len(spans) - 1} more times of the week" if len(spans) > 1 else ""
            message = f"{who} can be reached in {what} from {shown(begins)} to {shown(ends)} ({zone}){more}"
            yield replace(node.fault(message), value=None)
            return
