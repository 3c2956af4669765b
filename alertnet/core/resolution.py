"""Who must hear of an incident: each tree's levels after consent, exclusion, the perpetrator and `when` have pruned them (B1)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from alertnet.core.contact import Contact
from alertnet.core.contact_tree import ContactTree, Level, Then, When
from alertnet.core.gate import Gate, gate_of, nationality_unknown
from alertnet.core.incident import Facts, Scope, Severity, narrowest


class Reason(StrEnum):
    """Why a contact is not told; where several hold, the first in this order is given."""

    CONSENT = "consent"
    EXCLUDED = "excluded"
    PERPETRATOR = "perpetrator"
    INVOLVED = "involved"
    NATIONALITY = "nationality"
    SEVERITY = "severity"
    TYPE = "type"
    REFUSED = "refused"
    DRILL = "drill"


BINDING = frozenset({Reason.CONSENT, Reason.EXCLUDED, Reason.PERPETRATOR, Reason.INVOLVED})
"""These hold for every address of the contact, whoever else lists it (A3)."""


@dataclass(frozen=True)
class Pruned:
    """A contact that a level, deputy or last resort names and that is not told. `level` None: last resort."""

    tree: str
    level: str | None
    contact: str
    reason: Reason


@dataclass(frozen=True)
class PlannedLevel:
    """A level of the tree with the contacts that are left; `index` is its place in the tree."""

    index: int
    level: Level
    contacts: tuple[str, ...]
    gate: Gate | None
    coordination: bool
    """Whether only coordinators are told: such levels run unverified, and for ever."""

    @property
    def then(self) -> Then:
        """What its satisfied rule does: as written, else next where all are coordinators."""
        return self.level.then or (Then.NEXT if self.coordination else Then.STOP)


@dataclass(frozen=True)
class Plan:
    """A tree as it applies to one incident, now."""

    tree: ContactTree
    severity: Severity
    verified: bool
    levels: tuple[PlannedLevel, ...]
    last_resort: tuple[str, ...]
    allowed: frozenset[str]
    """Contact ids that may be told at all: deputies are taken from these."""
    pruned: tuple[Pruned, ...]

    @property
    def reaches_nobody(self) -> bool:
        """Whether no level is left with anybody: such a tree opens no escalation."""
        return not any(level.contacts for level in self.levels)


def consent_of(facts: Facts) -> Scope:
    """The narrowest of the incident's consent and that of its people; consent recorded nowhere narrows nothing."""
    return narrowest([facts.consent, *(person.consent for person in facts.people if person.consent is not None)])


def resolve(facts: Facts, trees: Iterable[ContactTree]) -> tuple[Plan, ...]:
    """One plan for each tree, in the order given; those that reach nobody are among them, with what was pruned.

    The trees are judged together, since a contact that is barred in one is barred by all its addresses in every other.
    """
    everywhere = tuple(trees)
    barred = _barred(facts, everywhere)
    plans = (_plan(facts, tree, barred) for tree in everywhere)
    return tuple(plan if plan.tree.serves(facts.country) else _for_last_resort_alone(plan) for plan in plans)


def may_be_told(facts: Facts, trees: Iterable[ContactTree], address: str) -> Reason | None:
    """The reason why nothing may go to that address now, or None: asked again at the moment of sending (A3)."""
    return _barred(facts, tuple(trees)).get(address)


def unmatched_exclusions(names: Iterable[str], trees: Iterable[ContactTree]) -> tuple[str, ...]:
    """Names to exclude that are no contact's id, organisation or role: a slip there would tell whom it meant to spare."""
    known = {name for tree in trees for contact in tree.contacts.values() for name in _names(contact)}
    return tuple(name for name in names if name not in known)


def _names(contact: Contact) -> tuple[str, str, str]:
    return contact.id, contact.organisation, contact.role.value


def _barred(facts: Facts, trees: tuple[ContactTree, ...]) -> dict[str, Reason]:
    internal = {
        address
        for tree in trees
        for contact in tree.contacts.values()
        if contact.is_coordinator or contact.id in tree.last_resort
        for address in contact.addresses
    }
    barred: dict[str, Reason] = {}
    order = list(Reason)
    for tree in trees:
        for contact in tree.contacts.values():
            reason = _bar(facts, contact, bool(contact.addresses & internal))
            if reason is not None:
                for key in _keys(tree, contact):
                    barred[key] = min(reason, barred.get(key, reason), key=order.index)
    return barred


