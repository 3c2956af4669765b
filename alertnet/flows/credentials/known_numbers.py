"""Whose number it is by the network in force, a member's, a contact's or nobody's, and what is said to its owner."""

from dataclasses import replace

from alertnet.core.codec import value
from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import EVERYWHERE, ContactTree, Member, Network, Team
from alertnet.core.directory.on_call import STAFF
from alertnet.core.disclosure import Said
from alertnet.core.inbound.sms_grammar import FieldVerb, Report
from alertnet.core.incident import Scope
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import languages

NO_REF = "SMS"
"""Stands where a reference would, in words about no incident."""


@value
class InTheField:
    """A member, and the trees that serve its team's country; all there are where none does.

    A contact who reports stands here as a member of its tree (`contact`), which is no team.
    """

    team: Team
    member: Member
    trees: tuple[ContactTree, ...]
    contact: tuple[ContactTree, Contact] | None = None
    """Of a contact: its own tree, and itself in it."""
    is_borrowed: bool = False
    """Whether the member's phone is not its own: it is never written to, and what it writes may concern its team's."""

    @property
    def is_contact(self) -> bool:
        """Whether it is no member, but a contact who reports."""
        return self.contact is not None

    @property
    def reports_for(self) -> str | None:
        """The team whose incident it is."""
        return None if self.is_contact else self.team.id

    @property
    def words(self) -> Said:
        """What the tree that speaks to the reporter says of itself, with a number that is not the reporter's own."""
        if self.contact:
            return words_of(*self.contact)
        callback = self.tree.callback_for_field(self.team.callback, self.member.phone)
        words = words_of(self.tree)
        return replace(words, callback=callback, timezone=self.team.timezone or words.timezone)

    @property
    def tree(self) -> ContactTree:
        """The tree that speaks to the team: the one that reaches the least far."""
        return min(self.trees, key=lambda tree: (tree.scope.rank, tree.id))

    @property
    def owner(self) -> str:
        """The name by which the member's PINs and reports go."""
        return f"{self.team.id}/{self.member.id}"

    def raises(self, report: Report) -> bool:
        """Whether the report raises: ALARM and the like are how coordinators begin their answers to an alarm."""
        is_meant = not self.is_contact or report.panic or report.pin is not None
        return report.verb is FieldVerb.RAISE and is_meant


def member_at(tx: Tx, network: Network, number: str) -> InTheField | None:
    """The member with that phone, in the language that it has chosen."""
    for team in network.teams.values():
        for each in team.members.values():
            if each.phone == number:
                return in_own_language(tx, _in_the_field(network, team, each))
    return None


def in_own_language(tx: Tx, member: InTheField) -> InTheField:
    """The member with the language that it has chosen by SMS in place of the one of the teams file."""
    language = languages.chosen(tx, member.owner)
    return member if language is None else replace(member, member=replace(member.member, language=language))


def member_of(network: Network, team: str, member: str | None) -> tuple[InTheField, ...]:
    """The member of that name, or all of the team; none where the network in force knows them no more."""
    if team not in network.teams:
        return ()
    known = network.teams[team]
    return tuple(_in_the_field(network, known, each) for each in known.members.values() if member in (None, each.id))


def _in_the_field(network: Network, team: Team, member: Member) -> InTheField:
    return InTheField(team, member, network.serving(team.country) or tuple(network.trees.values()))


def coordinator_at(network: Network, number: str) -> InTheField | None:
    """The coordinator who may report from that phone as a member does: of a tree that serves one country alone."""
    for tree, contact in contacts_at(network, number):
        if contact.is_coordinator and len(tree.countries) == 1 and EVERYWHERE not in tree.countries:
            return contact_in_field(network, tree, contact, number)
    return None


def contact_in_field(network: Network, tree: ContactTree, contact: Contact, number: str) -> InTheField:
    """A contact that writes of itself, as if in the country of its tree: the first of several."""
    country = min(tree.countries)
    itself = Member(contact.id, contact.name or contact.organisation, number, contact.language)
    own = Team(tree.id, country, contact.language, Scope.INTERNAL, {contact.id: itself})
    return InTheField(own, itself, network.serving(country), contact=(tree, contact))


def staff_at(network: Network, number: str) -> InTheField | None:
    """The one of the staff, on a rota, who may take a turn of duty by a text from that phone."""
    one = next((one for one in network.staff.values() if one.phone == number), None)
    on_rotas = contacts_at(network, number) if one else []
    if one is None or not on_rotas:
        return None
    itself = contact_in_field(network, *on_rotas[0], number)
    return replace(itself, team=replace(itself.team, id=STAFF, language=one.language), member=one)


def owners_at(network: Network, number: str, member: InTheField | None) -> tuple[str, ...]:
    """The names by which the PINs of whoever has that number go; `member`: the one that was found at it."""
    contacts = tuple(f"{tree.id}/{contact.id}" for tree, contact in contacts_at(network, number))
    return (member.owner, *contacts) if member else contacts


def contacts_at(network: Network, number: str) -> list[tuple[ContactTree, Contact]]:
    """Every contact with that telephone number, or on whose rota one of the staff has it, in the order of the trees."""
    staff = {f"{STAFF}/{id}" for id, one in network.staff.items() if one.phone == number}
    return [
        (tree, contact)
        for tree in network.in_order
        for contact in tree.contacts.values()
        if number in contact.numbers or (contact.duty and staff.intersection(each.id for each in contact.duty.rota))
    ]


def words_of(tree: ContactTree, contact: Contact | None = None) -> Said:
    """What a tree says of itself, where no incident has pinned it; in the contact's time zone, if there is one."""
    return Said(
        sender=tree.sender,
        organisation=tree.title,
        titles=tree.titles,
        ref=NO_REF,
        callback=tree.callback_for(contact) if contact else tree.callback,
        timezone=contact.timezone if contact else tree.timezone,
        tree_language=tree.language,
    )
