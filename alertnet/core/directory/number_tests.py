"""Whose numbers are tried before the night, and by which methods: each address once, and no outsider unasked (B7)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from alertnet.core.directory.contact import Contact, Method, MethodKind
from alertnet.core.directory.contact_tree import Named, Network

SATURDAY = 5
BEGINS, ENDS = 10, 16
"""Hours of the day between which nobody minds a test."""
_BEST_FIRST = (MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL)
"""A number that takes texts and calls is tried by the one that disturbs less."""


def testable(network: Network) -> Iterator[Named]:
    """Every contact that may be sent a test, with its tree; one with no number or address of its own is elsewhere."""
    seen: set[str] = set()
    for tree in network.in_order:
        for contact in tree.contacts.values():
            if tree.exercises(contact) and tests_of(contact) and not contact.addresses <= seen:
                seen |= contact.addresses
                yield tree.id, contact


def tests_of(contact: Contact) -> tuple[Method, ...]:
    """The methods that a contact is tried by: one for each of its numbers and addresses.

    Where no SMS can be answered from, a number is called instead.
    """
    ranked = [_answerable(method) for method in contact.at_hand if method.kind in _BEST_FIRST]
    ranked.sort(key=lambda method: _BEST_FIRST.index(method.kind))
    return tuple({method.address: method for method in reversed(ranked)}.values())[::-1]


def _answerable(method: Method) -> Method:
    is_mute = method.kind is MethodKind.SMS and not method.replies
    return replace(method, kind=MethodKind.CALL) if is_mute else method


def is_daytime(contact: Contact, now: datetime) -> bool:
    """Whether a test disturbs nobody where the contact is: by day, on a working day."""
    there = now.astimezone(ZoneInfo(contact.timezone))
    return there.weekday() < SATURDAY and BEGINS <= there.hour < ENDS


def pick(candidates: Sequence[Named], number: int) -> Named:
    """One of them, by a random number."""
    return candidates[number % len(candidates)]
