"""Check-ins by SMS: the PIN decides what counts; the reply says what was understood and what is expected next (B4).

After a duress PIN the reply is, byte for byte, that to a true one; but those who were told of an incident get no news
of it.
"""

from dataclasses import replace
from datetime import datetime

from alertnet.core.disclosure import Subject
from alertnet.core.inbound.check_in_text import gaps_in, has_words, legs_in
from alertnet.core.inbound.field_report import echoed
from alertnet.core.inbound.journey import LONGEST_DELAY, TYPED
from alertnet.core.inbound.sms_grammar import FieldVerb, Report
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import InTheField
from alertnet.flows.credentials.pins import PinCheck
from alertnet.flows.journeys.check_in import CheckedIn, Heard, begin_journey, check_in, zone_ahead
from alertnet.flows.notifications.floods import may_reply
from alertnet.flows.sms.coerced_text import hear_duress
from alertnet.flows.sms.report_by_sms import try_own_pin
from alertnet.flows.sms.unclear_sms import pass_on_from_member
from alertnet.store.db.tx import Tx
from alertnet.store.records import timeline
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import InboundSms, Recipient, Reply

NOTHING = CheckedIn(counts=False)


def receive_check_in(tx: Tx, edition: Edition, sender: InTheField, sms: InboundSms, report: Report) -> Reply | None:
    """Record a member's check-in. What does not count, and all words besides it, are passed on to people (A12)."""
    at = sms.heard_at or tx.now
    check = try_own_pin(tx, sender, report.pin)
    duress = check is PinCheck.DURESS
    entry = {"by": sender.owner, "said": report.verb.value, "at": at.isoformat(), "pin": check.value}
    timeline.append(tx, timeline.SYSTEM, ("checked_in", entry))
    heard = Heard(report.verb, at, report.pin if check else None, duress=duress)
    came_of_it = _act(tx, sender, sms, report, heard) if check.suffices else NOTHING
    if not came_of_it.counts or has_words(report.text):
        pass_on_from_member(tx, edition, sender, sms, Subject.NOT_UNDERSTOOD)
    if duress:
        hear_duress(tx, edition, sender, sms, report.verb.value)
    if not came_of_it.counts and not may_reply(tx, sms, is_answer=True)[0]:
        return None
    return _reply(edition, sender, report, at, came_of_it)


def _act(tx: Tx, sender: InTheField, sms: InboundSms, report: Report, heard: Heard) -> CheckedIn:
    at = heard.at
    zone = zone_ahead(tx, sender, at) if report.verb is FieldVerb.EXTEND else sender.words.timezone
    legs = legs_in(sms.body, at, zone)
    if report.verb is FieldVerb.DEPART and legs:
        return begin_journey(tx, sender, legs, gaps_in(sms.body, at, zone), heard, report)
    if report.verb is FieldVerb.EXTEND:
        until = legs[0].expected_at if legs and legs[0].expected_at > at else None
        delay = until if report.longer is None else report.longer
        if delay is None or (report.longer and report.longer > LONGEST_DELAY):
            return NOTHING
        heard = replace(heard, delay=delay)
    return check_in(tx, sender.team.id, sender.member.id, heard)


def _reply(edition: Edition, sender: InTheField, report: Report, at: datetime, came: CheckedIn) -> Reply | None:
    # Duress must change none of these words, since a bystander reads them.
    if sender.member.silent:
        return None
    # A text that has to be sent otherwise is answered without names, and so by how to send it.
    is_understood = came.counts or came.is_needless
    words = replace(
        sender.words,
        at=at,
        names=(TYPED[report.verb], *_understood(report, came, sender.words.timezone)) if is_understood else (),
        subject=Subject.CHECKED_IN if came.counts else Subject.NOT_COUNTED,
        awaited=came.awaited.shown(at, home=sender.words.timezone) if came.awaited else None,
    )
    # Once an incident is open somebody else may hold the phone, so nothing is sent to it later.
    to = None if came.is_late else Recipient(sender.owner, sender.tree.id)
    return Reply(Kind.RECEIPT, sender.member.language, words, edition.templates, to)


def _understood(report: Report, came: CheckedIn, zone: str) -> tuple[str, ...]:
    """Who is on the road, with which consent, and where there is no coverage, as codes."""
    with_it = echoed(replace(report, place=None)) if report.verb is FieldVerb.DEPART and came.counts else ()
    return (*with_it, *(gap.shown(zone) for gap in came.gaps))
