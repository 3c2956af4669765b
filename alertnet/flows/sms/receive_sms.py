"""Receives an SMS to our number. The sender and the words decide which flow acts.

It has one effect and one answer (A1).

An open code of the number is tried first, then the member's grammar; anything else from somebody known goes to people.
A stranger's text is only stored, and gets no reply, so that a stranger learns nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.disclosure import Subject
from alertnet.core.errors import Purged
from alertnet.core.inbound.sms_answers import is_opt_out, parse_answers, parse_duty_change, says_more
from alertnet.core.inbound.sms_grammar import Report, parse_report
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
from alertnet.flows.credentials.pins import shown
from alertnet.flows.credentials.written_codes import about_what_is_real, readable_codes
from alertnet.flows.notifications.floods import may_look, may_reply, tell_drop
from alertnet.flows.notifications.number_tests import answer_by_text
from alertnet.flows.notifications.system_notices import RANKS
from alertnet.flows.notifications.wrong_codes import Consequence, judge_wrong, tell_number
from alertnet.flows.sms.answer_by_sms import record_answers, reply_to_holder
from alertnet.flows.sms.coerced_text import hear_duress, is_coerced
from alertnet.flows.sms.field_text import FieldText
from alertnet.flows.sms.member_texts import hear_report, read_member
from alertnet.flows.sms.quarantine import tell_of_stranger
from alertnet.flows.sms.quiet_verbs import change_duty
from alertnet.flows.sms.unclear_sms import pass_on_from_contact, pass_on_from_member, reply_unclear
from alertnet.flows.system.restored_backup import pass_on_answer
from alertnet.flows.unit.locked_incident import LockedIncident, take_up, take_up_each
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.store.db.session import UNREADABLE
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.records import inbound
from alertnet.store.records.credentials import lost_codes
from alertnet.store.records.credentials.codes import HeldCode, find_sent, told_codes
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import Addressee, InboundText, Reply
from alertnet.store.records.incidents import are_readable
from alertnet.store.records.notifications import NotificationDraft

Heard = tuple[bool, Reply | None]
"""Whether the sender of a text is known, and the reply; None for silence."""


def receive_sms(tx: Tx, edition: Edition, sms: InboundText) -> Reply | None:
    """The reply to the text, to be rendered after the commit; None for silence. The same text again changes nothing.

    Our own test of this path is only noted.
    """
    if sms.provider_id == SELF_TEST:
        heartbeats.note(tx, heartbeats.INBOUND)
        return None
    if not inbound.receive(tx, sms):
        return inbound.reply_to(tx.session, sms.provider_id)
    known, reply = _react(_Text(tx, edition, sms))
    inbound.record_reply(tx, sms.provider_id, known=known, reply=reply)
    return reply


def receive_late_sms(tx: Tx, edition: Edition, sms: InboundText) -> None:
    """Receive a text that was not delivered to us in time; the reply is sent as an SMS of its own.

    If the provider delivers it later after all, it gets no answer.
    """
    if not inbound.receive(tx, sms):
        return
    known, reply = _react(_Text(tx, edition, sms))
    inbound.record_reply(tx, sms.provider_id, known=known, reply=None)
    if reply is not None and reply.to is not None:
        post_reply(tx, sms, reply, reply.to)


def post_reply(tx: Tx, sms: InboundText, reply: Reply, to: Addressee) -> None:
    """Send the reply as a message of its own, the way that the text came."""
    locked = take_up(tx, to.incident) if to.incident else None
    work = UnitOfWork(tx)
    draft = NotificationDraft(
        kind=reply.kind,
        contact=to.contact,
        method=MethodKind(sms.via),
        address=sms.sender,
        language=reply.language,
        said=reply.said,
        planned_at=tx.now,
        rank=locked.rank(reply.kind) if locked else RANKS[Kind.NOTICE],
        incident_id=to.incident,
        tree=to.tree,
    )
    work.post(draft)
    work.flush()


class _Text:
    """A text with what it may answer, and whose number it came from; the rest is looked up when it is first needed."""

    def __init__(self, tx: Tx, edition: Edition, came: InboundText) -> None:
        # What is kept is what is read: no network joins more, and a million characters would hold up all others (A11).
        written = replace(came, body=came.body[: inbound.LONGEST_BODY])
        self.tx, self.edition, self.written = tx, edition, written
        self.member = member_at(tx, edition.network, written.sender)
        owners = owners_at(edition.network, written.sender, self.member)
        self.shown = shown(tx, owners, written.body, written.sender)
        self.sms = replace(written, body=self.shown.text, is_forced=bool(self.shown.forced))
        """As it is shown and kept: only what checks a PIN sees it."""
        self.answers = parse_answers(self.sms.body)
        self.codes = {answer.code for answer in self.answers if answer.code}

    @cached_property
    def listed(self) -> list[tuple[ContactTree, Contact]]:
        """The contacts with its number."""
        return contacts_at(self.edition.network, self.written.sender)

    @cached_property
    def told(self) -> Sequence[HeldCode]:
        """All codes that its number was sent, valid or not, for incidents that can be read."""
        return readable_codes(self.tx, self.written.sender)

    @cached_property
    def real(self) -> Sequence[HeldCode]:
        """Those of all these codes that are not of a drill."""
        return about_what_is_real(self.tx, self.told)

    @cached_property
    def judged(self) -> tuple[Mapping[str, HeldCode], Mapping[str, LockedIncident]]:
        """Which of its codes the number was sent, and, where each of them counts, their incidents, locked.

        No incidents where one can't be read: what answers it is then for people to read (A12).

        Codes are looked at again under the incidents' locks, where wrong tries are counted: of many texts at the same
        moment each is judged after those before it.
        """
        held: dict[str, LockedIncident] = {}
        while True:
            sent = find_sent(self.tx, self.sms.sender, self.codes) if self.codes else {}
            if not self.codes or not all(code in sent and sent[code].counts for code in self.codes):
                return sent, {}
            incidents = {code.incident for code in sent.values()}
            if incidents <= held.keys():
                return sent, {id: held[id] for id in incidents}
            try:
                held |= take_up_each(self.tx, sorted(incidents - held.keys()))
            except Purged:
                continue  # Meanwhile: its codes are no more.
            except UNREADABLE:
                if are_readable(self.tx.session, incidents):
                    raise
                return sent, {}

    @property
    def guessed(self) -> set[str]:
        """Those of its codes that the number was never sent."""
        sent, _ = self.judged
        return self.codes - sent.keys()

    @property
    def former(self) -> list[tuple[ContactTree, Contact]]:
        """Whom its codes were sent to in incidents that are over, as those know them."""
        sent, incidents = self.judged
        known = [(incidents[code.incident], code) for code in sent.values() if code.incident in incidents]
        return [
            (each.tree(code.tree), each.contact(code.tree, code.contact))
            for each, code in known
            if code.tree in each.plans
        ]

    @cached_property
    def report(self) -> Report | None:
        """What it reports, if its sender may report."""
        if self.from_member is not None:
            return read_member(self.from_member, self.written.body)
        return parse_report(self.written.body, self.edition.network.people)

    @cached_property
    def from_member(self) -> FieldText | None:
        """The text as its member's, if a member has the number."""
        return self.by(self.member) if self.member else None

    def by(self, sender: InTheField) -> FieldText:
        """The text as that one's who has the number."""
        return FieldText(self.tx, self.edition, sender, self.sms, is_forced=sender.owner in self.shown.forced)

    @property
    def is_for_people(self) -> bool:
        """Whether there are words beside codes and verbs."""
        return says_more(self.sms.body)


