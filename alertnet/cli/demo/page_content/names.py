"""Names of people, levels and messages on the page, and the cast of the network."""

from collections.abc import Iterator
from dataclasses import field

from alertnet.core.codec import value
from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.directory.contact_tree import ContactTree, Member, Network, Team
from alertnet.flows.desk.names import Names
from alertnet.sandbox.page import Cast, Circle, Party, Ring

PIN, DURESS_PIN = "47110", "47990"
"""The PINs of the reporter and of each coordinator: the true one, and the one for duress."""


def make_cast(network: Network) -> Cast:
    """Everybody with a phone or mailbox. A contact of several trees appears in the first whose level names it."""
    seen: set[str] = set()
    circles = tuple(_circle(tree, seen) for tree in network.in_order)
    field = (_member(team, member) for team in network.teams.values() for member in team.members.values())
    return Cast(tuple(field), tuple(circle for circle in circles if circle.rings))


def ring_key(tree: str, index: int) -> str:
    return f"{tree}-{index}"


def _member(team: Team, member: Member) -> Party:
    return Party(f"{team.id}-{member.id}", member.name, f"Team {team.id.title()}", "field", (member.phone,))


def _circle(tree: ContactTree, seen: set[str]) -> Circle:
    rings = []
    for index, level in enumerate(tree.levels):
        fresh = [contact for contact in with_deputies(tree, level.notify) if not contact.addresses & seen]
        for contact in fresh:
            seen |= contact.addresses
        parties = tuple(_party(tree.id, contact) for contact in fresh)
        rings.append(Ring(ring_key(tree.id, index), level.name, parties))
    return Circle(tree.id, tree.title_in("en"), tuple(rings))


def with_deputies(tree: ContactTree, ids: tuple[str, ...]) -> Iterator[Contact]:
    told: set[str] = set()
    for id in ids:
        following: str | None = id
        while following and following not in told:
            told.add(following)
            yield tree.contacts[following]
            following = tree.contacts[following].deputy


def _party(tree: str, contact: Contact) -> Party:
    return Party(
        key=f"{tree}-{contact.id}",
        title=contact.called,
        subtitle=(contact.organisation if contact.is_coordinator else contact.name) or "",
        role=contact.role.value,
        phones=_addresses(contact, MethodKind.SMS, MethodKind.CALL),
        mailboxes=_addresses(contact, MethodKind.EMAIL),
    )


def _addresses(contact: Contact, *kinds: MethodKind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(method.address for method in contact.all_methods if method.kind in kinds))


@value
class PartyNames(Names):
    """The names of one case, and the party on the page of each contact."""

    cast: Cast = field(kw_only=True)

    def contact(self, tree: str | None, id: str) -> str:
        """A contact's name, or the page's name for a member of the field."""
        key = id.removeprefix("field/").replace("/", "-")
        found = next((party.title for party in self.cast.field if party.key == key), None)
        return found or super().contact(tree, id)

    def party(self, tree: str, id: str) -> str | None:
        """The key of the contact's party on the page."""
        addresses = self.locked.contact(tree, id).addresses
        return next((self.cast.by_address[each].key for each in addresses if each in self.cast.by_address), None)
