"""An SMS to our number: whose it is and what it says decide who acts on it; each has one effect and one answer (A1).

An open code of the number is tried first, then the member's grammar; what else somebody known sends goes to people.
A stranger's text is only kept: nothing is answered, so nothing is learnt.
"""

from collections.abc import Sequence

from alertnet.core.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.notification import Kind
from alertnet.core.sms_grammar import Answer, is_opt_out, parse_answers, parse_report, parse_turn
from alertnet.core.watch import SELF_TEST
from alertnet.flows.answer_by_sms import record_answers
from alertnet.flows.case import take_up
from alertnet.flows.coordinators import RANKS
from alertnet.flows.duty import take_turn
from alertnet.flows.held_codes import HeldCode, find_held, open_codes
from alertnet.flows.known_numbers import contacts_at, member_at
from alertnet.flows.outbox import Letter, Outbox
from alertnet.flows.pass_on_sms import pass_on_from_contact, pass_on_from_member
from alertnet.flows.report_by_sms import receive_report
from alertnet.flows.unclear_sms import reply_unclear
from alertnet.flows.wrong_codes import count_wrong_tries, report_foreign
from alertnet.store import inbound, signs
from alertnet.store.inbound import InboundSms, Recipient, Reply
from alertnet.store.pinned import Edition
from alertnet.store.tx import Tx


def receive_sms(tx: Tx, edition: Edition, sms: InboundSms) -> Reply | None:
    """The reply to the text, to be rendered once the commit stands; None: silence. The same again changes nothing.

    Our own test of this path is only noted.
    """
    if sms.provider_id == SELF_TEST:
        signs.note(tx, signs.INBOUND)
        return None
    if not inbound.take(tx, sms):
        return inbound.reply_to(tx.session, sms.provider_id)
    known, reply = _react(tx, edition, sms)
    inbound.settle(tx, sms.provider_id, known=known, reply=reply)
    return reply


def receive_late_sms(tx: Tx, edition: Edition, sms: InboundSms) -> tuple[str, ...]:
    """A text that nobody brought us in time: the same, but for the reply, which goes out as an SMS of its own.

    Whoever brings it after all gets no answer. The calls to hang up, by the provider's ids.
    """
    if not inbound.take(tx, sms):
        return ()
    known, reply = _react(tx, edition, sms)
    inbound.settle(tx, sms.provider_id, known=known, reply=None)
    if reply is None:
        return ()
    if reply.to is not None:
        _post(tx, sms, reply, reply.to)
    return reply.hang_ups


def _post(tx: Tx, sms: InboundSms, reply: Reply, to: Recipient) -> None:
    case = take_up(tx, to.incident) if to.incident else None
    outbox = Outbox(tx)
    letter = Letter(
        kind=reply.kind,
        contact=to.contact,
        method=MethodKind.SMS,
        address=sms.sender,
        language=reply.language,
        said=reply.said,
        planned_at=tx.now,
        rank=case.rank(reply.kind) if case else RANKS[Kind.NOTICE],
        incident=to.incident,
        tree=to.tree,
    )
    outbox.post(letter)
    outbox.flush()


def _react(tx: Tx, edition: Edition, sms: InboundSms) -> tuple[bool, Reply | None]:
    """Whether the sender is known, and the reply."""
    if is_opt_out(sms.body):
        # The network answers a STOP itself, and lets nothing through after it.
        known, _ = _pass_on(tx, edition, sms, Subject.OPTED_OUT)
        return known, None
    answers = parse_answers(sms.body)
    right, wrong = _sorted_by_truth(tx, sms.sender, answers)
    if right:
        reply = record_answers(tx, sms, right)
        _judge(tx, sms.sender, wrong)
        return True, reply
    report, sender = parse_report(sms.body), member_at(edition.network, sms.sender)
    if report is not None and sender is not None:
        return True, receive_report(tx, edition, sender, report, sms.heard_at)
    turn = parse_turn(sms.body)
    if turn is not None and sender is not None and (reply := take_turn(tx, edition, sender, turn)):
        return True, reply
    _judge(tx, sms.sender, wrong)
    if answers and (held := open_codes(tx, sms.sender)):
        return True, reply_unclear(tx, sms, held, None)
    known, reply = _pass_on(tx, edition, sms, Subject.NOT_UNDERSTOOD)
    # Whoever tries codes that are not theirs hears nothing.
    return known, None if wrong else reply


def _sorted_by_truth(tx: Tx, number: str, answers: Sequence[Answer]) -> tuple[list[tuple[Answer, HeldCode]], list[str]]:
    """The answers with a code that is good from that number, and the codes that are not."""
    right, wrong = [], []
    for answer in answers:
        code = find_held(tx, number, answer.code) if answer.code else None
        if code is not None:
            right.append((answer, code))
        elif answer.code:
            wrong.append(answer.code)
    return right, wrong


def _judge(tx: Tx, number: str, wrong: Sequence[str]) -> None:
    """Report other people's codes, and count the rest against a number that holds codes of its own."""
    slips = [text for text in wrong if not report_foreign(tx, number, text)]
    if slips and (held := open_codes(tx, number)):
        count_wrong_tries(tx, number, held, len(slips))


def _pass_on(tx: Tx, edition: Edition, sms: InboundSms, subject: Subject) -> tuple[bool, Reply | None]:
    """Let the coordinators have the text, by whatever makes the number known."""
    if held := open_codes(tx, sms.sender):
        return True, reply_unclear(tx, sms, held, subject)
    if sender := member_at(edition.network, sms.sender):
        return True, pass_on_from_member(tx, edition, sender, sms, subject)
    if listed := contacts_at(edition.network, sms.sender):
        return True, pass_on_from_contact(tx, edition, listed, sms, subject)
    return False, None
