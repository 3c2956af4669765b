"""Looks up whose number it is in the network in force: a member's, a contact's or nobody's.

Also makes the words for its owner where they are about no incident.
"""

from collections.abc import Collection
from dataclasses import replace

from alertnet.core.codec import value
from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import EVERYWHERE, ContactTree, Member, Network, Team, nearest
from alertnet.core.directory.on_call import STAFF
from alertnet.core.disclosure import NoRef, Said
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.sms_grammar import Report
from alertnet.core.incident import Scope
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import languages


@value
class InTheField:
    """A member, and the trees that serve its team's country; all trees where none serves it.

    A contact who reports is represented as a member of its tree (`contact`), which is no team.
    """

    team: Team
    member: Member
    trees: tuple[ContactTree, ...]
    contact: tuple[ContactTree, Contact] | None = None
    """Set for a contact: its tree and the contact itself."""
    is_borrowed: bool = False
    """Whether the member uses somebody else's phone.

    It is never written to, and what it sends may concern that phone's team.
    """

    @property
    def is_contact(self) -> bool:
        """Whether this is a contact who reports, not a member."""
        return self.contact is not None

    @property
    def reports_for(self) -> str | None:
        """The team that the incident belongs to."""
        return None if self.is_contact else self.team.id

    @property
    def words(self) -> Said:
        """What the tree of the reporter says about itself, with a callback number other than the reporter's own."""
        if self.contact:
            return said_by(*self.contact)
        words = said_by(self.tree)
        return replace(words, callback=self.callback(), timezone=self.team.timezone or words.timezone)

    def callback(self, barred: Collection[str] = ()) -> str:
        """The number that the reporter is asked to call, one of the `barred` only if there is no other."""
        if self.contact:
            tree, contact = self.contact
            return tree.callback_for(contact, barred)
        return self.tree.callback_for_field(self.team.callback, self.member.phone, barred)

    @property
    def tree(self) -> ContactTree:
        """The tree that speaks to the team."""
        return nearest(self.trees)

    @property
    def owner(self) -> str:
        """The owner name of the member's PINs and reports."""
        return f"{self.team.id}/{self.member.id}"

    def raises(self, report: Report) -> bool:
        """Whether the report raises an alarm.

        From a contact it needs a bare SOS or a PIN, since coordinators begin answers to an alarm with ALARM and the
        like, or ask for help with something: we need help from Bogota.
        """
        is_cry = report.panic and not (report.is_asked and report.text)
        is_meant = not self.is_contact or is_cry or report.pin is not None
        return report.verb is FieldVerb.RAISE and is_meant


def numbers_in(network: Network) -> set[str]:
    """The telephone numbers of all whom it knows."""
    members = [each for team in network.teams.values() for each in team.members.values()]
    phones = {each.phone for each in (*members, *network.staff.values())}
    return phones.union(*(contact.numbers for _, contact in network.all_contacts))


def member_at(tx: Tx, network: Network, number: str) -> InTheField | None:
    """The member with that phone, in the language that it has chosen."""
    found = member_listed(network, number)
    return found and in_own_language(tx, found)


def member_listed(network: Network, number: str) -> InTheField | None:
    """The member with that phone, in the language of the teams file."""
    for team in network.teams.values():
        for each in team.members.values():
            if each.phone == number:
                return _in_the_field(network, team, each)
    return None


def in_own_language(tx: Tx, member: InTheField) -> InTheField:
    """The member with the language that it has chosen by SMS, else that of the teams file."""
    language = languages.chosen(tx, member.owner)
    return member if language is None else replace(member, member=replace(member.member, language=language))


def member_of(network: Network, team: str, member: str | None) -> tuple[InTheField, ...]:
    """The member of that name, or all of the team; empty where the network in force no longer knows them."""
    if team not in network.teams:
        return ()
    known = network.teams[team]
    return tuple(_in_the_field(network, known, each) for each in known.members.values() if member in (None, each.id))


def _in_the_field(network: Network, team: Team, member: Member) -> InTheField:
    return InTheField(team, member, network.serving_or_all(team.country))


def coordinator_at(network: Network, number: str) -> InTheField | None:
    """The coordinator who may report from that phone as a member does: one of a tree that serves a single country."""
    for tree, contact in contacts_at(network, number):
        if contact.is_coordinator and len(tree.countries) == 1 and EVERYWHERE not in tree.countries:
            return contact_in_field(network, tree, contact, number)
    return None


def contact_in_field(network: Network, tree: ContactTree, contact: Contact, number: str) -> InTheField:
    """A contact that reports about itself, as if in the country of its tree (the first of several)."""
    country = min(tree.countries)
    itself = Member(contact.id, contact.name or contact.organisation, number, contact.language)
    own = Team(tree.id, country, contact.language, Scope.INTERNAL, {contact.id: itself})
    return InTheField(own, itself, network.serving(country), contact=(tree, contact))


def staff_at(network: Network, number: str) -> InTheField | None:
    """The person of the staff, on a rota, who may take over duty by a text from that phone."""
    one = next((one for one in network.staff.values() if one.phone == number), None)
    on_rotas = contacts_at(network, number) if one else []
    if one is None or not on_rotas:
        return None
    itself = contact_in_field(network, *on_rotas[0], number)
    return replace(itself, team=replace(itself.team, id=STAFF, language=one.language), member=one)


def owners_at(network: Network, number: str, member: InTheField | None) -> tuple[str, ...]:
    """The owner names of the PINs of whoever has that number. `member`: the member found at it."""
    contacts = tuple(f"{tree.id}/{contact.id}" for tree, contact in contacts_at(network, number))
    return (member.owner, *contacts) if member else contacts


def contacts_at(network: Network, number: str) -> list[tuple[ContactTree, Contact]]:
    """Every contact with that telephone number, or with a person on its rota who has it, in the order of the trees."""
    staff = {f"{STAFF}/{id}" for id, one in network.staff.items() if one.phone == number}
    return [
        (tree, contact)
        for tree in network.in_order
        for contact in tree.contacts.values()
        if number in contact.numbers or (contact.duty and staff.intersection(each.id for each in contact.duty.rota))
    ]


def said_by(tree: ContactTree, contact: Contact | None = None) -> Said:
    """What a tree says about itself; to a contact in the time zone of that."""
    return Said(
        sender=tree.sender,
        organisation=tree.title,
        titles=tree.titles,
        ref=NoRef.TEXT,
        callback=tree.callback_for(contact) if contact else tree.callback,
        timezone=contact.timezone if contact else tree.timezone,
        tree_language=tree.language,
    )
