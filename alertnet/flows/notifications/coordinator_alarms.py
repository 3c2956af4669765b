"""Alarms and decisions: SMS and call to every coordinator, at any hour, again until one of them answers (B3)."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select, update

from alertnet.core.directory.contact import RINGING, WRITTEN, Contact, MethodKind
from alertnet.core.disclosure import IN_FLOODS, Subject
from alertnet.core.escalation.state import Asked
from alertnet.core.notification import Kind
from alertnet.flows.credentials.written_codes import codes_in_place, decision_code, good_from
from alertnet.flows.notifications.compose import said, write
from alertnet.flows.notifications.ring_budget import count_rings, may_ring
from alertnet.flows.unit.locked_incident import Case, Code
from alertnet.store.db.tx import Tx
from alertnet.store.records.escalations import Escalation
from alertnet.store.tables import alarms, codes, escalations

AGAIN = timedelta(minutes=10)
CLOSED = "closed"
"""The answer of what a close has silenced."""
FIRST_AFTER_HOLD = timedelta(minutes=60)
PAUSES = {"hold": FIRST_AFTER_HOLD, "taken": timedelta(minutes=20)}
"""After these answers it is asked again: nothing is decided, or done, yet."""

_OPEN: Select[Any] = (
    select(alarms)
    .where(alarms.c.incident_id.in_(bindparam("incidents", expanding=True)), alarms.c.due_at.is_not(None))
    .order_by(alarms.c.raised_at)
)


def raise_alarm(
    case: Case,
    kind: Kind,
    subject: Subject,
    *,
    about: str | None = None,
    escalation: str | None = None,
    level: int | None = None,
    contacts: int | None = None,
    automatic_at: datetime | None = None,
) -> str:
    """Raise an alarm, or ask for a decision or a task, at once by all sms and call methods of all coordinators; its id.

    A task is also written by mail: it has words to be copied.
    """
    id = case.tx.chance.id()
    code = decision_code(case)
    case.outbox.add(
        "alarms",
        id=id,
        incident_id=case.incident.id,
        escalation_id=escalation,
        kind=kind.value,
        subject=subject.value,
        about=about,
        level=level,
        contacts=contacts,
        automatic_at=automatic_at,
        code_id=code.id if code else None,
        asked=1,
        raised_at=case.tx.now,
        due_at=case.tx.now + AGAIN,
        answer=None,
        answered_by=None,
        answered_at=None,
    )
    case.record(f"{kind.value}_raised", subject=subject.value, about=about, level=level)
    words = _words(_spoken(case, subject), about, level, contacts, automatic_at)
    _ring_everybody(case, kind, id, code, words)
    return id


def ask_about_level(case: Case, escalation: Escalation, index: int, automatic_at: datetime | None) -> str:
    """Ask whether that level of an escalation may open; it proceeds by itself at `automatic_at`, if at all."""
    planned = case.plans[escalation.tree].levels[index]
    return raise_alarm(
        case,
        Kind.DECISION,
        Subject.LEVEL,
        about=planned.level.name,
        escalation=escalation.id,
        level=index + 1,
        contacts=len(planned.contacts),
        automatic_at=automatic_at,
    )


def ring(case: Case, alarm: Row[Any]) -> None:
    """Let an alarm ring again, with the codes that it has."""
    text = case.tx.session.scalar(select(codes.c.code).where(codes.c.id == alarm.code_id))
    code = Code(alarm.code_id, text) if text else None
    if code is not None:
        good_from(case, code, case.coordinators())
    in_place = codes_in_place(case, alarm.id)
    _count_rings(case, Subject(alarm.subject))
    for tree, contact in case.coordinators():
        ring_one(case, alarm, tree, contact, in_place.get((tree, contact.id), code))


def ring_one(
    case: Case,
    alarm: Row[Any],
    tree: str,
    contact: Contact,
    code: Code | None,
    methods: frozenset[MethodKind] = RINGING,
    *,
    anew: bool = False,
) -> None:
    """Let an alarm ring again at one coordinator, with that code; `anew`: also if it has not left yet with another."""
    words = _words(subject_of(case, alarm), alarm.about, alarm.level, alarm.contacts, alarm.automatic_at)
    _ring(case, Kind(alarm.kind), alarm.id, tree, contact, code, words, methods, again=True, anew=anew)


def may_repeat(case: Case, alarm: Row[Any]) -> bool:
    """Whether an alarm may ring again now: what comes in floods not where it and notices were as many as may be."""
    if Subject(alarm.subject) not in IN_FLOODS:
        return True
    return any(may_ring(case.tx, address) for _, contact in case.coordinators() for address in contact.numbers)


def open_alarms(case: Case) -> Sequence[Row[Any]]:
    """The incident's alarms and decisions that still ring or are on hold, oldest first."""
    return case.ahead.take(_OPEN, case.incident.id)


def subject_of(case: Case, alarm: Row[Any]) -> Subject:
    """What an alarm says it is about, which its row does not tell of duress."""
    return _spoken(case, Subject(alarm.subject))


