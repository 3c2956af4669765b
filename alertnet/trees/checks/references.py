"""Checks across forms: names that lead nowhere, circles, duplicates, and countries without a coordinator.

It reads documents, not filled-in forms, so that these faults are also found in files whose forms have faults.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any

from alertnet.core.codec import value
from alertnet.core.directory.contact import Role
from alertnet.core.directory.contact_tree import EVERYWHERE
from alertnet.core.directory.languages import Phrase, phrase
from alertnet.core.directory.on_call import STAFF
from alertnet.trees.reading.document import Document, Joined, Node
from alertnet.trees.reading.fault import Fault, shortened


@value
class TreeNodes:
    """The root of a tree's file, and all contacts of the tree, its own and included ones.

    Two are equal if they were read from the same documents.
    """

    documents: tuple[Document, ...]
    root: Node = field(compare=False)
    contacts: Mapping[str, Node] = field(compare=False)

    @classmethod
    def of(cls, tree: Document, contacts: Mapping[str, Node]) -> "TreeNodes":
        documents = dict.fromkeys([tree, *(contact.document for contact in contacts.values())])
        return cls(tuple(documents), tree.root, contacts)

    def told(self, level: Node) -> Iterator[tuple[str, Node]]:
        """The contacts that a level names by id, role or group; unknown names are left out."""
        yield from ((id, name) for name in level["notify"].texts() for id in self.meant.get(name.value, ()))

    @cached_property
    def meant(self) -> dict[str, list[str]]:
        """The contacts behind each name: an id, `role:embassy` or `group:eu`."""
        meant = {id: [id] for id in self.contacts}
        for id, contact in self.contacts.items():
            groups = [f"group:{group}" for group in contact.words("groups")]
            for name in (f"role:{contact.get('role')}", *groups):
                meant.setdefault(name, []).append(id)
        return meant

    def said(self, contact: Node, key: str) -> Node:
        """The contact's own value for the key, else its role's default."""
        return contact[key] if contact.get(key) is not None else self.root["defaults"][str(contact.get("role"))][key]


def tree_faults(nodes: TreeNodes) -> tuple[Fault, ...]:
    """The faults inside one tree; cached with its documents."""
    tree, *included = nodes.documents
    return tree.keep("faults", included, lambda: tuple(_tree_faults(nodes)))


def _tree_faults(nodes: TreeNodes) -> Iterator[Fault]:
    tree, known = nodes.root, tuple(nodes.contacts)
    yield from _doubled(phrase("level name"), (level["name"] for level in tree["levels"].entries()))
    for level in tree["levels"].entries():
        yield from _notify_faults(level, nodes)
        yield from _unreachable_quota(level, nodes)
        yield from _beside_campaigners(level, nodes)
    yield from _listed_faults(tree["last_resort"], known)
    yield from _conditional_last_resort(nodes)
    yield from deputy_faults(tree["contacts"], known)
    yield from _never_closed(nodes)
    yield from _awaited_in_vain(nodes)


def field_faults(field: Joined) -> Iterator[Fault]:
    """The faults inside the field's files. A member is recognised by phone, so no two may share one."""
    for what, key in ((phrase("team"), "teams"), (phrase("staff"), "staff"), (phrase("person"), "people")):
        yield from _doubled_ids(what, field[key])
    yield from _doubled(phrase("phone"), (member["phone"] for _, _, member in _officers(field)))
    for _, team in field["teams"].items():
        known = tuple(id for id, _ in team["members"].items())
        for name in (name for _, routine in team["routines"].items() for name in routine["members"].texts()):
            if name.value not in known:
                yield name.fault(phrase("unknown member"), known)
    for team in (team for id, team in field["teams"].items() if id == STAFF):
        yield team.fault_here(phrase("no team can go by this id, which stands for those in none"))


def field_of_others(field: Node) -> Iterator[Fault]:
    """Teams and people in a folder shared by installations, which must not know each other's phones and codes."""
    for key in ("teams", "people"):
        if field[key].value is not None:
            message = phrase("{key} belong into an installation's own folder, not into one that several share", key=key)
            yield field[key].fault_here(message)


def network_faults(trees: Sequence[TreeNodes], field: Joined) -> Iterator[Fault]:
    """The faults between files, given all trees and the field."""
    yield from _doubled(phrase("tree id"), (tree.root["tree"] for tree in trees))
    yield from _uncoordinated(trees)
    yield from _unknown_exclusions(field, trees)
    yield from _rota_faults(field, trees)


def _doubled(what: Phrase, nodes: Iterable[Node]) -> Iterator[Fault]:
    first: dict[str, Node] = {}
    for node in nodes:
        if isinstance(node.value, str) and first.setdefault(node.value, node) is not node:
            yield node.fault(_duplicate(what, first[node.value]))


