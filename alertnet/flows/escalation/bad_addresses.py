"""Numbers and addresses that turn out to be bad or a stranger's, and are out of use until they let us through (A9)."""

from collections.abc import Iterable
from dataclasses import replace

from alertnet.core.directory.contact import Contact, Method, MethodKind
from alertnet.core.directory.usable_methods import stale_key
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.state import Event, Failed, LetThrough
from alertnet.core.notification import Failure
from alertnet.flows.escalation.escalate import move
from alertnet.flows.notifications.cancel_messages import cancel_to_strangers
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.records.escalations import Escalation


def report_wrong_person(recipient: Recipient, address: str) -> None:
    """Take an address out of use in this incident, and tell the coordinators. It never counts as a decline."""
    locked, events = recipient.locked, dict[str, list[Event]]()
    for escalation in locked.escalations:
        for its_contact in locked.tree(escalation.tree).contacts.values():
            for method_index, method in enumerate(its_contact.all_methods):
                if method.address != address or stale_key(its_contact, method) in escalation.state.stale:
                    continue
                stale = Failure.WRONG_PERSON.stale_kinds(method.kind)
                events.setdefault(escalation.tree, []).append(Failed(its_contact.id, method_index, stale))
    if events:
        locked.record("wrong_person", tree=recipient.tree, contact=recipient.id)
        move(locked, events)
        cancel_to_strangers(locked)
        notify_coordinators(locked, Subject.WRONG_PERSON, recipient.id)


def report_strangers(recipient: Recipient) -> None:
    """Stop using the numbers that a coordinator was shown: a stranger has them, and no machine may write there."""
    numbers = recipient.contact.numbers
    for number in sorted(numbers):
        report_wrong_person(recipient, number)
    if not numbers:
        notify_coordinators(recipient.locked, Subject.WRONG_PERSON, recipient.id)


def bad_addresses(locked: LockedIncident, known_to: LockedIncident) -> dict[str, list[Event]]:
    """The addresses that an incident knows to be bad, as failed methods of each tree here that does not, by tree (B3).

    The same incident may be asked: what was sent for one tree is bad for the others too.
    """
    failed = {each.tree: _failed(locked, each, known_to.stale_in(each.tree)) for each in locked.escalations}
    return {tree: events for tree, events in failed.items() if events}


def _failed(locked: LockedIncident, escalation: Escalation, stale: Iterable[str]) -> list[Event]:
    known, news = {*stale}, {*stale}.difference(escalation.state.stale)
    return [
        Failed(contact.id, method_index, tuple(kind for kind in MethodKind if _key(contact, method, kind) in known))
        for contact in (locked.tree(escalation.tree).contacts.values() if news else ())
        for method_index, method in enumerate(contact.all_methods)
        if stale_key(contact, method) in news
    ]


def take_out_of_use(locked: LockedIncident, known_to: LockedIncident) -> None:
    """Take out of use here the addresses that another incident knows to be bad (A9)."""
    if events := bad_addresses(locked, known_to):
        move(locked, events)
    # What waited to leave for the part goes on as the whole's, which may know more strangers.
    cancel_to_strangers(locked)


def let_through(locked: LockedIncident, number: str) -> None:
    """Use a number for SMS again that had refused them; a number that belongs to a stranger stays out of use."""
    if number not in locked.strangers:
        key = _by_sms(number)
        move(locked, {each.tree: [LetThrough(number)] for each in locked.escalations if key in each.state.stale})


def let_through_meanwhile(locked: LockedIncident, known_to: LockedIncident) -> dict[str, list[Event]]:
    """The numbers that accept our SMS again in another incident where they were out of use too."""
    known = {
        number
        for each in known_to.escalations
        for its in known_to.tree(each.tree).contacts.values()
        for number in its.numbers
    }
    back = sorted(number for number in known if _by_sms(number) not in known_to.stale)
    return {
        each.tree: [LetThrough(number) for number in back if _by_sms(number) in each.state.stale]
        for each in locked.escalations
    }


def _by_sms(number: str) -> str:
    return f"{MethodKind.SMS}:{number}"


def _key(contact: Contact, method: Method, kind: MethodKind) -> str:
    return stale_key(contact, replace(method, kind=kind))
