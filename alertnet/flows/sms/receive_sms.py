"""Receives an SMS to our number. The sender and the words decide which flow acts.

It has one effect and one answer (A1).

An open code of the number is tried first, then the member's grammar; anything else from somebody known goes to people.
A stranger's text is only stored, and gets no reply, so that a stranger learns nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.inbound.sms_answers import SmsAnswer, is_opt_out, parse_answers, parse_duty_change, says_more
from alertnet.core.inbound.sms_grammar import parse_report
from alertnet.core.limits import Limit
from alertnet.core.monitoring.self_monitoring import SELF_TEST
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import (
    InTheField,
    contacts_at,
    coordinator_at,
    member_at,
    owners_at,
    staff_at,
)
from alertnet.flows.credentials.pins import without_pins
from alertnet.flows.notifications.floods import may_look, may_reply, tell_drop
from alertnet.flows.notifications.number_tests import answer_by_text
from alertnet.flows.notifications.system_notices import RANKS
from alertnet.flows.sms.answer_by_sms import record_answers
from alertnet.flows.sms.coerced_text import hear_duress
from alertnet.flows.sms.member_texts import hear_member
from alertnet.flows.sms.on_call import change_duty
from alertnet.flows.sms.quarantine import tell_of_stranger
from alertnet.flows.sms.report_by_sms import find_coerced, is_news, receive_report
from alertnet.flows.sms.unclear_sms import pass_on_from_contact, pass_on_from_member, reply_to_holder, reply_unclear
from alertnet.flows.sms.wrong_codes import Consequence, judge_wrong
from alertnet.flows.system.lost_incidents import pass_on_answer
from alertnet.flows.unit.locked_incident import LockedIncident, take_up, take_up_each
from alertnet.flows.unit.unit_of_work import NotificationDraft, UnitOfWork
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.records import inbound
from alertnet.store.records.credentials import lost_codes
from alertnet.store.records.credentials.codes import HeldCode, find_sent, told_codes
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import InboundSms, Recipient, Reply


def receive_sms(tx: Tx, edition: Edition, sms: InboundSms) -> Reply | None:
    """The reply to the text, to be rendered after the commit; None for silence. The same text again changes nothing.

    Our own test of this path is only noted.
    """
    if sms.provider_id == SELF_TEST:
        heartbeats.note(tx, heartbeats.INBOUND)
        return None
    if not inbound.receive(tx, sms):
        return inbound.reply_to(tx.session, sms.provider_id)
    known, reply = _react(tx, edition, sms)
    inbound.record_reply(tx, sms.provider_id, known=known, reply=reply)
    return reply


def receive_late_sms(tx: Tx, edition: Edition, sms: InboundSms) -> None:
    """Receive a text that was not delivered to us in time; the reply is sent as an SMS of its own.

    If the provider delivers it later after all, it gets no answer.
    """
    if not inbound.receive(tx, sms):
        return
    known, reply = _react(tx, edition, sms)
    inbound.record_reply(tx, sms.provider_id, known=known, reply=None)
    if reply is not None and reply.to is not None:
        _post(tx, sms, reply, reply.to)


def _post(tx: Tx, sms: InboundSms, reply: Reply, to: Recipient) -> None:
    locked = take_up(tx, to.incident) if to.incident else None
    work = UnitOfWork(tx)
    draft = NotificationDraft(
        kind=reply.kind,
        contact=to.contact,
        method=MethodKind.SMS,
        address=sms.sender,
        language=reply.language,
        said=reply.said,
        planned_at=tx.now,
        rank=locked.rank(reply.kind) if locked else RANKS[Kind.NOTICE],
        incident=to.incident,
        tree=to.tree,
    )
    work.post(draft)
    work.flush()


def _react(tx: Tx, edition: Edition, written: InboundSms) -> tuple[bool, Reply | None]:
    """Whether the sender is known, and the reply."""
    # Only what checks a PIN sees it; records and pages do not.
    member = member_at(tx, edition.network, written.sender)
    sms = _without_pins(tx, edition, written, member)
    if is_opt_out(sms.body):
        # The network itself answers a STOP, and lets nothing through after it.
        known, _ = _pass_on(tx, edition, sms, member, told_codes(tx, sms.sender), Subject.OPTED_OUT)
        return known, None
    answers = parse_answers(sms.body)
    texts = {answer.code for answer in answers if answer.code}
    sent, incidents = _judged(tx, sms, texts)
    # What is over waits for no answer: words beside its code, which may be an alarm, are for people to read.
    is_for_people = says_more(sms.body) and (member or contacts_at(edition.network, sms.sender))
    if incidents and not (is_for_people and not any(each.is_open for each in incidents.values())):
        return True, record_answers(sms, [(each, sent[each.code]) for each in answers if each.code], incidents)
    guessed = texts - set(sent)
    if guessed and (thanks := answer_by_text(tx, edition, sms, guessed)):
        return True, thanks
    if guessed and (told_before := lost_codes.find(tx, sms.sender, guessed)):
        return True, pass_on_answer(tx, edition, sms, told_before)
    report, reporter = parse_report(written.body), member or coordinator_at(edition.network, sms.sender)
    if report and reporter and (reporter.raises(report) or is_news(tx, reporter, report)):
        return True, receive_report(tx, edition, reporter, report, sms)
    officer = member or staff_at(edition.network, sms.sender)
    change = parse_duty_change(written.body)
    if change is not None and officer is not None and (reply := change_duty(tx, edition, officer, sms, change)):
        return True, reply
    if (heard := hear_member(tx, edition, member, sms, report, guessed))[0]:
        return heard
    coerced = find_coerced(tx, edition, member, report)
    known, reply, limit = _hear_rest(tx, edition, sms, member, answers, sent)
    if report and coerced:
        # A bystander must read the reply to a true PIN.
        hear_duress(tx, edition, coerced, sms, report.verb.value)
    tell_drop(tx, edition.network.in_order, limit)
    return known, reply


def _judged(
    tx: Tx, sms: InboundSms, texts: Collection[str]
) -> tuple[Mapping[str, HeldCode], Mapping[str, LockedIncident]]:
    """Which of those codes the number was sent, and, where each of them counts, their incidents, locked.

    Codes are looked at again under the incidents' locks, where wrong tries are counted: of many texts at the same
    moment each is judged after those before it.
    """
    sent = find_sent(tx, sms.sender, texts) if texts else {}
    if not texts or not all(text in sent and sent[text].counts for text in texts):
        return sent, {}
    incidents = take_up_each(tx, sorted({code.incident for code in sent.values()}), UnitOfWork(tx))
    sent = find_sent(tx, sms.sender, texts)
    are_good = all(text in sent and sent[text].counts and sent[text].incident in incidents for text in texts)
    return sent, incidents if are_good else {}


def _without_pins(tx: Tx, edition: Edition, written: InboundSms, member: InTheField | None) -> InboundSms:
    owners = owners_at(edition.network, written.sender, member)
    return replace(written, body=without_pins(tx, owners, written.body, written.sender))


def _hear_rest(
    tx: Tx,
    edition: Edition,
    sms: InboundSms,
    member: InTheField | None,
    answers: Sequence[SmsAnswer],
    sent: Mapping[str, HeldCode],
) -> tuple[bool, Reply | None, Limit | None]:
    """Handle what acts on nothing (wrong codes, verbs, words); also returns the limit that drops part of it, if any."""
    told = told_codes(tx, sms.sender)
    guessed = [text for text in {answer.code for answer in answers if answer.code} if text not in sent]
    if not (told or sent or member or contacts_at(edition.network, sms.sender)):
        limit = may_look(tx, sms.sender) if guessed else None
        if guessed and limit is None:
            judge_wrong(tx, sms.sender, guessed, told)
        held_back = tell_of_stranger(tx, edition.network, sms)
        return False, None, limit or held_back
    # Decided before any incident is locked; codes that this number was sent are always answered.
    is_answered, limit = (True, None) if sent else may_reply(tx, sms, is_answer=bool(answers))
    consequences = judge_wrong(tx, sms.sender, guessed, told) if guessed else []
    if answers and told:
        reply = _reply_to_holder(tx, sms, told, consequences)
        return True, reply if is_answered or consequences else None, limit
    known, reply = _pass_on(tx, edition, sms, member, told, Subject.NOT_UNDERSTOOD)
    # Whoever tries codes of others gets no answer.
    return known, reply if is_answered and not guessed else None, limit


def _reply_to_holder(
    tx: Tx, sms: InboundSms, told: Sequence[HeldCode], consequences: Sequence[Consequence]
) -> Reply | None:
    """The one reply to codes or verbs that acted on nothing: what became of the number's codes, else which are valid.

    The only number in a text may be a code or a road, so words around it are passed on to people as well (A12).
    """
    now = told_codes(tx, sms.sender) if consequences else told
    reply = reply_unclear(tx, sms, now, Subject.NOT_UNDERSTOOD if says_more(sms.body) else None)
    if not consequences:
        return reply
    last = consequences[-1]
    return reply_to_holder(last.locked, last.code, Kind.NOT_UNDERSTOOD, last.words)


def _pass_on(
    tx: Tx,
    edition: Edition,
    sms: InboundSms,
    member: InTheField | None,
    told: Sequence[HeldCode],
    subject: Subject,
) -> tuple[bool, Reply | None]:
    """Pass the text on to the coordinators, in whatever way the number is known."""
    if told:
        return True, reply_unclear(tx, sms, told, subject)
    if member is not None:
        return True, pass_on_from_member(tx, edition, member, sms, subject)
    if listed := contacts_at(edition.network, sms.sender):
        return True, pass_on_from_contact(tx, edition, listed, sms, subject)
    return False, None
