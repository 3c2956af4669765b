"""Texts that answer nothing: people read them, and the sender is told how to answer where anything is asked (A12)."""

from collections.abc import Sequence
from dataclasses import replace

from alertnet.core.delivery.next_repeat import PROMPT_EVERY
from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.disclosure import NoRef, Subject
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.inbound.auto_replies import says_so
from alertnet.core.inbound.field_report import add_to
from alertnet.core.inbound.sms_answers import Verb, WrittenAnswer, is_opt_in, only_thanks, parse_answers
from alertnet.core.inbound.sms_grammar import codes_in
from alertnet.core.limits import TEXTS_TOLD
from alertnet.core.notification import Kind, PromptKind
from alertnet.core.resolution.known_people import with_records
from alertnet.flows.credentials.known_numbers import contact_in_field, said_by
from alertnet.flows.escalation.bad_addresses import let_through
from alertnet.flows.escalation.record_response import Recorded, as_recorded
from alertnet.flows.incidents.lone_text import RECEIVED_BY, keep_lone_text
from alertnet.flows.notifications.compose import notify_coordinators, said
from alertnet.flows.notifications.contact_pins import keep_duress
from alertnet.flows.notifications.floods import ring_once, rings_now
from alertnet.flows.notifications.prompts import raise_prompt
from alertnet.flows.sms.answer_by_sms import keep_text, reply_to_holder
from alertnet.flows.sms.field_text import FieldText, take_up_found
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient, take_up_each
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents, limits
from alertnet.store.records.credentials.codes import HeldCode
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import Addressee, InboundText, Reply

MOST_INCIDENTS = 5
"""The most open incidents of its sender that a text is added to, the latest: more would only ring the same people."""


def reply_unclear(tx: Tx, sms: InboundText, told: Sequence[HeldCode], subject: Subject | None) -> Reply | None:
    """The reply to a text that acknowledges nothing: it names the valid codes. None where silence is right.

    `told`: all codes that the number was sent, valid or not. The text is added to the sender's incidents and alarms
    their coordinators. With `subject` None it is not, if it was only a verb or a wrong code from a number that can
    still answer.
    """
    heard = []
    for locked, own in _cases(tx, told):
        writer = locked.recipient(own[0].tree, own[0].contact)
        keep_text(writer, sms)
        if is_opt_in(sms.body):
            let_through(locked, sms.sender)
        if subject is not None or not _good(own):
            ring_once(locked, subject or Subject.NOT_UNDERSTOOD, writer.id)
        locked.finish()
        # Even a reply would tell it something (A3).
        if writer.may_hear:
            heard.append((writer, own))
    if not heard:
        return None
    writer, own = heard[-1]
    if len(heard) == 1 and subject is None and (before := _said_again(writer, own, sms)):
        return reply_to_holder(writer, before.confirmed_by, before.words)
    words = said(writer)
    if subject is not None and len(heard) == 1:
        words = replace(words, code=_code_to_answer(writer.locked, own))
    else:
        words = replace(words, open_codes=tuple(code.text for _, codes in heard for code in _good(codes)))
    return reply_to_holder(writer, Kind.NOT_UNDERSTOOD, words)


def _said_again(writer: Recipient, own: Sequence[HeldCode], sms: InboundText) -> Recorded | None:
    """What is on record of a sender who says OK to it, and is asked nothing else; None where a code has to be named."""
    is_only_ok = parse_answers(sms.body) == (WrittenAnswer(Verb.OK, None),)
    if not is_only_ok or any(code.prompt is not None for code in _good(own)):
        return None
    before = as_recorded(writer, sms.sender)
    return before if before is not None and before.kind is not AnswerKind.DECLINED else None


def _good(codes: Sequence[HeldCode]) -> list[HeldCode]:
    """The codes by which something can still be answered."""
    return [code for code in codes if code.counts and code.asks]


def _cases(tx: Tx, told: Sequence[HeldCode]) -> list[tuple[LockedIncident, list[HeldCode]]]:
    """The latest incidents of those codes with the codes of each, oldest first; one may just have been closed."""
    latest = list(dict.fromkeys(code.incident for code in reversed(told)))[:MOST_INCIDENTS]
    # Lock them in the order of their ids, so that two flows never wait for each other.
    held = take_up_each(tx, sorted(latest)) if latest else {}
    # By the id that the code was found under: what is locked may be what that has just been merged into.
    return [
        (locked, [replace(code, counts=code.counts and locked.is_open) for code in told if code.incident == id])
        for id, locked in sorted(held.items(), key=lambda each: each[1].incident.opened_at)
    ]