def _react(text: _Text) -> Heard:
    """Let the first act that the text is for; what is for none of them is for people."""
    for hear in (_hear_stop, _hear_answers, _hear_number_test, _hear_lost_code, _hear_report, _hear_duty):
        if (heard := hear(text)) is not None:
            return heard
    return _hear_rest(text)


def _hear_stop(text: _Text) -> Heard | None:
    if not is_opt_out(text.written.body):
        return None
    # The network itself answers a STOP, and lets nothing through after it.
    known, _ = _pass_on(text, Subject.OPTED_OUT)
    return known, None


def _hear_answers(text: _Text) -> Heard | None:
    sent, incidents = text.judged
    # What is over waits for no answer: words beside its code, which may be an alarm, are for people to read.
    if not incidents or (text.is_for_people and not any(each.is_open for each in incidents.values())):
        return None
    return True, record_answers(text.sms, [(each, sent[each.code]) for each in text.answers if each.code], incidents)


def _hear_number_test(text: _Text) -> Heard | None:
    thanks = answer_by_text(text.tx, text.edition, text.sms, text.guessed) if text.guessed else None
    return _heard_beside_duress(text, thanks) if thanks else None


def _hear_lost_code(text: _Text) -> Heard | None:
    told_before = lost_codes.find(text.tx, text.sms.sender, text.guessed) if text.guessed else None
    if not told_before:
        return None
    return _heard_beside_duress(text, pass_on_answer(text.tx, text.edition, text.sms, told_before))


