"""Requests of a person about their data: what is stored about them, what can be erased, and why the rest stays."""

from collections.abc import Iterator
from typing import Any

from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.directory.contact_tree import Member, Network
from alertnet.core.directory.on_call import STAFF
from alertnet.core.errors import BadInput
from alertnet.flows.credentials.pins import without_numbers
from alertnet.flows.system.purge import PurgeDecision
from alertnet.store import erasure
from alertnet.store.db.tx import Tx
from alertnet.store.records import editions, incidents, timeline
from alertnet.store.views import subject as view
from alertnet.store.views.subject import TEXTS, WORDS, DataSubject, Section

IN_FORCE = "in_force"
FORMS = ("TREE/CONTACT", "TEAM/MEMBER", "a number such as +573005550001", "a mail address")
"""How a person may be named."""

STAYS = (
    "what open and held incidents need, until they are closed and held no more",
    "the history of incidents, the account of what happened to others too: alertnet purge --incident REF takes it",
    "who stands in the trees and teams in force, with PINs, language and tests: take it out of the files first;"
    " its PINs also while an open incident runs on trees in which it stands",
    "what others were told, where it names a number as the one to call, until their incident is purged",
    "earlier editions of the trees, backups, and what the provider keeps: docs/operations.md",
)


def subject_of(network: Network, who: str) -> DataSubject:
    """The person meant by TREE/CONTACT, TEAM/MEMBER, or a number or address, which no file needs to name any more.

    Refuses anything else, and names who may be meant.
    """
    who, people = who.strip(), dict(_people(network))
    if not ("/" in who or "@" in who or who.startswith("+")):
        meant = [owner for owner, each in people.items() if who and _goes_by(who, owner, each)]
        raise BadInput("WHO", who, meant or FORMS)
    given = {who, who.lower()} if "@" in who else {who}
    named = tuple(owner for owner, each in people.items() if who == owner or not given.isdisjoint(_addresses(each)))
    addresses = {address for owner in named for address in _addresses(people[owner])}
    if "/" in who and "@" not in who:
        return DataSubject(named or (who,), tuple(sorted(addresses)))
    return DataSubject(named, tuple(sorted(addresses | {who})))


def kept_about(tx: Tx, network: Network, subject: DataSubject) -> dict[str, Section]:
    """Everything stored about a person, by kind, beginning with the trees and teams in force.

    Texts are kept as they came; what could be a PIN in them is shown to nobody.
    """
    people = dict(_people(network))
    known = [_entry(owner, people[owner]) for owner in subject.owners if owner in people]
    kept = view.kept_about(tx, subject)
    for text in kept[TEXTS]:
        text[WORDS] = text[WORDS] and without_numbers(text[WORDS])
    return {IN_FORCE: known, **kept}


def erase_subject(tx: Tx, network: Network, subject: DataSubject, decision: PurgeDecision) -> int:
    """Erase what nobody needs any more about a person, and record it with the reason; returns how many rows."""
    people = dict(_people(network))
    in_use = [editions.tree(tx.session, hash) for hash in incidents.trees_in_use(tx.session)]
    known = {*people, *(f"{tree.id}/{id}" for tree in in_use for id in tree.contacts)}
    gone = tuple(owner for owner in subject.owners if owner not in known)
    erasure.begin_to_erase(tx)
    count = erasure.erase_subject(tx, subject, gone)
    timeline.note(tx, "subject_erased", of=list(subject.owners), by=decision.by, why=decision.why, rows=count)
    return count


def _people(network: Network) -> Iterator[tuple[str, Contact | Member]]:
    for tree in network.trees.values():
        yield from ((f"{tree.id}/{each.id}", each) for each in tree.contacts.values())
    for team in network.teams.values():
        yield from ((f"{team.id}/{each.id}", each) for each in team.members.values())
    yield from ((f"{STAFF}/{id}", each) for id, each in network.staff.items())


def _goes_by(name: str, owner: str, person: Contact | Member) -> bool:
    """Whether somebody has that name or id, or the name as a part of theirs."""
    return name == owner.partition("/")[2] or name.casefold() in (person.name or "").casefold()


def _addresses(person: Contact | Member) -> set[str]:
    if isinstance(person, Member):
        return {person.phone}
    return {each.address for each in person.all_methods if each.kind is not MethodKind.TASK}


def _entry(owner: str, person: Contact | Member) -> dict[str, Any]:
    more = {"organisation": person.organisation} if isinstance(person, Contact) else {}
    return {
        "of": owner,
        "name": person.name,
        **more,
        "language": person.language,
        "addresses": sorted(_addresses(person)),
    }