def answer_alarm(case: Case, alarm_id: str, answer: str, by: str | None) -> None:
    """An alarm was answered, a question decided or overtaken: it rings no more, or only after a pause (`PAUSES`)."""
    due_at = case.tx.now + PAUSES[answer] if answer in PAUSES else None
    values = {"answer": answer, "answered_by": by, "answered_at": case.tx.now, "due_at": due_at}
    if answer == "hold":
        values["automatic_at"] = None
    case.tx.session.execute(update(alarms).where(alarms.c.id == alarm_id).values(values))
    case.record("alarm_answered", alarm=alarm_id, answer=answer, by=by)


def silence(case: Case, *, escalation: str | None, kinds: tuple[Kind, ...], answer: str) -> None:
    """What has become pointless stops ringing: of one escalation, or of the whole incident."""
    for alarm in open_alarms(case):
        if alarm.kind in kinds and (escalation is None or alarm.escalation_id == escalation):
            answer_alarm(case, alarm.id, answer, None)


def silence_all(case: Case) -> None:
    """The incident is closed: nothing rings any more, and what was asked waits to be asked anew."""
    silence(case, escalation=None, kinds=tuple(Kind), answer=CLOSED)


def ask_anew(case: Case, closed_at: datetime) -> list[str]:
    """What the close of that moment silenced is open again, its times later by as long as that lasted; the ids."""
    silenced = select(alarms).where(
        alarms.c.incident_id == case.incident.id,
        alarms.c.answer == CLOSED,
        alarms.c.answered_at == closed_at,
        alarms.c.subject != Subject.REOPENED.value,
    )
    closed_for = case.tx.now - closed_at
    rows = case.tx.session.execute(silenced.order_by(alarms.c.raised_at)).all()
    for row in rows:
        raised_at = row.raised_at + closed_for
        is_promise = row.kind == Kind.FIELD_STATUS.value
        values = {
            "raised_at": raised_at,
            "automatic_at": row.automatic_at + closed_for if row.automatic_at else None,
            "due_at": (raised_at if is_promise else case.tx.now) + AGAIN,
        }
        open_again = {"answer": None, "answered_by": None, "answered_at": None}
        case.tx.session.execute(update(alarms).where(alarms.c.id == row.id).values(values | open_again))
    return [row.id for row in rows]


def ring_anew(case: Case, asked: Collection[str]) -> None:
    """Let ring what is asked anew, unless it was overtaken, and alarm the coordinators that it goes on."""
    for alarm in open_alarms(case):
        if alarm.id in asked and alarm.kind != Kind.FIELD_STATUS.value:
            ring(case, alarm)
            change = update(alarms).where(alarms.c.id == alarm.id).values(asked=alarm.asked + 1)
            case.tx.session.execute(change)
            case.record(f"{alarm.kind}_repeated", subject=alarm.subject, asked=alarm.asked + 1)
    raise_alarm(case, Kind.ALARM, Subject.REOPENED)


def due(tx: Tx, limit: int) -> list[tuple[str, str]]:
    """(alarm, incident) of what is to ring again, most severe first, then oldest (A7)."""
    query = select(alarms.c.id, alarms.c.incident_id).where(alarms.c.due_at.is_not(None), alarms.c.due_at <= tx.now)
    gravest = select(func.min(escalations.c.rank)).where(escalations.c.incident_id == alarms.c.incident_id)
    in_order = query.order_by(func.coalesce(gravest.scalar_subquery(), 0), alarms.c.due_at).limit(limit)
    return [(row.id, row.incident_id) for row in tx.session.execute(in_order)]


def asked_event(level: int) -> Asked:
    """That the question about the level (1-based) has reached somebody."""
    return Asked(level - 1)


def _spoken(case: Case, subject: Subject) -> Subject:
    return Subject.READ_FIRST if subject is Subject.NEWS and case.facts.duress else subject


def _words(
    subject: Subject, about: str | None, level: int | None, contacts: int | None, automatic_at: datetime | None
) -> dict[str, Any]:
    return {
        "subject": subject,
        # Whom to call is told on the page alone.
        "about": None if subject is Subject.TASK else about,
        "level": level,
        "contacts": contacts,
        "automatic_at": automatic_at,
    }


def _ring_everybody(case: Case, kind: Kind, alarm: str, code: Code | None, words: dict[str, Any]) -> None:
    methods = RINGING | WRITTEN if kind is Kind.TASK else RINGING
    _count_rings(case, words["subject"])
    for tree, contact in case.coordinators():
        _ring(case, kind, alarm, tree, contact, code, words, methods)


def _count_rings(case: Case, subject: Subject) -> None:
    """What comes in floods counts at each phone that it is written to or rings at."""
    if subject in IN_FLOODS:
        ringing = (method for _, contact in case.coordinators() for method in contact.methods if method.kind in RINGING)
        # In this order, since others may count there at the same moment.
        for address, count in sorted(Counter(method.address for method in ringing).items()):
            count_rings(case.tx, address, count)


def _ring(
    case: Case,
    kind: Kind,
    alarm: str,
    tree: str,
    contact: Contact,
    code: Code | None,
    words: dict[str, Any],
    methods: frozenset[MethodKind],
    *,
    again: bool = False,
    anew: bool = False,
) -> None:
    text, code_id = (code.text, code.id) if code else (None, None)
    common = replace(said(case, tree, contact.timezone), code=text, at=case.tx.now, **words)
    write(
        case,
        kind,
        tree,
        contact,
        common,
        methods=methods,
        alarm=alarm,
        code=code_id,
        with_link=True,
        again=again,
        anew=anew,
    )
