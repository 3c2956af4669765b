"""Who of a tree hears of an incident, and why the others don't: A3 and B1, read a second time from the design alone.

Of the program it takes the plain values of trees and incidents, and nothing that decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from alertnet.core.directory.contact import Contact, Role
from alertnet.core.directory.contact_tree import ContactTree, Level
from alertnet.core.directory.when import EVERY_INCIDENT, When
from alertnet.core.incident import Facts, Perpetrator, Scope, Severity

REASONS = (
    *("consent", "excluded", "perpetrator", "involved"),
    *("place", "organisation", "nationality", "severity", "type", "drill"),
)
"""Why somebody is left out; of several the first counts."""

LeftOut = tuple[str, str | None, str, str]
"""Tree, level (None: last resort), contact, reason."""


@dataclass(frozen=True)
class Cast:
    """Those of a level who are told, and those who may stand in for them."""

    told: tuple[str, ...]
    deputies: frozenset[str]


@dataclass(frozen=True)
class Go:
    """A level that coordinators are asked about; `proceeds_after` None: it never opens by itself."""

    proceeds_after: timedelta | None


@dataclass(frozen=True)
class Who:
    """The reading of one incident on the trees that serve it."""

    facts: Facts
    trees: tuple[ContactTree, ...]

    def tree(self, id: str) -> ContactTree:
        """The tree of that id."""
        return next(each for each in self.trees if each.id == id)

    def why_not(self, tree: ContactTree, contact: Contact, when: When = EVERY_INCIDENT) -> str | None:
        """The reason why that contact is not told by a level for such incidents; None: it is."""
        reasons = {*self._barred(tree, contact), *self._not_meant(contact, when)}
        if self.facts.drill and not (contact.drills or self._decides(tree, contact)):
            reasons.add("drill")
        return next((each for each in REASONS if each in reasons), None)

    def cast(self, tree: ContactTree, names: tuple[str, ...], when: When = EVERY_INCIDENT) -> Cast:
        """Of those that a level or last resort names; in the place of whoever is involved its first deputy stands."""
        told: list[str] = []
        for id in names:
            why = self.why_not(tree, tree.contacts[id], when)
            if why is None:
                told.append(id)
            elif why == "involved":
                told += [each for each in chain(tree, id) if not self.why_not(tree, tree.contacts[each], when)][:1]
        deputies = [each for id in names for each in chain(tree, id)]
        able = [each for each in deputies if self.why_not(tree, tree.contacts[each], when) is None]
        return Cast(tuple(dict.fromkeys(told)), frozenset(able))

    def left_out(self, tree: ContactTree) -> set[LeftOut]:
        """All whom a level, a deputy or last resort names, and who are not told."""
        lists = [
            *((each.name, each.notify, each.when) for each in tree.levels),
            (None, tree.last_resort, EVERY_INCIDENT),
        ]
        named = ((level, id, when) for level, ids, when in lists for each in ids for id in (each, *chain(tree, each)))
        reasons = ((level, id, self.why_not(tree, tree.contacts[id], when)) for level, id, when in named)
        return {(tree.id, level, id, reason) for level, id, reason in reasons if reason is not None}

    def go_for(self, tree: ContactTree, level: Level, cast: Cast) -> Go | None:
        """Whether coordinators are asked before that level opens: the longest of the waits that it has."""
        facts, reached = self.facts, [tree.contacts[id] for id in (*cast.told, *cast.deputies)]
        needs, waits = level.needs_go, list[timedelta | None]()
        if needs is not None and facts.severity not in needs.unless_severity:
            waits.append(needs.proceed_after)
        represent = any(each.represents and not each.priority for each in reached)
        if level.when.nationality and represent and self._unknown_nation() and facts.severity is not Severity.CRITICAL:
            own = needs.proceed_after if needs is not None else None
            waits.append(level.wait if own is None else own)
        of_the_state = any(each.role in (Role.AUTHORITY, Role.MINISTRY) for each in reached)
        if tree.ask_if_unknown_perpetrator and of_the_state and facts.perpetrator is Perpetrator.UNKNOWN:
            waits.append(None)
        if any(each.scope is Scope.PUBLIC and not self._is_internal(tree, each) for each in reached):
            waits.append(None)
        known = [each for each in waits if each is not None]
        return Go(max(known) if len(known) == len(waits) else None) if waits else None

    def _barred(self, tree: ContactTree, contact: Contact) -> Iterator[str]:
        """A3: by any address, whoever lists it; but a number of those who decide is theirs, whatever consent says.

        So it is, too, where they only pass on what is for somebody who is left out.
        """
        yield from self._own_bars(tree, contact)
        internal = {address for its, each in self._all() if self._decides(its, each) for address in each.addresses}
        for its, other in self._all():
            shared = other.addresses & contact.addresses
            own = {method.address for method in other.all_methods if not method.relays}
            for reason in self._own_bars(its, other) if shared else ():
                if shared - (internal if reason == "consent" else internal - own):
                    yield reason

    def _own_bars(self, tree: ContactTree, contact: Contact) -> Iterator[str]:
        facts = self.facts
        scopes = [facts.consent, *(person.consent for person in facts.people if person.consent is not None)]
        if not self._is_internal(tree, contact) and contact.scope.rank > min(scope.rank for scope in scopes):
            yield "consent"
        spared = {*facts.exclude, *(name for person in facts.people for name in person.exclude)}
        if spared & {contact.id, contact.organisation, contact.role.value}:
            yield "excluded"
        if contact.belongs_to is not None and contact.belongs_to == facts.perpetrator.value:
            yield "perpetrator"
        if facts.raised_from in contact.numbers or contact.id in [person.contact for person in facts.people]:
            yield "involved"

    def _not_meant(self, contact: Contact, when: When) -> Iterator[str]:
        facts = self.facts
        if not (is_at(facts.place, when.place) and is_at(facts.place, contact.when.place)):
            yield "place"
        concerned = {person.organisation for person in facts.people}
        if any(asked and not asked & concerned for asked in (when.organisation, contact.when.organisation)):
            yield "organisation"
        foreign = contact.represents is not None and not contact.priority and not self._unknown_nation()
        if when.nationality and foreign and contact.represents not in [each.nationality for each in facts.people]:
            yield "nationality"
        if when.severity and facts.severity not in when.severity:
            yield "severity"
        if when.type and facts.type not in when.type:
            yield "type"

    def _unknown_nation(self) -> bool:
        return not self.facts.people or any(person.nationality is None for person in self.facts.people)

    def _decides(self, tree: ContactTree, contact: Contact) -> bool:
        return contact.role is Role.COORDINATOR or contact.id in tree.last_resort

    def _is_internal(self, tree: ContactTree, contact: Contact) -> bool:
        """Coordinators and last resort, and whoever can be reached at their numbers alone."""
        theirs = {address for its, each in self._all() if self._decides(its, each) for address in each.addresses}
        return self._decides(tree, contact) or (bool(contact.addresses) and contact.addresses <= theirs)

    def _all(self) -> Iterator[tuple[ContactTree, Contact]]:
        return ((tree, contact) for tree in self.trees for contact in tree.contacts.values())


def chain(tree: ContactTree, id: str) -> list[str]:
    """The deputy of a contact, the deputy's deputy and so on, each once."""
    found: list[str] = []
    deputy = tree.contacts[id].deputy
    while deputy is not None and deputy not in (id, *found):
        found.append(deputy)
        deputy = tree.contacts[deputy].deputy
    return found


def is_at(place: str | None, codes: frozenset[str]) -> bool:
    """Whether the place may be one of those; no place, and one in words, may be any."""
    if not codes or place is None or " " in place:
        return True
    return any(place.startswith(code[:-1]) if code.endswith("*") else place == code for code in codes)
