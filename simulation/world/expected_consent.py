"""Who may not be told of an incident, worked out independently from the design (A3), to check the program."""

from collections.abc import Iterable

from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.incident import Facts
from simulation.world.cast import phones_of


def why_barred(facts: Facts, trees: Iterable[ContactTree], address: str) -> str | None:
    """Why nothing about the incident may go to that address; None where it may."""
    listed = [(tree, contact) for tree in trees for contact in tree.contacts.values() if address in phones_of(contact)]
    # Where people take turns, the contact's own number is nobody's of ours until the rota is empty.
    is_internal = any(
        (contact.is_coordinator or contact.id in tree.last_resort)
        and not (contact.duty is not None and address in contact.numbers)
        for tree, contact in listed
    )
    consent = min([facts.consent.rank, *(person.consent.rank for person in facts.people if person.consent is not None)])
    excluded = {*facts.exclude, *(name for person in facts.people for name in person.exclude)}
    for _, contact in listed:
        if excluded & {contact.id, contact.organisation, contact.role.value}:
            return f"{contact.id} is excluded"
        if contact.belongs_to is not None and contact.belongs_to == facts.perpetrator.value:
            return f"{contact.id} belongs to the {contact.belongs_to}, the alleged perpetrator"
        if contact.scope.rank > consent and not is_internal:
            return f"{contact.id} is {contact.scope}, which the consent does not cover"
    return None