def _doubled_ids(what: Phrase, entries: Joined) -> Iterator[Fault]:
    """Ids that occur in two files; within one file the YAML reader finds duplicates."""
    first: dict[str, Node] = {}
    for id, node in entries.items():
        if first.setdefault(id, node) is not node:
            yield node.document.fault(node.steps, _duplicate(what, first[id]), id, at_key=True)


def _duplicate(what: Phrase, first: Node) -> Phrase:
    return phrase("duplicate {what}, first at {place}:", what=what, place=first.position)


def _listed_faults(names: Node, known: tuple[str, ...]) -> Iterator[Fault]:
    yield from (name.fault(phrase("unknown contact"), known) for name in names.texts() if name.value not in known)
    yield from _doubled(phrase("contact"), names.texts())


def _notify_faults(level: Node, nodes: TreeNodes) -> Iterator[Fault]:
    """Names in `notify` that lead to no contact, or to a role or group without contacts."""
    several = tuple(name for name in nodes.meant if name not in nodes.contacts)
    for name in level["notify"].texts():
        kind, _, group = name.value.partition(":")
        # Any other kind is a fault of form.
        if name.value not in nodes.meant and kind in (name.value, "role", "group"):
            message = phrase("unknown contact")
            if kind == "group":
                message = phrase("unknown contact, as no contact has `groups: [{group}]`:", group=shortened(group))
            yield name.fault(message, several if ":" in name.value else tuple(nodes.contacts))
    yield from _doubled(phrase("contact"), level["notify"].texts())


def called_by_name(nodes: TreeNodes) -> Iterator[Fault]:
    """Contacts referred to by their organisation or name where their id is needed."""
    ids: dict[str, list[str]] = {}
    for id, contact in nodes.contacts.items():
        names = (contact.get(key) for key in ("organisation", "name"))
        for called in {name.casefold() for name in names if isinstance(name, str)}:
            ids.setdefault(called, []).append(id)
    levels = (name for level in nodes.root["levels"].entries() for name in level["notify"].texts())
    deputies = (contact["deputy"] for contact in nodes.contacts.values() if contact.get("deputy"))
    for name in (*levels, *nodes.root["last_resort"].texts(), *deputies):
        found = ids.get(str(name.value).casefold(), ())
        if len(found) == 1 and name.value not in nodes.contacts:
            yield name.fault(phrase("what a contact is called, in place of its id:"), (found[0],))


def _never_closed(nodes: TreeNodes) -> Iterator[Fault]:
    for contact in nodes.contacts.values():
        times = ("hours", "holidays", "closed")
        if contact.get("when_closed") and not any(nodes.said(contact, key).value for key in times):
            message = phrase("a contact with when_closed needs times at which it is")
            yield contact["when_closed"].fault_here(message, times)


def _awaited_in_vain(nodes: TreeNodes) -> Iterator[Fault]:
    """Coordinators and last resort with `answers: false`: their answer is always needed."""
    last_resort = nodes.root.words("last_resort")
    for id, contact in nodes.contacts.items():
        is_awaited = contact.get("role") == Role.COORDINATOR.value or id in last_resort
        if is_awaited and (answers := nodes.said(contact, "answers")).value == "false":
            message = phrase("an answer is always expected of coordinators and last resort:")
            yield answers.fault(message, ("true",))


def _unreachable_quota(level: Node, nodes: TreeNodes) -> Iterator[Fault]:
    wanted = level["acknowledge"]
    if not isinstance(wanted.value, str) or not re.fullmatch(r"[0-9]{1,4}", wanted.value):
        return
    contacts = len({id for id, _ in nodes.told(level)})
    if 0 < contacts < int(wanted.value):
        allowed = ("any", "all", "each_organisation", phrase("a number up to {most}", most=contacts))
        yield wanted.fault(phrase("more acknowledgements than the level has contacts:"), allowed)


def _beside_campaigners(level: Node, nodes: TreeNodes) -> Iterator[Fault]:
    """Levels that tell the ICRC, which works in confidence, together with NGOs or media, which speak in public."""
    roles = ((nodes.contacts[id].get("role"), name) for id, name in nodes.told(level))
    told = [(role, name) for role, name in roles if isinstance(role, str)]
    if {Role.NGO, Role.MEDIA}.intersection(role for role, _ in told):
        for role, name in told:
            if role == Role.ICRC:
                yield name.fault(phrase("a contact with role icrc needs a level without ngo and media:"))


