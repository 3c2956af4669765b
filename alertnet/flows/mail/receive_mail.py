"""Receives a mail to us, or a report that one of ours bounced; the same mail again changes nothing (A1, A6, A12).

It counts only as an answer to a mail of ours, from a mailbox of the contact that we wrote to, with the code of that
mail or the contact's own, in words of its own. All else that somebody known writes is for the coordinators to read;
what a machine writes gets no reply.
"""

from collections.abc import Sequence
from datetime import datetime

from alertnet.core.codec import replace
from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.quorum import Via
from alertnet.core.inbound.sms_answers import WrittenAnswer, parse_answers
from alertnet.core.inbound.written_mail import WrittenMail, answer_in
from alertnet.core.limits import WRONG_CODES, Limit
from alertnet.core.notification import AttemptStatus, Failure, Kind
from alertnet.flows.credentials.pins import shown
from alertnet.flows.credentials.written_codes import about_what_is_real, known_code, known_codes
from alertnet.flows.notifications.compose import drafts, notify_coordinators, said
from alertnet.flows.notifications.contact_pins import needs_pin
from alertnet.flows.notifications.floods import may_reply, ring_once, tell_drop
from alertnet.flows.sending.locked_attempt import lock_attempt
from alertnet.flows.sms.answer_by_sms import keep_text, record_answers, reply_to_holder
from alertnet.flows.sms.receive_sms import post_reply
from alertnet.flows.sms.unclear_sms import MOST_INCIDENTS, pass_on_from_contact
from alertnet.flows.unit.locked_incident import Recipient, look_at, take_up, take_up_each
from alertnet.store.db.tx import Tx
from alertnet.store.queues.due_attempts import DueAttempt
from alertnet.store.records import inbound, limits
from alertnet.store.records.credentials import codes
from alertnet.store.records.credentials.codes import HeldCode
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import InboundText, Reply
from alertnet.store.views import sent_mails
from alertnet.store.views.sent_mails import SentMail

_NO_SUCH_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.2.1")
"""Statuses by which the address itself is bad (RFC 3463 3.2 and 3.3, RFC 7505)."""


def receive_mail(tx: Tx, edition: Edition, mail: WrittenMail, heard_at: datetime) -> None:
    """Receive the mail, which reached the mailbox at `heard_at`; one of a stranger that answers none is left there."""
    sent = sent_mails.find(tx.session, mail.answers)
    is_about_none = sent is None or (sent.incident is None and mail.bounced is None)
    if is_about_none and mail.sender in edition.network.mailboxes and not mail.is_automatic:
        _hear_unasked(tx, edition, mail, heard_at)
        return
    if sent is None:
        return
    # As its tree writes it, since what is kept of an address is found by how that is written.
    text = _text_of(mail, sent.address if sent.address.lower() == mail.sender else mail.sender, min(heard_at, tx.now))
    if not inbound.receive(tx, text):
        return
    if mail.bounced is not None:
        _bounce(tx, sent, mail.bounced, is_about_it=mail.bounced_at in ("", sent.address.lower()))
    elif sent.incident is not None and sent.tree is not None:
        locked = take_up(tx, sent.incident)
        if sent.tree in locked.plans:
            limit = _hear(locked.recipient(sent.tree, sent.contact), sent, mail, text)
            locked.finish()
            tell_drop(tx, edition.network, limit)


def _hear_unasked(tx: Tx, edition: Edition, mail: WrittenMail, heard_at: datetime) -> None:
    """Put a mail of a contact that answers none about an incident before people; a code in it counts for nothing.

    It is news of what is open and its writer was told of, else a text of its own.
    """
    writers = edition.network.mailboxes[mail.sender]
    text = _text_of(mail, writers[0][2], min(heard_at, tx.now))
    if not inbound.receive(tx, text):
        return
    listed = [(tree, contact) for tree, contact, _ in writers]
    told = about_what_is_real(tx, codes.told_to(tx.session, [(tree.id, contact.id) for tree, contact in listed]))
    limit = _hear_as_news(tx, told, mail, text) if told else _hear_alone(tx, edition, listed, text)
    tell_drop(tx, edition.network, limit)


def _text_of(mail: WrittenMail, sender: str, at: datetime) -> InboundText:
    """The mail as a text of that address."""
    return InboundText(mail.id, sender, mail.words or mail.whole, at, mail.attached, Via.EMAIL)


def _hear_as_news(tx: Tx, told: Sequence[HeldCode], mail: WrittenMail, text: InboundText) -> Limit | None:
    """Add the mail to the latest incidents of those codes; the one reply is about the latest that may be replied about.

    Gives the limit that drops the reply, if one does.
    """
    latest = {code.incident: code for code in reversed(told)}
    ids = list(latest)[:MOST_INCIDENTS]
    held, is_replied = take_up_each(tx, sorted(ids)), False
    limit: Limit | None = None
    for id in ids:
        locked, code = held[id], latest[id]
        if code.tree not in locked.plans:
            continue
        writer = locked.recipient(code.tree, code.contact)
        may_reply_about = not is_replied and writer.may_hear and _mailbox_of(writer, mail.sender) is not None
        limit = _hear(writer, None, mail, text, replying=may_reply_about) or limit
        is_replied |= may_reply_about
        locked.finish()
    return limit


def _hear_alone(tx: Tx, edition: Edition, listed: list[tuple[ContactTree, Contact]], text: InboundText) -> Limit | None:
    """Put the mail before people as a text of its own; gives the limit that drops the reply, if one does."""
    owners = [f"{tree.id}/{contact.id}" for tree, contact in listed]
    words = shown(tx, owners, text.body, text.sender)
    text = replace(text, body=words.text, is_forced=bool(words.forced))
    is_answered, limit = may_reply(tx, text, is_answer=False)
    reply = pass_on_from_contact(tx, edition, listed, text, Subject.NOT_UNDERSTOOD)
    if is_answered and reply.to is not None:
        post_reply(tx, text, reply, reply.to)
    return limit


