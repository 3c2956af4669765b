"""Receives a mail that answers one of ours, or says that it bounced; the same mail again changes nothing (A1, A6, A12).

It counts only from a mailbox of the contact that we wrote to, with the code of that mail, in words of its own. All else
that somebody writes is for the coordinators to read; what a machine writes gets no reply.
"""

from collections.abc import Sequence
from datetime import datetime

from alertnet.core.codec import replace
from alertnet.core.delivery.written_mail import WrittenMail
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.quorum import Via
from alertnet.core.inbound.sms_answers import SmsAnswer, parse_answers
from alertnet.core.limits import Limit
from alertnet.core.notification import AttemptStatus, Failure, Kind
from alertnet.flows.credentials.pins import has_pin, shown
from alertnet.flows.credentials.written_codes import known_code
from alertnet.flows.escalation.pin_proof import owner_of_pin
from alertnet.flows.notifications.compose import drafts, notify_coordinators, said
from alertnet.flows.notifications.floods import may_reply, ring_once, tell_drop
from alertnet.flows.sending.locked_attempt import lock_attempt
from alertnet.flows.sms.answer_by_sms import keep_text, record_answers, reply_to_holder
from alertnet.flows.unit.locked_incident import Recipient, take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound
from alertnet.store.records.credentials.codes import HeldCode
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import InboundSms, Reply
from alertnet.store.views import sent_mails
from alertnet.store.views.sent_mails import SentMail

_NO_SUCH_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.2.1")
"""Statuses by which the address itself is bad (RFC 3463 3.2 and 3.3, RFC 7505)."""


def receive_mail(tx: Tx, edition: Edition, mail: WrittenMail, heard_at: datetime) -> None:
    """Receive the mail, which reached the mailbox at `heard_at`; one that answers none of ours is left there."""
    sent = sent_mails.find(tx.session, mail.answers)
    text = InboundSms(mail.id, mail.sender, "", mail.words, heard_at, mail.attached, Via.EMAIL)
    if sent is None or not inbound.receive(tx, text):
        return
    if mail.bounced is not None:
        _bounce(tx, sent, mail.bounced)
    elif sent.incident is not None and sent.tree is not None:
        locked = take_up(tx, sent.incident)
        if sent.tree in locked.plans:
            limit = _hear(locked.recipient(sent.tree, sent.contact), sent, mail, text)
            locked.finish()
            tell_drop(tx, edition.network.in_order, limit)


def _bounce(tx: Tx, sent: SentMail, status: str) -> None:
    """Record that the mail reached nobody, so that the contact's next method goes at once."""
    failure = Failure.INVALID if status in _NO_SUCH_MAILBOX else Failure.BOUNCED
    for id, provider_id in sent_mails.attempts_of(tx.session, sent.notification):
        locked = lock_attempt(tx, id)
        if locked is not None and provider_id is not None:
            locked.apply_status(provider_id, AttemptStatus.FAILED, failure, status)
            locked.finish()


def _hear(writer: Recipient, sent: SentMail, mail: WrittenMail, text: InboundSms) -> Limit | None:
    """Let the mail answer, or put it before people; gives the limit that drops the reply, if one does."""
    tx, mailbox = writer.locked.tx, _mailbox_of(writer, mail.sender)
    words = shown(tx, ["/".join(each) for each in writer.names], mail.words or mail.whole, mail.sender)
    if mailbox is None or mail.is_automatic:
        _put_before_people(writer, replace(text, body=f"{mail.sender}: {words.text}"), rings=not mail.is_automatic)
        return None
    text = replace(text, sender=mailbox, body=words.text)
    counting = _counting(writer, sent.code, parse_answers(words.text) if mail.words else ())
    is_answered, limit = may_reply(tx, text, is_answer=bool(counting))
    if counting:
        reply = record_answers(text, counting, {counting[0][1].incident: writer.locked})
    else:
        _put_before_people(writer, text, rings=True)
        reply = _how_to_answer(writer) if writer.may_hear else None
    if words.forced:
        notify_coordinators(writer.locked, Subject.READ_FIRST, writer.id, besides=writer, never_nobody=True)
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
    writer: Recipient, code: HeldCode | None, answers: Sequence[SmsAnswer]
) -> list[tuple[SmsAnswer, HeldCode]]:
    """The answer, if it names the code of the mail, and no PIN is needed, which has no place in a mail."""
    if code is None or [answer.code for answer in answers] != [code.text]:
        return []
    return [] if has_pin(writer.locked.tx, owner_of_pin(writer)) else [(answers[0], code)]


def _put_before_people(writer: Recipient, text: InboundSms, *, rings: bool) -> None:
    """Keep the words in the incident's history, and let the coordinators know."""
    keep_text(writer, text)
    tell = ring_once if rings and writer.locked.is_open else notify_coordinators
    tell(writer.locked, Subject.NOT_UNDERSTOOD, writer.id)


def _how_to_answer(writer: Recipient) -> Reply:
    """The reply to words that answer nothing: they went to people, and how an answer counts."""
    needs_pin = has_pin(writer.locked.tx, owner_of_pin(writer))
    is_answered = writer.current_answer() is not None
    code = None if needs_pin or is_answered or not writer.locked.is_open else known_code(writer)
    return reply_to_holder(writer, Kind.NOT_UNDERSTOOD, replace(said(writer), code=code))
