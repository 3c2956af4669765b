"""Reports from the field: SOS, HELP and ALERT open an incident or join one just opened; NEWS joins the latest (B3, B4).

The PIN decides what is believed; in the reply it decides only whether the report is called verified. After a duress PIN
the reply is, byte for byte, that to a true one.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from alertnet.core.disclosure import Subject
from alertnet.core.escalation.state import Status
from alertnet.core.inbound.field_report import (
    add_to,
    as_grave_as,
    echoed,
    facts_of,
    joined,
    news_of,
    reports_nothing,
    severity_of,
    understood,
)
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.sms_grammar import Report, parse_report
from alertnet.core.incident import IN_CUSTODY, Facts, Severity, gravest, narrowest
from alertnet.core.notification import Kind, PromptAnswer, PromptKind
from alertnet.core.resolution.known_people import with_records
from alertnet.flows.credentials.pins import PinCheck, numbers_in, try_pin, without_numbers
from alertnet.flows.escalation.escalate import apply_facts, tell_more
from alertnet.flows.escalation.record_decision import decide
from alertnet.flows.incidents.lone_text import add_trees, open_text
from alertnet.flows.incidents.merged_reports import learn_from, mark_anew
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.incidents.update import propose
from alertnet.flows.notifications import field_reassurance, prompts
from alertnet.flows.notifications.contact_pins import tell_closing
from alertnet.flows.notifications.floods import ring_once
from alertnet.flows.sms.field_text import FieldText, take_up_found
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.records import incidents, timeline
from alertnet.store.records.inbound import Reply
from alertnet.store.views.pauses import silent_until

JOINS_FOR = timedelta(minutes=10)
"""A report of the same phone within this time is about the same event."""


def is_news(text: FieldText, report: Report) -> bool:
    """Whether a report is news of an open incident."""
    return report.verb is FieldVerb.UPDATE and _news_is_of(text) is not None


def _news_is_of(text: FieldText) -> str | None:
    """The open incident that the phone raised last, else the only one of its team; None where it is a text or none.

    A cry for help from a phone that has raised nothing is an alarm of its own. Whether it is one is read without its
    PIN: that for duress is heard as a cry, and must be answered as the true one is.
    """
    team = text.sender.reports_for
    own = incidents.open_of_phone(text.tx, text.phone, held_by=team)
    if own is not None:
        return None if incidents.get(text.tx.session, own).facts.lone_text else own
    shown = parse_report(text.sms.body, text.edition.network.people)
    if team is None or (shown is not None and shown.cries):
        return None
    known = incidents.all_open_of_phone(text.tx, text.phone, held_by=team, team=team)
    of_team = [each.id for each in known if not (each.facts.lone_text or each.facts.hidden_from_phone)]
    return of_team[0] if len(of_team) == 1 else None


def receive_report(text: FieldText, report: Report) -> Reply:
    """Raise the alarm; the reply repeats what was understood."""
    locked, facts = raise_alarm(text, report)
    return _reply(locked, text, report, facts)


def raise_alarm(text: FieldText, report: Report) -> tuple[LockedIncident, Facts]:
    """Raise the alarm, whatever could be read of the report.

    Returns the incident that was opened or joined, with all of it written, and what was reported.
    """
    sender, sms = text.sender, text.sms
    report = replace(report, text=without_numbers(report.text or "", numbers_in(sms.body)) or None)
    tried = try_pin(text.tx, sender.owner, report.pin)
    # Another number before it may count as the PIN, and decides what is verified, so that the reply gives no sign.
    pin = PinCheck.DURESS if text.is_forced else tried.check
    duress = pin is PinCheck.DURESS
    reported = text.facts(report, verified=bool(tried.check), duress=duress)
    facts = with_records(replace(reported, occurred_at=sms.heard_at), text.edition.network)
    entry: dict[str, Any] = {
        "by": sender.owner,
        "understood": list(understood(report)),
        "text": report.text,
        "pin": pin.value,
    }
    if tried.unheard:
        entry["unheard_pins"] = tried.unheard
    entry |= sms.circumstances
    locked = _known(text, report)
    if locked is None or locked.facts.lone_text:
        locked = _open(text, locked, facts, report, entry)
    else:
        # That this phone is silent is no reason to leave alone the one that raised it.
        is_own = bool(locked.raised_from(text.phone))
        _join(locked, facts if is_own else replace(facts, field_silent=False), report, entry)
    if tried.closes:
        tell_closing(locked, sender.owner)
    locked.finish()
    return locked, facts


def _reply(locked: LockedIncident, text: FieldText, report: Report, facts: Facts) -> Reply:
    # Duress must change none of these words, since a bystander reads them.
    is_silent = text.sender.member.silent or facts.type in IN_CUSTODY or text.may_be_in_other_hands(locked)
    words = replace(
        text.sender.words,
        ref=locked.ref_raised_from(text.phone),
        at=locked.tx.now,
        names=echoed(report),
        subject=Subject.VERIFIED if facts.verified else Subject.VERIFY,
        silent=is_silent,
    )
    kind = Kind.RECEIPT
    is_acknowledged = any(each.status is Status.ACKNOWLEDGED for each in locked.states.values())
    if not (is_silent or is_acknowledged) and silent_until(locked.tx):
        kind, words = Kind.FIELD_STATUS, replace(words, subject=Subject.NOBODY)
    return text.reply(kind, words, about=locked, at_once_only=is_silent)


def receive_duress(text: FieldText, understood: str) -> None:
    """Raise the alarm for a member who gave the duress PIN with a text that reports nothing.

    It joins what the phone raised last, if that is open, and verifies nothing. A new incident waits for a coordinator
    before others are told. It is on no team's list, and no later text of the phone is answered about it, because
    neither a key taken with the phone nor the phone itself may reveal it.
    """
    sender, report = text.sender, Report(panic=True, verb=FieldVerb.UPDATE)
    facts = facts_of(report, sender.team, sender.member, verified=False, duress=True)
    entry = {"by": sender.owner, "understood": [understood], "text": None, "pin": PinCheck.DURESS.value}

    def raised() -> str | None:
        known = incidents.all_open_of_phone(text.tx, text.phone, held_by=sender.reports_for)
        return next((each.id for each in known if not each.facts.lone_text), None)

    locked = take_up_found(text.tx, raised)
    if locked is not None:
        _join(locked, facts, report, entry)
    else:
        locked = _open(text, _latest(text), replace(facts, team=None, hidden_from_phone=True), report, entry)
    locked.finish()


def _known(text: FieldText, report: Report) -> LockedIncident | None:
    """The open incident, or text, that the report is about.

    News is about what the phone raised last, or its team has open, another alarm about what it has just raised.
    """
    is_news = report.verb is FieldVerb.UPDATE
    return (take_up_found(text.tx, partial(_news_is_of, text)) if is_news else None) or _latest(text)


def _latest(text: FieldText) -> LockedIncident | None:
    """The open incident, or text, that the phone has just raised."""
    held_by, since = text.sender.reports_for, text.tx.now - JOINS_FOR
    return take_up_found(text.tx, partial(incidents.open_of_phone, text.tx, text.phone, held_by=held_by, since=since))


def _openly(known: Facts | None, news: Facts, report: Report, entry: dict[str, Any]) -> dict[str, Severity]:
    """Under duress: how grave it is by what was proven openly, for those who may not see the duress."""
    if not (news.duress or (news.verified and known is not None and known.duress)):
        return {}
    before = [known.severity] if known is not None and not known.duress else []
    # Beside the PIN for duress every report counts as a cry for help.
    told = replace(report, cries=report.cries and not news.duress)
    said = [] if reports_nothing(entry) else [severity_of(told, duress=False)]
    return {"openly": gravest(*before, *said)} if before or said else {}


def _open(
    text: FieldText, latest: LockedIncident | None, facts: Facts, report: Report, entry: dict[str, Any]
) -> LockedIncident:
    """Open an incident with the report; `latest`: what the phone has just raised."""
    locked = _open_text(text, latest, facts) or open_incident(text.tx, text.edition, facts, by=text.sender.owner)
    locked.record("report_received", **entry, **_openly(None, facts, report, entry))
    if facts.duress:
        prompts.raise_prompt(locked, PromptKind.ALARM, Subject.NEWS, about=text.sender.team.id)
    return locked


def _open_text(text: FieldText, locked: LockedIncident | None, facts: Facts) -> LockedIncident | None:
    """Make an incident of the text that the phone has just sent, if it is on the list of the same team."""
    if locked is None or not locked.facts.lone_text or locked.facts.team != facts.team:
        return None
    known = add_to(locked.facts, facts, None)
    if known.consent is not text.sender.team.consent:
        facts = replace(facts, consent=narrowest([facts.consent, known.consent]))
    facts = replace(facts, place=facts.place or known.place, people=known.people)
    add_trees(locked, text.edition, facts)
    open_text(locked, facts, by=text.sender.owner)
    return locked


def _join(locked: LockedIncident, news: Facts, report: Report, entry: dict[str, Any]) -> None:
    """Add a report to an incident. Right after the same text it adds nothing, and only with a PIN may it change facts.

    Where the incident is believed, a coordinator decides on changes of who is told. A duress PIN without a report
    raises the severity; a coordinator says whether it is true.
    """
    if _was_heard(locked, entry):
        return
    locked.record("report_received", **entry, **_openly(locked.facts, news, report, entry))
    about, known = news.team or locked.incident.ref, locked.facts
    is_proven = news.verified or news.duress
    # Who knows what another phone has reported is for a coordinator to say.
    verifies = news.verified and not known.verified and bool(locked.raised_from(news.raised_from))
    if is_proven:
        mark_anew(locked, duress=news.duress, field_silent=news.leaves_phone_alone)
        learn_from(locked, news.raised_from or "", partial(as_grave_as, news=news))
        apply_facts(locked, joined(known, news, report, verifies=verifies))
    subject = Subject.VERIFIED if verifies else _kind_of_news(locked, known, news, report)
    ring_once(locked, subject, about, anew=locked.facts.duress and not known.duress)
    tell_more(locked)
    if not is_proven:
        return
    if verifies:
        decide(locked, PromptAnswer.GO, by=news.team)
    if locked.facts.leaves_phone_alone:
        field_reassurance.fall_silent(locked)
    if locked.facts.verified and (would_be := news_of(locked.facts, news, report)) != locked.facts:
        propose(locked, would_be, by=news.team)


def _kind_of_news(locked: LockedIncident, known: Facts, news: Facts, report: Report) -> Subject:
    """The subject for what a report changed, besides that it verifies; of several changes, what decides most."""
    if locked.facts.type != known.type:
        return Subject.TYPE_KNOWN
    cries = report.panic or (report.cries and not news.duress)
    return Subject.SOS_AGAIN if cries else Subject.NEWS


def _was_heard(locked: LockedIncident, entry: dict[str, Any]) -> bool:
    """Whether it is what a handset without receipt sends again; later, or once it was called off, it is meant anew."""
    withdrawn_at = timeline.latest_at(locked.tx.session, locked.incident.id, "withdrawal_asked")
    since = max(filter(None, (locked.tx.now - JOINS_FOR, withdrawn_at)))
    return any(at > since and entry.items() <= heard.items() for at, heard in locked.history("report_received"))
