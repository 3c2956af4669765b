"""Which contacts of an incident's trees are one recipient: indexed once for its plans, asked with every message."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator

from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree

Named = tuple[str, Contact]
"""A contact, with the id of its tree."""


class Recipients:
    """The contacts of several trees, each with those that are the same recipient."""

    def __init__(self, trees: Iterable[ContactTree]) -> None:
        self._all: list[Named] = []
        self._sharing: dict[Hashable, list[int]] = defaultdict(list)
        """By what makes a recipient known, the places of those who have it."""
        self._place: dict[tuple[str, str], int] = {}
        self._found: dict[int, tuple[Named, ...]] = {}
        for tree in trees:
            for contact in tree.contacts.values():
                self._add(tree.id, contact)

    def same_as(self, tree: str, contact: str) -> tuple[Named, ...]:
        """The same recipient in every tree: this contact first, the others in the order of the trees."""
        place = self._place[tree, contact]
        found = self._found.get(place)
        if found is None:
            own = self._all[place]
            others = {each for identity in _identities(own[1]) for each in self._sharing[identity]} - {place}
            found = self._found[place] = (own, *(self._all[each] for each in sorted(others)))
        return found

    def _add(self, tree: str, contact: Contact) -> None:
        place = len(self._all)
        self._all.append((tree, contact))
        self._place[tree, contact.id] = place
        for identity in _identities(contact):
            self._sharing[identity].append(place)


def _identities(contact: Contact) -> Iterator[Hashable]:
    """What two contacts have in common if they are one (see `Contact.is_same_recipient`)."""
    yield from contact.addresses
    if contact.included_from is not None:
        yield contact.included_from, contact.id
