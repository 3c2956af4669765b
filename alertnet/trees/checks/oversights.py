"""Finds what has no effect in a contact tree, and what was probably forgotten."""

from collections.abc import Iterator, Sequence
from datetime import date

from alertnet.core.directory.contact import ABROAD, Contact
from alertnet.core.directory.contact_tree import ContactTree, Network, Then
from alertnet.core.directory.languages import phrase
from alertnet.core.incident import Scope, Severity, narrowest
from alertnet.trees.checks.references import TreeNodes
from alertnet.trees.reading.document import Joined, Node
from alertnet.trees.reading.fault import Fault

Placed = tuple[ContactTree, TreeNodes]
"""A tree, and where all of it stands in the files."""


def oversights(trees: Sequence[Placed], network: Network, field: Joined, today: date) -> Iterator[Fault]:
    """A finding for each such thing, at its place."""
    all_told = {_where(tree, id) for tree, _ in trees for id in told(tree)}
    for tree, nodes in trees:
        for id, contact in tree.contacts.items():
            node = nodes.contacts[id]
            if _where(tree, id) not in all_told:
                yield node.fault_here(phrase("no level tells it, it is nobody's deputy and no last resort"))
            yield from _of_contact(tree, contact, node, today)
        for index, (level, node) in enumerate(zip(tree.levels, nodes.root["levels"].entries(), strict=True)):
            if level.action_due and _goes_on(tree, index):
                yield node["action_due"].fault_here(
                    phrase("no action is waited for where a later level is told, since the tree goes on (then: next)")
                )
            by_nation = level.when.nationality
            if by_nation and not any(tree.contacts[id].represents for id in level.notify):
                message = phrase(
                    "nobody in this level represents a country, so it tells the same people whoever is affected:"
                )
                yield node["when"]["nationality"].fault(message)
    yield from _reaching_nobody(network, field)


def _reaching_nobody(network: Network, field: Joined) -> Iterator[Fault]:
    """Standing consents of teams by which nobody hears more than where consent is internal."""
    for id, node in field["teams"].items():
        given, serving = network.teams[id].consent, network.serving(network.teams[id].country)
        others = [
            tree.contacts[each] for tree in serving for each in told(tree) if not tree.is_own(tree.contacts[each])
        ]
        if others:
            nearest = narrowest([contact.scope for contact in others])
            if Scope.INTERNAL.rank < given.rank < nearest.rank:
                code = f"C{nearest.rank}"
                message = phrase(
                    "unless a report says {code}, nobody but coordinators and last resort hears of it:", code=code
                )
                yield node["consent"].fault(message)


def _goes_on(tree: ContactTree, index: int) -> bool:
    """Whether levels after this one may ask somebody although it is satisfied."""
    level, later = tree.levels[index], tree.levels[index + 1 :]
    goes_on = level.then is Then.NEXT or (
        level.then is None and all(tree.contacts[id].is_coordinator for id in level.notify)
    )
    return goes_on and any(tree.contacts[id].answers for each in later for id in each.notify)


def _where(tree: ContactTree, id: str) -> tuple[str, str]:
    """The identity of a contact: the same for all trees that include it from one file."""
    return tree.contacts[id].included_from or f"tree {tree.id}", id


def told(tree: ContactTree) -> set[str]:
    """The contacts named by a level or the last resort, and deputies."""
    named = {id for level in tree.levels for id in level.notify} | set(tree.last_resort)
    return named | {contact.deputy for contact in tree.contacts.values() if contact.deputy is not None}


def _of_contact(tree: ContactTree, contact: Contact, node: Node, today: date) -> Iterator[Fault]:
    if contact.is_coordinator and Severity.CRITICAL in contact.quiet:
        message = phrase("a coordinator whom nothing critical rings at these hours; alarms do all the same")
        yield node["quiet"].fault_here(message)
    if contact.verified is not None and contact.verified > today:
        yield node["verified"].fault(phrase("nobody has tried these numbers yet on that day:"))
    yield from _scope_ignored(tree, contact, node["scope"])


def _scope_ignored(tree: ContactTree, contact: Contact, scope: Node) -> Iterator[Fault]:
    if not isinstance(scope.value, str) or scope.value == contact.scope.value:
        return
    if tree.is_own(contact):
        yield scope.fault(phrase("is ignored: coordinators and last resort are told whatever the consent:"))
    elif contact.role in ABROAD:
        yield scope.fault(
            phrase("is ignored: what a contact with role {role} hears leaves the country:", role=contact.role.value)
        )
