"""Texts of known people that answer nothing and raise nothing: the coordinators get them all the same (A12)."""

from collections.abc import Iterable
from dataclasses import replace

from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.disclosure import Subject
from alertnet.core.limits import TEXTS_TOLD
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import NO_REF, InTheField, words_of
from alertnet.flows.notifications.system_notices import tell_coordinators
from alertnet.flows.sms.unclear_sms import ring_once
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents, limits, timeline
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import InboundSms, Recipient, Reply


def pass_on_from_member(tx: Tx, edition: Edition, sender: InTheField, sms: InboundSms, subject: Subject) -> Reply:
    """An alarm in the open incident that the phone raised last; without one, a notice to its country's coordinators."""
    incident = incidents.open_of_phone(tx, sms.sender)
    words = sender.words
    if incident is None:
        _notify(tx, sender.trees, sms, subject, about=sender.team.id, by=sender.owner)
    else:
        locked = take_up(tx, incident)
        locked.record("sms_received", by=sender.owner, text=sms.body)
        ring_once(locked, Subject.NEWS if subject is Subject.NOT_UNDERSTOOD else subject, sender.team.id)
        locked.finish()
        words = replace(words, ref=locked.incident.ref)
    to = None if sender.member.silent else Recipient(sender.owner, sender.tree.id, incident)
    return Reply(Kind.NOT_UNDERSTOOD, sender.member.language, words, edition.templates, to=to)


def pass_on_from_contact(
    tx: Tx, edition: Edition, listed: list[tuple[ContactTree, Contact]], sms: InboundSms, subject: Subject
) -> Reply:
    """A notice to the coordinators of the trees that list the contact, who does not learn if any incident is open."""
    tree, contact = listed[0]
    _notify(tx, [tree for tree, _ in listed], sms, subject, about=contact.id, by=f"{tree.id}/{contact.id}")
    to = Recipient(contact.id, tree.id)
    return Reply(Kind.NOT_UNDERSTOOD, contact.language, words_of(tree, contact), edition.templates, to=to)


def _notify(tx: Tx, trees: Iterable[ContactTree], sms: InboundSms, subject: Subject, *, about: str, by: str) -> None:
    """Record a text; each coordinator, but the sender, gets one notice that it is there."""
    told_at = limits.turn(tx, TEXTS_TOLD, sms.sender)
    timeline.append(tx, timeline.SYSTEM, ("sms_received", {"by": by, "text": sms.body}))
    if told_at is not None:
        besides = sms.sender
        tell_coordinators(tx, trees, Kind.NOTICE, subject, ref=NO_REF, about=about, besides=besides, leaves_at=told_at)