def may_answer_by_mail(tx: Tx, mail: DueAttempt) -> bool:
    """Whether an answer to that mail may count, as far as its contact is concerned: a PIN has no place in a mail."""
    if mail.incident_id is None or mail.tree is None or not mail.said.code:
        return True
    reader = look_at(tx, mail.incident_id).known_recipient(mail.tree, mail.contact)
    return reader is None or not needs_pin(reader)


def _bounce(tx: Tx, sent: SentMail, status: str, *, is_about_it: bool) -> None:
    """Record that the mail reached nobody, so that the contact's next method goes at once.

    `is_about_it`: the address itself refused it, not another to which it was passed on, as by a list.
    """
    failure = Failure.INVALID if is_about_it and status in _NO_SUCH_MAILBOX else Failure.BOUNCED
    for id, provider_id in sent_mails.attempts_of(tx.session, sent.notification):
        attempt = lock_attempt(tx, id)
        if attempt is None:
            continue
        if provider_id is not None:
            attempt.apply_status(provider_id, AttemptStatus.FAILED, failure, status)
        elif attempt.status in (AttemptStatus.SENDING, AttemptStatus.UNKNOWN):
            # It has left, though nobody has written that down yet.
            attempt.failed(failure, status)
        attempt.finish()


def _hear(
    writer: Recipient, sent: SentMail | None, mail: WrittenMail, text: InboundText, *, replying: bool = True
) -> Limit | None:
    """Let the mail answer that one, or put it before people; gives the limit that drops the reply, if one does."""
    tx, mailbox = writer.locked.tx, _mailbox_of(writer, mail.sender)
    words = shown(tx, ["/".join(each) for each in writer.names], text.body, mail.sender)
    text = replace(text, is_forced=bool(words.forced))
    if mailbox is None or mail.is_automatic:
        _put_before_people(writer, replace(text, body=f"{mail.sender}: {words.text}"), rings=not mail.is_automatic)
        return None
    # A machine that does not say that it is one would write for ever, each time that we reply.
    is_said_again = text.body in (each.body for each in inbound.texts_before(tx, text))
    text = replace(text, sender=mailbox, body=words.text)
    answers = parse_answers(answer_in(words.text)) if mail.words and sent is not None else ()
    counting = _counting(writer, sent.code if sent else None, mailbox, answers)
    is_silent = not replying or (is_said_again and not counting)
    is_answered, limit = (False, None) if is_silent else may_reply(tx, text, is_answer=bool(counting))
    if counting:
        reply = record_answers(text, counting, {code.incident: writer.locked for _, code in counting})
    else:
        _put_before_people(writer, text, rings=True)
        reply = _how_to_answer(writer) if writer.may_hear else None
    if is_answered and reply is not None:
        there = replace(writer, contact=writer.contact.only_at(mailbox))
        for draft in drafts(there, reply.kind, reply.said):
            writer.locked.work.post(draft)
    return limit


def _mailbox_of(writer: Recipient, address: str) -> str | None:
    """The contact's mailbox with that address, as its tree writes it; None where it has no such one any more."""
    known = {
        each: writer.as_known_now.may_answer(each) or not writer.locked.is_open for each in writer.contact.addresses
    }
    return next((each for each, is_good in known.items() if is_good and each.lower() == address), None)


def _counting(
    writer: Recipient, code: HeldCode | None, mailbox: str, answers: Sequence[WrittenAnswer]
) -> list[tuple[WrittenAnswer, HeldCode]]:
    """The answers, if each names the mail's code or the contact's own, and no PIN is needed, which has no place there.

    Wrong codes are counted: whoever reads the log of a mail server knows a Message-ID, and can forge a sender.
    """
    named = [answer for answer in answers if answer.code]
    if not named or needs_pin(writer):
        return []
    tx, tries = writer.locked.tx, f"{writer.locked.incident.id} {mailbox}"
    good = {each.text: each for each in (code, _own_code(writer)) if each is not None}
    if any(answer.code not in good for answer in named):
        limits.use(tx, WRONG_CODES, tries)
        return []
    if not WRONG_CODES.room(limits.usage(tx, WRONG_CODES, tries), tx.now):
        return []
    return [(answer, good[answer.code]) for answer in named if answer.code]


def _own_code(writer: Recipient) -> HeldCode | None:
    """The contact's own code in the incident, which it may have from another message than the one that it answers."""
    locked, known = writer.locked, known_codes(writer.locked)
    for each in writer.same:
        if code := known.get(each.name):
            return HeldCode(code.id, code.text, locked.incident.id, *each.name, None)
    return None


def _put_before_people(writer: Recipient, text: InboundText, *, rings: bool) -> None:
    """Keep the words in the incident's history, and let the coordinators know."""
    keep_text(writer, text)
    tell = ring_once if rings else notify_coordinators
    tell(writer.locked, Subject.NOT_UNDERSTOOD, writer.id)


def _how_to_answer(writer: Recipient) -> Reply:
    """The reply to words that answer nothing: they went to people, and how an answer counts."""
    asks_pin, is_answered = needs_pin(writer), writer.current_answer() is not None
    code = None if asks_pin or is_answered or not writer.locked.is_open else known_code(writer)
    return reply_to_holder(writer, Kind.NOT_UNDERSTOOD, replace(said(writer), code=code))
