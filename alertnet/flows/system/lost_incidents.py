"""Incidents lost with a database: reconstructed from what the provider sent for them, and reported to people (A12)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from alertnet.core.codec import value
from alertnet.core.disclosure import Subject
from alertnet.core.inbound.code_formats import refs_and_codes_in
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import contacts_at, member_at, said_by
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.store.db.tx import Tx
from alertnet.store.records import timeline
from alertnet.store.records.credentials import lost_codes
from alertnet.store.records.credentials.codes import find_sent
from alertnet.store.records.credentials.lost_codes import LostCode
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import Addressee, InboundText, Reply

LostIncidents = Mapping[str, Sequence[str]]
"""Lost incidents by reference, with those who were told: ids of contacts, or the end of a number."""


@value
class SentText:
    """A message that left our number since the backup."""

    to: str
    text: str


def remember(tx: Tx, edition: Edition, sent: Sequence[SentText]) -> dict[str, tuple[str, ...]]:
    """Store codes unknown here, so that none is taken for another's; returns the unknown incidents.

    Calling it again changes nothing.
    """
    found = [(each.to, *refs_and_codes_in(each.text)) for each in sent]
    unknown = lost_codes.unknown_refs(tx.session, {ref for _, refs, _ in found for ref in refs})
    told: dict[str, dict[str, None]] = {}
    for to, refs, codes in found:
        known = find_sent(tx, to, codes) if codes else {}
        for ref in refs[:1]:
            lost_codes.keep(tx, ref, to, [code for code in codes if code not in known])
        for ref in refs:
            if ref in unknown:
                told.setdefault(ref, {})[_who(tx, edition, to)] = None
    return {ref: tuple(names) for ref, names in sorted(told.items())}


def pass_on_answer(tx: Tx, edition: Edition, sms: InboundText, found: Mapping[str, LostCode]) -> Reply | None:
    """Handle a text with a code of a lost incident: the first alarms the coordinators, and each is recorded."""
    ref, is_new = next((each.ref, each.is_new) for each in found.values())
    listed, who = contacts_at(edition.network, sms.sender), _who(tx, edition, sms.sender)
    trees = [tree for tree, _ in listed] or list(edition.network.trees.values())
    timeline.note(tx, "lost_incident_answered", ref=ref, by=who, text=sms.body, at=(sms.heard_at or tx.now).isoformat())
    kind = Kind.ALARM if is_new else Kind.NOTICE
    tell_coordinators(tx, trees, Announcement(kind, Subject.LOST_ANSWER, ref, who), besides=sms.sender)
    for each in {code.ref for code in found.values()}:
        lost_codes.note_answer(tx, sms.sender, each)
    if not listed:
        return None
    tree, contact = listed[0]
    words = replace(said_by(tree, contact), ref=ref)
    return Reply(Kind.NOT_UNDERSTOOD, contact.language, words, edition.templates, to=Addressee(contact.id, tree.id))


def _who(tx: Tx, edition: Edition, number: str) -> str:
    """Whose number it is, or its end."""
    if listed := contacts_at(edition.network, number):
        return listed[0][1].id
    sender = member_at(tx, edition.network, number)
    return sender.owner if sender else f"..{number[-2:]}"
