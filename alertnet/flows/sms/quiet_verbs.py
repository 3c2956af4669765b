"""Texts of the field that raise nothing: a test of the way to us, a low battery, a language, a turn of duty (B4).

After a duress PIN the reply is that to a true one, and the coordinators are alarmed.
"""

from dataclasses import replace
from typing import Any

from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.directory.on_call import Arrangement, Duty, shift_at
from alertnet.core.disclosure import Subject
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.on_the_road.check_in_text import has_words
from alertnet.core.inbound.sms_answers import DutyChange
from alertnet.core.inbound.sms_grammar import Report
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import InTheField, in_own_language
from alertnet.flows.credentials.pins import PinCheck
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.notifications.floods import may_reply
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.flows.sms.coerced_text import hear_duress
from alertnet.flows.sms.field_text import FieldText, take_up_found
from alertnet.flows.sms.unclear_sms import pass_on_from_member
from alertnet.flows.system.duty import arrange
from alertnet.flows.unit.locked_incident import LockedIncident, take_up_each
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents, on_call, timeline
from alertnet.store.records.credentials import languages
from alertnet.store.records.inbound import Reply

QUIET_VERBS = frozenset({FieldVerb.TEST, FieldVerb.LOW_BATTERY, FieldVerb.LANGUAGE})
_SHOWN = {PinCheck.TRUE: "PIN OK", PinCheck.DURESS: "PIN OK", PinCheck.WRONG: "PIN ?", PinCheck.CLOSED: "PIN ?"}


def receive_quiet_verb(text: FieldText, report: Report) -> Reply | None:
    """Answer it, and store what it says about the phone; people read the words besides it (A12)."""
    tx = text.tx
    is_answered, _ = may_reply(tx, text.sms, is_answer=True)
    check = text.prove(report)
    timeline.note(tx, f"{report.verb.value}_received", by=text.sender.owner, pin=check.value)
    changes_language = report.verb is FieldVerb.LANGUAGE and check.suffices
    if changes_language and report.language:
        text = replace(text, sender=_choose_language(tx, text.sender, report.language))
    words = replace(text.sender.words, at=tx.now, **_words(report, check, changes_language=changes_language))
    if has_words(report.text) or words.subject is Subject.NOT_COUNTED:
        pass_on_from_member(text, Subject.NOT_UNDERSTOOD)
    if report.verb is FieldVerb.LOW_BATTERY and is_answered:
        _save_battery(tx, text.sender)
    if check is PinCheck.DURESS or report.cries:
        hear_duress(text, report)
    return None if text.sender.member.silent or not is_answered else text.reply(Kind.RECEIPT, words)


def change_duty(text: FieldText, change: DutyChange) -> Reply | None:
    """ON or OFF by SMS, until the turn changes; None if overtaken, where the PIN is wrong, or no rota has the sender.

    Under duress the reply is the same, the phone goes off duty unless overtaken, and the coordinators are alarmed.
    """
    tx, sender = text.tx, text.sender
    posts = [post for post in text.edition.network.with_duty if sender.owner in post[2].by_name]
    check = text.try_pin(change.pin) if posts else PinCheck.NONE_SET
    if not check:
        return None
    duress = check is PinCheck.DURESS
    if duress:
        hear_duress(text, None)
    if any(_is_overtaken(text, *post) for post in posts):
        return None
    for tree, contact, duty in posts:
        ends_at = shift_at(duty, tree.timezone, tx.now).ends_at
        arrangement = Arrangement(sender.owner, change.is_on and not duress, tx.now, ends_at)
        arrange(tx, tree, contact, arrangement, sender.owner)
    named = ", ".join(dict.fromkeys(contact.id for _, contact, _ in posts))
    words = replace(sender.words, subject=Subject.ON_DUTY if change.is_on else Subject.OFF_DUTY, about=named)
    return text.reply(Kind.NOTICE, words)


def _is_overtaken(text: FieldText, tree: ContactTree, contact: Contact, duty: Duty) -> bool:
    """Whether it is heard so late that its turn is over, or that somebody has arranged that duty since."""
    turn = shift_at(duty, tree.timezone, text.tx.now).starts_at
    arranged_at = on_call.last_arranged(text.tx, tree.id, contact.id)
    return text.written_at < max(turn, arranged_at or turn)


def _words(report: Report, pin: PinCheck, *, changes_language: bool) -> dict[str, Any]:
    """What the reply says. A test tells whether the PIN is right, and says so for the duress PIN, too."""
    if report.verb is FieldVerb.LOW_BATTERY:
        return {"subject": Subject.LOW_BATTERY}
    if changes_language:
        return {"subject": Subject.LANGUAGE, "names": (f"LANG {report.language}".upper(),)}
    if report.verb is FieldVerb.LANGUAGE:
        return {"subject": Subject.NOT_COUNTED}
    shown = _SHOWN.get(pin)
    return {"subject": Subject.TESTED, "names": ("TEST", shown) if shown else ("TEST",)}


def _choose_language(tx: Tx, sender: InTheField, language: str) -> InTheField:
    """The member with its new language, which also applies to what its phone has open."""
    languages.choose(tx, sender.owner, language)
    known = incidents.all_open_of_phone(tx, sender.member.phone, held_by=sender.reports_for)
    # Lock them in the order of their ids, so that two flows never wait for each other.
    for locked in take_up_each(tx, sorted(each.id for each in known)).values() if known else ():
        _note_of_phone(locked, sender.member.phone, field_language=language)
        locked.finish()
    return in_own_language(tx, sender)


def _save_battery(tx: Tx, sender: InTheField) -> None:
    """Let each level of its open incident write to the phone at most once; the coordinators are told in any case."""
    phone = sender.member.phone
    locked = take_up_found(tx, lambda: incidents.open_of_phone(tx, phone, held_by=sender.reports_for))
    if locked is None:
        announced = Announcement(Kind.NOTICE, Subject.LOW_BATTERY, sender.team.id, sender.owner)
        tell_coordinators(tx, sender.trees, announced)
        return
    if any(each.facts.field_low_since is None for each in locked.raised_from(phone)):
        _note_of_phone(locked, phone, field_low_since=tx.now)
        locked.record("battery_low", by=sender.owner)
        notify_coordinators(locked, Subject.LOW_BATTERY, sender.owner)
    locked.finish()


def _note_of_phone(locked: LockedIncident, phone: str, **news: Any) -> None:
    """Store what a phone says about itself with its own report, which may be a part of another phone's incident."""
    for report in locked.raised_from(phone):
        facts = replace(report.facts, **news)
        if report is locked.incident:
            locked.change_facts(facts)
        else:
            locked.save_part(report, facts)
