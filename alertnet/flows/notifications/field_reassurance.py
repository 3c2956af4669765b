"""The field hears a second time: that a coordinator has it, or after ten minutes that nobody has answered yet."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.incident import IN_CUSTODY
from alertnet.core.notification import Kind
from alertnet.flows.notifications.compose import said
from alertnet.flows.unit.locked_incident import Case
from alertnet.flows.unit.unit_of_work import Letter
from alertnet.store.tables import alarms

NOBODY_YET_AFTER = timedelta(minutes=10)


def promise(case: Case) -> None:
    """Remember to tell the phone that raised the incident how it fares, unless that phone is to be left alone."""
    facts = case.facts
    if facts.raised_from is None or facts.field_silent or facts.type in IN_CUSTODY or not case.escalations:
        return
    case.outbox.add(
        "alarms",
        id=case.tx.chance.id(),
        incident_id=case.incident.id,
        escalation_id=None,
        kind=Kind.FIELD_STATUS.value,
        subject=Subject.NOBODY.value,
        about=None,
        level=None,
        contacts=None,
        automatic_at=None,
        code_id=None,
        asked=0,
        raised_at=case.tx.now,
        due_at=case.tx.now + NOBODY_YET_AFTER,
        answer=None,
        answered_by=None,
        answered_at=None,
    )


def tell_nobody_yet(case: Case, promise_id: str) -> None:
    """Ten minutes have passed: the field is told to call as well."""
    _close(case, promise_id, "nobody_yet")
    _tell(case, Subject.NOBODY, case.tx.now)


def tell_has_it(case: Case, at: datetime) -> None:
    """A coordinator has acknowledged: the field is told once."""
    query = select(alarms.c.id).where(
        alarms.c.incident_id == case.incident.id,
        alarms.c.kind == Kind.FIELD_STATUS.value,
        alarms.c.answer.is_(None) | (alarms.c.answer == "nobody_yet"),
    )
    promise_id = case.tx.session.scalar(query)
    if promise_id is not None:
        _close(case, promise_id, "told")
        _tell(case, Subject.ACKNOWLEDGED, at)


def _close(case: Case, promise_id: str, answer: str) -> None:
    values = {"answer": answer, "answered_at": case.tx.now, "due_at": None}
    case.tx.session.execute(update(alarms).where(alarms.c.id == promise_id).values(values))


def _tell(case: Case, subject: Subject, at: datetime) -> None:
    tree = case.every_escalation[0].tree
    pinned = case.tree(tree)
    words = said(case, tree, pinned.timezone)
    assert case.facts.raised_from is not None
    case.outbox.post(
        Letter(
            kind=Kind.FIELD_STATUS,
            contact=f"field/{case.facts.team}",
            method=MethodKind.SMS,
            address=case.facts.raised_from,
            language=case.facts.field_language or pinned.language,
            said=replace(words, subject=subject, at=at),
            planned_at=case.tx.now,
            rank=case.rank(Kind.FIELD_STATUS),
            incident=case.incident.id,
            tree=tree,
        )
    )
    case.record("field_told", subject=subject.value)