def _heard_beside_duress(text: _Text, reply: Reply | None) -> Heard:
    """Put a text with a PIN for duress beside a code of no incident before people; its reply is that to a true PIN."""
    member = text.from_member
    if member is not None and member.is_forced:
        hear_duress(member, text.report)
    elif text.sms.is_forced:
        _pass_on(text, Subject.NOT_UNDERSTOOD)
    return True, reply


def _hear_report(text: _Text) -> Heard | None:
    reporter = text.member or coordinator_at(text.edition.network, text.sms.sender)
    if text.report is None or reporter is None:
        return None
    is_one, reply = hear_report(text.by(reporter), text.report, text.guessed)
    return (True, reply) if is_one else None


def _hear_duty(text: _Text) -> Heard | None:
    officer = text.member or staff_at(text.edition.network, text.sms.sender)
    change = parse_duty_change(text.written.body)
    reply = change_duty(text.by(officer), change) if officer is not None and change is not None else None
    return (True, reply) if reply else None


def _hear_rest(text: _Text) -> Heard:
    member = text.from_member
    coerced = member if member and is_coerced(member, text.report) else None
    known, reply, limit = _pass_on_rest(text)
    if coerced:
        # A bystander must read the reply to a true PIN.
        hear_duress(coerced, text.report)
    tell_drop(text.tx, text.edition.network, limit)
    return known, reply


def _pass_on_rest(text: _Text) -> tuple[bool, Reply | None, Limit | None]:
    """Handle what acts on nothing (wrong codes, verbs, words); also returns the limit that drops part of it, if any."""
    tx, sms, told, guessed, (sent, _) = text.tx, text.sms, text.told, text.guessed, text.judged
    if not (told or sent or text.member or text.listed):
        limit = may_look(tx, sms.sender) if guessed else None
        if guessed and limit is None:
            judge_wrong(tx, sms.sender, guessed, told)
        held_back = tell_of_stranger(tx, text.edition.network, sms)
        return False, None, limit or held_back
    # Decided before any incident is locked; codes that this number was sent are always answered.
    asks, from_field = bool(text.answers), text.member is not None
    is_answered, limit = (True, None) if sent else may_reply(tx, sms, is_answer=asks, from_field=from_field)
    consequences = judge_wrong(tx, sms.sender, guessed, told) if guessed else []
    tell_number(sms.sender, consequences[:-1])
    is_practice = text.is_for_people and not consequences and bool(told) and not text.real
    if text.answers and told and not is_practice:
        reply = _reply_to_holder(text, consequences)
        return True, reply if is_answered or consequences else None, limit
    known, reply = _pass_on(text, Subject.NOT_UNDERSTOOD)
    return known, reply if is_answered else None, limit


def _reply_to_holder(text: _Text, consequences: Sequence[Consequence]) -> Reply | None:
    """The one reply to codes or verbs that acted on nothing: what became of the number's codes, else which are valid.

    The only number in a text may be a code or a road, so words around it are passed on to people as well (A12).
    """
    tx, sms = text.tx, text.sms
    now = told_codes(tx, sms.sender) if consequences else text.told
    reply = reply_unclear(tx, sms, now, Subject.NOT_UNDERSTOOD if text.is_for_people else None)
    if not consequences:
        return reply
    last = consequences[-1]
    return reply_to_holder(last.holder, Kind.NOT_UNDERSTOOD, last.words)


def _pass_on(text: _Text, subject: Subject) -> Heard:
    """Pass the text on to the coordinators, in whatever way the number is known.

    What somebody writes during a drill, besides answers to it, is about what is real (A12).
    """
    tx, edition, sms = text.tx, text.edition, text.sms
    if text.real:
        return True, reply_unclear(tx, sms, text.real, subject)
    if text.from_member is not None:
        return True, pass_on_from_member(text.from_member, subject)
    if text.listed:
        return True, pass_on_from_contact(tx, edition, text.listed, sms, subject)
    if text.told:
        return True, reply_unclear(tx, sms, text.told, subject)
    if text.former:
        return True, pass_on_from_contact(tx, edition, text.former, sms, subject, has_left=True)
    return False, None
