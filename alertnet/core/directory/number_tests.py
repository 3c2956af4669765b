"""Which contacts' numbers are tested, by which methods: each address once, and outsiders only if they agreed (B7)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from alertnet.core.codec import replace
from alertnet.core.directory.contact import Contact, Method, MethodKind
from alertnet.core.directory.contact_tree import Named, Network

SATURDAY = 5
BEGINS, ENDS = 10, 16
"""The hours of the day between which a test disturbs nobody."""
_BEST_FIRST = (MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL)
"""A number for both texts and calls is tested by the method that disturbs less."""


def testable(network: Network) -> Iterator[Named]:
    """All contacts that may be tested, with their trees; those whose addresses all occurred before are left out."""
    seen: set[str] = set()
    for tree in network.in_order:
        for contact in tree.contacts.values():
            if tree.exercises(contact) and tests_of(contact) and not contact.addresses <= seen:
                seen |= contact.addresses
                yield tree.id, contact


def tests_of(contact: Contact) -> tuple[Method, ...]:
    """The methods to test for a contact: one for each of its numbers and addresses.

    A number that can't answer an SMS is called instead.
    """
    ranked = [_answerable(method) for method in contact.at_hand if method.kind in _BEST_FIRST]
    ranked.sort(key=lambda method: _BEST_FIRST.index(method.kind))
    return tuple({method.address: method for method in reversed(ranked)}.values())[::-1]


def _answerable(method: Method) -> Method:
    is_mute = method.kind is MethodKind.SMS and not method.replies
    return replace(method, kind=MethodKind.CALL) if is_mute else method


def is_daytime(contact: Contact, now: datetime) -> bool:
    """Whether a test disturbs nobody where the contact is: in the daytime of a working day."""
    there = now.astimezone(ZoneInfo(contact.timezone))
    return there.weekday() < SATURDAY and BEGINS <= there.hour < ENDS


def pick(candidates: Sequence[Named], number: int) -> Named:
    return candidates[number % len(candidates)]