def _bar(facts: Facts, contact: Contact, internal: bool) -> Reason | None:
    scope = Scope.INTERNAL if internal else contact.scope
    excluded = {*facts.exclude, *(name for person in facts.people for name in person.exclude)}
    if not consent_of(facts).allows(scope):
        return Reason.CONSENT
    if excluded.intersection(_names(contact)):
        return Reason.EXCLUDED
    if contact.belongs_to is not None and contact.belongs_to == facts.perpetrator.value:
        return Reason.PERPETRATOR
    if facts.raised_from in contact.numbers or any(person.contact == contact.id for person in facts.people):
        return Reason.INVOLVED
    return None


def _plan(facts: Facts, tree: ContactTree, barred: dict[str, Reason]) -> Plan:
    bars = {
        contact.id: _reason_barred(tree, contact, barred)
        or (Reason.DRILL if facts.drill and not _drills(tree, contact) else None)
        for contact in tree.contacts.values()
    }
    pruned: list[Pruned] = []
    levels = []
    for index, level in enumerate(tree.levels):
        told: list[str] = []
        for id in level.notify:
            reason = _reason(facts, tree.contacts[id], level.when, bars[id])
            if reason is None:
                told.append(id)
                continue
            pruned.append(Pruned(tree.id, level.name, id, reason))
            if reason is Reason.INVOLVED and (stand_in := _stand_in(facts, tree, id, level.when, bars)):
                told.append(stand_in)
        contacts = tuple(dict.fromkeys(told))
        coordination = all(tree.contacts[id].is_coordinator for id in level.notify)
        levels.append(PlannedLevel(index, level, contacts, gate_of(facts, tree, level, contacts), coordination))
    pruned += [Pruned(tree.id, None, id, bar) for id in tree.last_resort if (bar := bars[id])]
    return Plan(
        tree=tree,
        severity=facts.severity,
        verified=facts.verified,
        levels=tuple(levels),
        last_resort=tuple(id for id in tree.last_resort if not bars[id]),
        allowed=frozenset(id for id, bar in bars.items() if bar is None),
        pruned=tuple(pruned),
    )


def _for_last_resort_alone(plan: Plan) -> Plan:
    """A tree of another country: it lends its last resort where nobody else may be told (A2)."""
    return replace(plan, levels=(), pruned=())


def _keys(tree: ContactTree, contact: Contact) -> tuple[str, ...]:
    """What bars a contact: any of its addresses, or itself where it has none."""
    return f"{tree.id}/{contact.id}", *contact.addresses


def _reason_barred(tree: ContactTree, contact: Contact, barred: dict[str, Reason]) -> Reason | None:
    reasons = [barred[key] for key in _keys(tree, contact) if key in barred]
    return min(reasons, key=list(Reason).index) if reasons else None


def _drills(tree: ContactTree, contact: Contact) -> bool:
    return contact.drills or contact.is_coordinator or contact.id in tree.last_resort


def _reason(facts: Facts, contact: Contact, when: When, bar: Reason | None) -> Reason | None:
    if bar is not None and bar is not Reason.DRILL:
        return bar
    if when.nationality and _is_of_another_nation(facts, contact):
        return Reason.NATIONALITY
    if when.severity and facts.severity not in when.severity:
        return Reason.SEVERITY
    if when.type and facts.type not in when.type:
        return Reason.TYPE
    return bar


def _is_of_another_nation(facts: Facts, contact: Contact) -> bool:
    if contact.represents is None or contact.priority or nationality_unknown(facts):
        return False
    return contact.represents not in {person.nationality for person in facts.people}


def _stand_in(facts: Facts, tree: ContactTree, id: str, when: When, bars: dict[str, Reason | None]) -> str | None:
    """The first deputy in the chain that may be told in place of a contact who is involved."""
    seen = {id}
    deputy = tree.contacts[id].deputy
    while deputy is not None and deputy not in seen:
        if _reason(facts, tree.contacts[deputy], when, bars[deputy]) is None:
            return deputy
        seen.add(deputy)
        deputy = tree.contacts[deputy].deputy
    return None
