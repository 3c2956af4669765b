"""Reports from the field: SOS, HELP and ALERT of a member open an incident, or join the one just opened (B3, B4).

A PIN decides what is believed, never what is answered: after a duress PIN, a wrong one or none the reply is that to a
true one.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from alertnet.core.disclosure import Subject
from alertnet.core.escalation import PlanChanged
from alertnet.core.field_report import add_to, facts_of, understood
from alertnet.core.incident import IN_CUSTODY, Facts
from alertnet.core.notification import Kind
from alertnet.core.sms_grammar import Report
from alertnet.flows import alarms
from alertnet.flows.case import Case, take_up
from alertnet.flows.decide import decide
from alertnet.flows.escalate import for_all, move
from alertnet.flows.known_numbers import InTheField, open_incident_of, words_of
from alertnet.flows.open_incident import open_incident
from alertnet.flows.pins import PinCheck, check_pin
from alertnet.flows.unclear_sms import ring_once
from alertnet.store.inbound import Recipient, Reply
from alertnet.store.pinned import Edition
from alertnet.store.tables import timeline
from alertnet.store.tx import Tx

JOINS_FOR = timedelta(minutes=10)
"""What a phone sends so soon after its report is about the same event."""


def receive_report(
    tx: Tx, edition: Edition, sender: InTheField, report: Report, heard_at: datetime | None = None
) -> Reply:
    """Raise the alarm, whatever could be read of the report; the reply echoes what was understood.

    `heard_at`: when the provider got it, of a report that reaches us late.
    """
    pin = check_pin(tx, sender.owner, report.pin)
    duress = pin is PinCheck.DURESS
    facts = replace(
        facts_of(report, sender.team, sender.member, verified=bool(pin), duress=duress), occurred_at=heard_at
    )
    entry: dict[str, Any] = {
        "by": sender.owner,
        "understood": list(understood(report)),
        "text": report.text,
        "pin": pin.value,
    }
    if heard_at is not None:
        entry["heard_at"] = heard_at.isoformat()
    recent = open_incident_of(tx, sender.member.phone, since=tx.now - JOINS_FOR)
    case = take_up(tx, recent) if recent else None
    if case is not None and case.is_open:
        _join(case, facts, report, entry)
    else:
        case = open_incident(tx, edition, facts, by=sender.owner)
        case.record("report_received", **entry)
    if duress:
        _mark_duress(case, sender.team.id)
    case.finish()
    # Nothing that the PIN decided is among these words.
    words = replace(words_of(sender.tree), ref=case.incident.ref, at=tx.now, names=understood(report))
    # A late text rings in a pocket that somebody else may hold; the PIN has no say in it either.
    is_silent = sender.member.silent or facts.type in IN_CUSTODY
    to = None if is_silent else Recipient(sender.owner, sender.tree.id, case.incident.id)
    return Reply(Kind.RECEIPT, sender.member.language, words, edition.templates, tuple(case.hang_ups), to)


def _join(case: Case, news: Facts, report: Report, entry: dict[str, Any]) -> None:
    """The same text again adds nothing; a new one alarms the coordinators, and only a PIN lets it change the facts."""
    if _was_heard(case, entry):
        return
    case.record("report_received", **entry)
    ring_once(case, Subject.NEWS, news.team or case.incident.ref)
    if not news.verified:
        return
    case.change_facts(add_to(case.facts, news, report.consent))
    if case.facts.verified:
        move(case, for_all(case, PlanChanged()))
    else:
        decide(case, "go", by=news.team)
    if case.facts.field_silent or case.facts.type in IN_CUSTODY:
        alarms.silence(case, escalation=None, kinds=(Kind.FIELD_STATUS,), answer="silent")


def _was_heard(case: Case, entry: dict[str, Any]) -> bool:
    query = select(timeline.c.payload).where(timeline.c.chain == case.incident.id, timeline.c.kind == "report_received")
    return entry in list(case.tx.session.scalars(query))


def _mark_duress(case: Case, team: str) -> None:
    """Nothing automatic reaches the team from now on; the coordinators know that its phone is not alone."""
    case.record("duress", team=team)
    ring_once(case, Subject.DURESS, team)
