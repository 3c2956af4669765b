"""Replaces an incident's tree by an edited one, keeping a place for all that was removed (A8).

Records of an incident name levels, contacts and methods by their place. So nothing that they may name loses its place:
removed parts stay in the tree as `former`, and nobody is told by them any more.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact import Contact, Method
from alertnet.core.directory.contact_tree import ContactTree, Level
from alertnet.core.resolution.resolve import Plan


@value
class Places:
    """Where everything of a tree is found in the tree that replaced it."""

    levels: tuple[int, ...]
    """The new place, by the old one."""
    contacts: dict[str, str]
    """The new id, by the old one; they differ where the same recipient has another id now."""
    methods: dict[str, tuple[int, ...]]
    """The new places of its methods in their old order, by the old id of the contact."""

    @property
    def is_everything_where_it_was(self) -> bool:
        """Whether all old places are still valid."""
        return (
            all(id == now for id, now in self.contacts.items())
            and self.levels == tuple(range(len(self.levels)))
            and all(places == tuple(range(len(places))) for places in self.methods.values())
        )


def unmoved(tree: ContactTree) -> Places:
    """Everything of the tree where it is."""
    methods = {id: tuple(range(len(contact.all_methods))) for id, contact in tree.contacts.items()}
    return Places(tuple(range(len(tree.levels))), {id: id for id in tree.contacts}, methods)


def succeed(before: Plan, edited: ContactTree) -> tuple[ContactTree, Places]:
    """The edited tree with a place for all that the plan's tree had, and where each is found.

    A level is the same if its name is, or else if it tells one of the same contacts; a contact if its id is, or else a
    number or address; a method if kind and address are.
    """
    tree = before.tree
    contacts = _same_contacts(tree, edited)
    methods: dict[str, tuple[int, ...]] = {}
    kept = dict(edited.contacts)
    for id, contact in tree.contacts.items():
        if contacts[id] in edited.contacts:
            kept[contacts[id]], methods[id] = _with_former_methods(edited.contacts[contacts[id]], contact)
        else:
            methods[id] = tuple(range(len(contact.all_methods)))
        if id not in edited.contacts:
            kept[id] = _retired(contact)
    levels = _same_levels(tree.levels, edited.levels, contacts)
    gone = [place for place in range(len(tree.levels)) if place not in levels]
    levels |= zip(gone, count(len(edited.levels)), strict=False)
    succeeded = replace(edited, contacts=kept, levels=edited.levels + tuple(_former_levels(before, gone)))
    return succeeded, Places(tuple(levels[place] for place in range(len(tree.levels))), contacts, methods)


def retire(before: Plan) -> tuple[ContactTree, Places]:
    """The plan's tree once it no longer serves the incident: everything keeps its place, and nobody is told."""
    tree = before.tree
    retired = replace(
        tree,
        contacts={id: _retired(contact) for id, contact in tree.contacts.items()},
        levels=tuple(_former_levels(before, range(len(tree.levels)))),
        last_resort=(),
    )
    return retired, unmoved(tree)


def as_edited(tree: ContactTree) -> ContactTree:
    """The tree as written, without what is kept only for the record."""
    contacts = {
        id: replace(contact, former_methods=()) if contact.former_methods else contact
        for id, contact in tree.contacts.items()
        if not contact.former
    }
    return replace(tree, contacts=contacts, levels=tuple(level for level in tree.levels if not level.former))


def _retired(contact: Contact) -> Contact:
    return replace(contact, former=True, deputy=None, duty=None)


def _former_levels(before: Plan, places: Iterable[int]) -> Iterable[Level]:
    """The former levels. They keep what their satisfied rule did, since it depended on who was told."""
    does = {planned.index: planned.then for planned in before.levels}
    for place in places:
        level = before.tree.levels[place]
        yield replace(level, former=True, then=does.get(place, level.then))


def _same_contacts(tree: ContactTree, edited: ContactTree) -> dict[str, str]:
    found = {id: id for id in tree.contacts}
    fresh = [contact for id, contact in edited.contacts.items() if id not in tree.contacts]
    for id, contact in tree.contacts.items():
        successor = next((each for each in fresh if each.is_same_recipient(contact)), None)
        if id not in edited.contacts and successor is not None:
            found[id] = successor.id
            fresh.remove(successor)
    return found


def _same_levels(before: Sequence[Level], after: Sequence[Level], contacts: Mapping[str, str]) -> dict[int, int]:
    """Match levels by name, else by the contacts they tell; removed ones are left out."""
    by_name = {level.name: place for place, level in enumerate(after)}
    found = {place: by_name[level.name] for place, level in enumerate(before) if level.name in by_name}
    fresh = [place for place in range(len(after)) if place not in found.values()]
    for place, level in enumerate(before):
        told = {contacts[id] for id in level.notify}
        successor = next((each for each in fresh if told.intersection(after[each].notify)), None)
        if place not in found and successor is not None:
            found[place] = successor
            fresh.remove(successor)
    return found


def _with_former_methods(edited: Contact, before: Contact) -> tuple[Contact, tuple[int, ...]]:
    """The contact with its removed methods at the end, and the new index of each old method."""
    free = list(enumerate(edited.all_methods))
    former: list[Method] = []
    places: list[int] = []
    for method in before.all_methods:
        same = next((each for each in free if _names(each[1]) == _names(method)), None)
        if same is None:
            places.append(len(edited.all_methods) + len(former))
            former.append(method)
        else:
            places.append(same[0])
            free.remove(same)
    return replace(edited, former_methods=edited.former_methods + tuple(former)), tuple(places)


def _names(method: Method) -> tuple[str, str]:
    return method.kind, method.address
