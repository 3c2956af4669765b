"""Who may not be told of an incident at all, by any address and whoever lists it, and why (A3)."""

from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property

from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.incident import Facts, Scope, consent_of


class Reason(StrEnum):
    """Why a contact is not told; of several reasons the first in this order is given."""

    CONSENT = "consent"
    EXCLUDED = "excluded"
    PERPETRATOR = "perpetrator"
    INVOLVED = "involved"
    PLACE = "place"
    ORGANISATION = "organisation"
    NATIONALITY = "nationality"
    SEVERITY = "severity"
    TYPE = "type"
    REFUSED = "refused"
    DRILL = "drill"


BINDING = frozenset({Reason.CONSENT, Reason.EXCLUDED, Reason.PERPETRATOR, Reason.INVOLVED})
"""Reasons that hold for every address of the contact, whoever else lists it (A3)."""

DISCREDITING = frozenset({Reason.EXCLUDED, Reason.PERPETRATOR, Reason.INVOLVED})
"""Reasons that void the contact's answers, whenever it gave them."""

_ORDER = {reason: place for place, reason in enumerate(Reason)}


def names_of(contact: Contact) -> tuple[str, str, str]:
    """The names by which a contact can be excluded: its id, organisation and role."""
    return contact.id, contact.organisation, contact.role.value


class Bars:
    """The contacts and addresses that may not be told at all, whoever lists them, and why."""

    def __init__(self, facts: Facts, trees: tuple[ContactTree, ...]) -> None:
        self.facts = facts
        self.trees = trees
        self.consent = consent_of(facts)
        self.excluded = {*facts.exclude, *(name for person in facts.people for name in person.exclude)}
        self.involved = {person.contact for person in facts.people}
        self.accused = {facts.perpetrator, *facts.also_accused}
        self.raised_from = {facts.raised_from, *facts.also_from}
        self.internal = {
            address
            for tree in trees
            for contact in tree.contacts.values()
            if tree.is_own(contact)
            for address in contact.addresses
        }
        self.contacts: dict[tuple[str | None, str], Reason] = {}
        self.addresses: dict[str, Reason] = {}
        self._discredited: set[tuple[str, str] | str] = set()
        for tree in trees:
            for contact in tree.contacts.values():
                for reason in self._reasons(tree, contact):
                    self.contacts.setdefault((tree.id, contact.id), reason)
                    for each in contact.at_all_times:
                        self._bar_addresses(each, reason)
                    if reason in DISCREDITING:
                        self._discredited.add((tree.id, contact.id))

    @cached_property
    def _current(self) -> set[str]:
        contacts = (contact for tree in self.trees for contact in tree.contacts.values())
        return {address for contact in contacts if not contact.former for address in contact.addresses}

    def of(self, tree: ContactTree, contact: Contact) -> Reason | None:
        """Why the contact may not be told: its own reason, or that of another contact with one of its addresses."""
        reasons = [self.addresses[address] for address in contact.addresses if address in self.addresses]
        if (own := self.contacts.get((tree.id, contact.id))) is not None:
            reasons.append(own)
        return min(reasons, key=_ORDER.__getitem__, default=None)

    def discredit(self, tree: ContactTree, contact: Contact) -> bool:
        """Whether the contact's answers count for nothing, whatever else bars it.

        That a phone which only relays to it relays to another as well says nothing about it.
        """
        own = (method.address for method in contact.own_methods)
        return not self._discredited.isdisjoint(((tree.id, contact.id), *own))

    def scope_of(self, tree: ContactTree, contact: Contact) -> Scope:
        """The effective scope: our own people are internal, whatever is written."""
        shared = bool(contact.addresses) and contact.addresses <= self.internal
        return Scope.INTERNAL if tree.is_own(contact) or shared else contact.scope

    def _reasons(self, tree: ContactTree, contact: Contact) -> Iterator[Reason]:
        """All reasons, in their order; only consent spares an address that is also a coordinator's."""
        if not self.consent.allows(self.scope_of(tree, contact)):
            yield Reason.CONSENT
        if self.excluded.intersection(names_of(contact)):
            yield Reason.EXCLUDED
        if contact.belongs_to in self.accused:
            yield Reason.PERPETRATOR
        if not self.raised_from.isdisjoint(contact.numbers) or contact.id in self.involved:
            yield Reason.INVOLVED

    def _bar_addresses(self, contact: Contact, reason: Reason) -> None:
        own = {method.address for method in contact.own_methods}
        for address in contact.addresses:
            # A number of the coordinators stays theirs, even if a contact abroad lists it or is reached through it.
            if address in self.internal and (reason is Reason.CONSENT or address not in own):
                continue
            # A reason for a former contact says nothing about who has the number now.
            if contact.former and address in self._current:
                continue
            self.addresses[address] = min(reason, self.addresses.get(address, reason), key=_ORDER.__getitem__)
            if reason in DISCREDITING:
                self._discredited.add(address)
