"""A member asks by SMS to withdraw an alarm: coordinators are asked to speak with the team, and the alarm goes on (B4).

Only a coordinator closes the incident; those who were told hear of it then. From now on nothing automatic reaches the
team's phones. After a duress PIN the phone sees exactly the same, and the incident becomes critical.
"""

from collections.abc import Mapping
from dataclasses import replace

from alertnet.core.disclosure import Subject
from alertnet.core.errors import Unknown
from alertnet.core.inbound.field_report import withdrawn
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.sms_grammar import Report
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import InTheField
from alertnet.flows.credentials.pins import PinCheck, numbers_in, without_numbers
from alertnet.flows.escalation.escalate import apply_facts
from alertnet.flows.incidents.merged_reports import mark_anew
from alertnet.flows.notifications.floods import may_reply, ring_once
from alertnet.flows.sms.coerced_text import hear_duress
from alertnet.flows.sms.field_text import FieldText, take_up_found
from alertnet.flows.sms.unclear_sms import pass_on_from_member
from alertnet.flows.unit.locked_incident import LockedIncident, look_at
from alertnet.store.records import incidents
from alertnet.store.records.inbound import Reply


def withdrawable(text: FieldText, ref: str | None) -> str | None:
    """The open incident that the member may withdraw: the one named, else its phone's, else its team's last.

    None where there is none, or it is another's.
    """
    tx, phone, team = text.tx, text.sender.member.phone, text.sender.team.id
    known = incidents.all_open_of_phone(tx, phone, held_by=team, team=team)
    shown = [each for each in known if not each.facts.hidden_from_phone]
    if ref is None:
        own = [each for each in shown if phone in (each.facts.raised_from, *each.facts.also_from)]
        found = next(iter(own or shown), None)
    else:
        try:
            named = incidents.id_of(tx, ref)
        except Unknown:
            return None
        found = next((each for each in shown if each.id == named), None)
    return found.id if found is not None and not found.facts.lone_text else None


def is_cry_all_the_same(text: FieldText, report: Report) -> bool:
    """Whether a text that begins with SOS and speaks of a mistake is an SOS: nothing is open that it may withdraw.

    With a PIN and no other words it is not: believed at once, it would go to everybody, and what was a mistake may just
    have been closed. Coordinators read it.
    """
    is_one = report.verb is FieldVerb.WITHDRAW and report.panic and (report.pin is None or report.text is not None)
    return is_one and withdrawable(text, report.ref) is None


def receive_withdrawal(text: FieldText, id: str, report: Report) -> Reply | None:
    """Ask the coordinators to confirm it; without the right PIN, or once it is over, they only read the text (A12)."""
    check = text.prove(report)
    locked = take_up_found(text.tx, lambda: withdrawable(text, report.ref)) if check.suffices else None
    if locked is not None:
        words = without_numbers(report.text or "", numbers_in(text.sms.body)) or None
        _ask(locked, text.sender, check, words, text.sms.attachments)
        locked.finish()
        return _reply(text, locked, Subject.WITHDRAWAL)
    passed_on = pass_on_from_member(text, Subject.NOT_UNDERSTOOD)
    if text.is_forced or check is PinCheck.DURESS:
        hear_duress(text, report)
    is_answered, _ = may_reply(text.tx, text.sms, is_answer=True)
    reply = passed_on if check.suffices else _reply(text, look_at(text.tx, id), Subject.NOT_WITHDRAWN)
    return reply if is_answered else None


def _ask(
    locked: LockedIncident, sender: InTheField, check: PinCheck, text: str | None, came_with: Mapping[str, object]
) -> None:
    duress, known = check is PinCheck.DURESS, locked.facts
    entry = {"by": sender.owner, "understood": ["FALSE"], "text": text, "pin": check.value, **came_with}
    openly = {"openly": known.severity} if duress and not known.duress else {}
    locked.record("withdrawal_asked", **entry, **openly)
    mark_anew(locked, withdrawn=True, duress=duress)
    apply_facts(locked, withdrawn(known, duress=duress))
    ring_once(locked, Subject.WITHDRAWAL, sender.team.id, anew=duress and not known.duress)


def _reply(text: FieldText, about: LockedIncident, subject: Subject) -> Reply | None:
    # Duress must change none of these words, since a bystander reads them.
    if text.sender.member.silent:
        return None
    ref = about.ref_raised_from(text.sender.member.phone)
    words = replace(text.sender.words, ref=ref, at=text.tx.now, subject=subject)
    return text.reply(Kind.RECEIPT, words, about=about, at_once_only=subject is Subject.WITHDRAWAL)