def deputy_faults(contacts: Node, known: tuple[str, ...]) -> Iterator[Fault]:
    """Unknown deputies, and deputies in a circle, among the contacts of one file."""
    named = {name: contact["deputy"] for name, contact in contacts.items()}
    deputies = {name: node for name, node in named.items() if isinstance(node.value, str)}
    yield from (node.fault(phrase("unknown contact"), known) for node in deputies.values() if node.value not in known)
    for circle in _circles({name: node.value for name, node in deputies.items()}):
        around = shortened(" → ".join([*circle, circle[0]]))
        yield deputies[circle[0]].fault(phrase("deputies go round in a circle, {circle}:", circle=around))


def _conditional_last_resort(nodes: TreeNodes) -> Iterator[Fault]:
    """Contacts of the last resort (or their deputies) with `when`, though they hear of every incident (A2)."""
    for name in nodes.root["last_resort"].texts():
        for id in _with_deputies(nodes.contacts, name.value):
            if nodes.contacts[id].get("when"):
                yield name.fault(phrase("last resort is told of every incident, and {id} has 'when':", id=id))


def _with_deputies(contacts: Mapping[str, Node], id: Any) -> Iterator[str]:
    seen: set[str] = set()
    while isinstance(id, str) and id in contacts and id not in seen:
        yield id
        seen.add(id)
        id = contacts[id].get("deputy")


def _circles(successors: Mapping[str, str]) -> Iterator[list[str]]:
    settled: set[str] = set()
    for start in successors:
        chain: list[str] = []
        at = start
        while at in successors and at not in settled:
            settled.add(at)
            chain.append(at)
            at = successors[at]
        if at in chain:
            yield chain[chain.index(at) :]


def _uncoordinated(trees: Sequence[TreeNodes]) -> Iterator[Fault]:
    # A tree that serves only some places does not coordinate the rest of the country.
    coordinated = {
        country
        for tree in trees
        if tree.root["serves"].get("places") is None and _has_coordinator(tree)
        for country in tree.root["serves"].words("countries")
    }
    for tree in trees:
        for country in tree.root["serves"]["countries"].texts():
            if country.value == EVERYWHERE and not _has_coordinator(tree):
                yield country.fault(phrase("needs a contact with role coordinator in this tree, since it serves"))
            elif coordinated.isdisjoint({country.value, EVERYWHERE}):
                yield country.fault(phrase("no contact with role coordinator in any tree that serves all of"))


def _has_coordinator(tree: TreeNodes) -> bool:
    return any(contact.get("role") == Role.COORDINATOR for contact in tree.contacts.values())


def _unknown_exclusions(field: Joined, trees: Sequence[TreeNodes]) -> Iterator[Fault]:
    excluded = [name for _, person in field["people"].items() for name in person["exclude"].texts()]
    if excluded:
        known = tuple(sorted(_excludable(trees)))
        for name in excluded:
            if name.value not in known:
                yield name.fault(phrase("unknown contact, organisation or role"), known)


def _officers(field: Joined) -> list[tuple[str, str, Node]]:
    """Everybody who may take turns, members and staff: id, `team/member` and node."""
    teams = [(f"{team}/", its["members"].items()) for team, its in field["teams"].items()]
    groups = [*teams, (f"{STAFF}/", field["staff"].items())]
    return [(name, group + name, member) for group, its in groups for name, member in its]


def _rota_faults(field: Joined, trees: Sequence[TreeNodes]) -> Iterator[Fault]:
    """Entries of rotas that are unknown, ambiguous, or a member with a silent phone."""
    members = _officers(field)
    silent = {of for name, whole, member in members if member.get("silent") == "true" for of in (name, whole)}
    short = [name for name, _, _ in members]
    known = tuple(sorted({*short, *(whole for _, whole, _ in members)}))
    on_duty = [contact["duty"] for tree in trees for contact in tree.contacts.values() if contact.get("duty")]
    for entry in (each for duty in on_duty for each in duty["rota"].texts()):
        if entry.value not in known:
            yield entry.fault(phrase("unknown member of teams.yaml"), known)
        elif short.count(entry.value) > 1:
            clear = tuple(whole for name, whole, _ in members if name == entry.value)
            yield entry.fault(phrase("a member of several teams: write the team before"), clear)
        elif entry.value in silent:
            yield entry.fault(phrase("a silent member, whose phone is never written to:"))


def _excludable(trees: Sequence[TreeNodes]) -> set[str]:
    contacts = [(name, contact) for tree in trees for name, contact in tree.contacts.items()]
    said = (contact.get(key) for _, contact in contacts for key in ("organisation", "role"))
    return {name for name, _ in contacts} | {value for value in said if isinstance(value, str)}