def _code_to_answer(locked: LockedIncident, own: Sequence[HeldCode]) -> str | None:
    """The sender's own code, unless it has answered already and the alarm no longer goes on for it."""
    code = next((code for code in _good(own) if code.prompt is None), None)
    if code is None:
        return None
    return code.text if locked.recipient(code.tree, code.contact).current_answer() is None else None


def pass_on_from_member(text: FieldText, subject: Subject) -> Reply:
    """Alarm in the open incident that the phone raised last (a borrowed phone: its team's), else in a new text."""
    sender, words, about = text.sender, text.sender.words, None
    is_left_alone = sender.member.silent
    locked = _put_before_people(text, subject, sender.team.id, by=sender.owner)
    if not locked.facts.lone_text:
        words, about = replace(words, ref=locked.incident.ref), locked
        is_left_alone |= text.may_be_in_other_hands(locked)
    return text.reply(Kind.NOT_UNDERSTOOD, words, about=about, at_once_only=is_left_alone)


def pass_on_from_contact(
    tx: Tx,
    edition: Edition,
    listed: list[tuple[ContactTree, Contact]],
    sms: InboundText,
    subject: Subject,
    *,
    has_left: bool = False,
) -> Reply:
    """Alarm for a contact that no open incident has told, which does not learn whether one is open.

    `has_left`: it stands in no tree in force any more, so that only the text says at which number it is called back.
    """
    tree, contact = listed[0]
    who = {"by": contact.id} if has_left else {"tree": tree.id, "contact": contact.id}
    sender = contact_in_field(edition.network, tree, contact, sms.sender)
    # What an SMS would tell a phone later, a mailbox is not told.
    sender = replace(sender, member=replace(sender.member, silent=sms.via is Via.EMAIL))
    text = FieldText(tx, edition, sender, sms)
    _put_before_people(text, subject, contact.id, **who)
    to = Addressee(contact.id, tree.id)
    words = said_by(tree, contact)
    words = replace(words, ref=NoRef.MAIL) if sms.via is Via.EMAIL else words
    return Reply(Kind.NOT_UNDERSTOOD, contact.language, words, edition.templates, to=to)


def _put_before_people(text: FieldText, subject: Subject, about: str, **who: str) -> LockedIncident:
    """Add the text to what is open of its phone, or of its team where the phone is borrowed; else store a new one.

    Returns the incident, or text. `who`: whose it is, for its history.
    """
    tx, sender, sms = text.tx, text.sender, text.sms
    held_by, team = (None, sender.team.id) if sender.is_borrowed else (sender.reports_for, None)
    entry = {**who, "text": sms.body, **sms.circumstances}
    known = take_up_found(tx, lambda: incidents.open_of_phone(tx, sms.sender, held_by=held_by, team=team))
    codes = codes_in(sms.body, text.edition.network.people)
    facts = with_records(text.facts(codes, verified=False, duress=False), text.edition.network)
    locked = known or keep_lone_text(tx, text.edition, facts, sms.via, **entry)
    if known is not None:
        locked.record(RECEIVED_BY[sms.via], **entry)
        if locked.facts.lone_text:
            locked.change_facts(add_to(locked.facts, facts, codes.at_most))
    _tell(locked, text, subject, about, is_new=known is None)
    if sms.is_forced and sender.contact is not None:
        tree, contact = sender.contact
        keep_duress(locked, tree.id, contact.id, sms.via)
    locked.finish()
    return locked


def _tell(locked: LockedIncident, text: FieldText, subject: Subject, about: str, *, is_new: bool) -> None:
    """Alarm the coordinators of a text, or of news; of a text that can wait they get a notice."""
    tx, is_text, can_wait = text.tx, locked.facts.lone_text, _can_wait(text)
    if not (is_new or (is_text and can_wait)):
        ring_once(locked, Subject.NEWS if subject is Subject.NOT_UNDERSTOOD and not is_text else subject, about)
        return
    told_at = limits.tell_at(tx, TEXTS_TOLD, text.sms.sender)
    if can_wait:
        if told_at is not None:
            notify_coordinators(locked, subject, about, leaves_at=told_at)
        return
    rings = rings_now(tx, told_at, is_contact=text.sender.is_contact)
    later = told_at if told_at and told_at > tx.now else tx.now + PROMPT_EVERY
    raise_prompt(locked, PromptKind.ALARM, subject, about=about, rings_at=None if rings else later)


def _can_wait(text: FieldText) -> bool:
    """Whether a contact says only thanks, its machine wrote it, or it came by mail, by which anybody may write."""
    sms = text.sms
    is_thanks = only_thanks(sms.body) and not (sms.attached or sms.is_forced)
    return text.sender.is_contact and (sms.via is Via.EMAIL or says_so(sms.body) or is_thanks)
