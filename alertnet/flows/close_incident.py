"""Closing and reopening: everything stops, and exactly those who were told are told that it is over."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select

from alertnet.core.contact import WRITTEN, Contact, Method, MethodKind
from alertnet.core.disclosure import Subject
from alertnet.core.errors import WrongState
from alertnet.core.escalation import PlanChanged
from alertnet.core.incident import CloseReason, IncidentStatus
from alertnet.core.notification import AttemptStatus, Failure, Kind
from alertnet.core.progress import restore, stop
from alertnet.flows import alarms, tasks
from alertnet.flows.cancel import cancel_asking, cancel_unwanted
from alertnet.flows.case import Case
from alertnet.flows.codes import mark_open
from alertnet.flows.escalate import for_all, move
from alertnet.flows.letters import said, write
from alertnet.flows.nobody import stop_what_reaches_nobody
from alertnet.store import incidents as incident_store
from alertnet.store.tables import attempts, notifications

BY_ANY = WRITTEN | {MethodKind.CALL}
REACHED = (
    AttemptStatus.SENT.value,
    AttemptStatus.DELIVERED.value,
    AttemptStatus.SENDING.value,
    AttemptStatus.UNKNOWN.value,
)


def close_incident(case: Case, reason: CloseReason, *, text: str | None = None, by: str) -> None:
    """Close the incident: escalations stop, alarms fall silent, those who were told get the stand-down.

    Raises:
        WrongState: it is closed already.
    """
    if not case.is_open:
        raise WrongState(f"incident {case.incident.ref}", "closed", "it can be closed once")
    closed = {"status": IncidentStatus.CLOSED, "closed_at": case.tx.now, "close_reason": reason}
    case.incident = replace(case.incident, **closed)  # type: ignore[arg-type]
    incident_store.save_status(case.tx.session, case.incident)
    for escalation in case.escalations:
        escalation.state, escalation.due_at = stop(escalation.state), None
        case.save(escalation)
    tasks_open = {alarm.id for alarm in alarms.open_alarms(case) if alarm.kind == Kind.TASK}
    alarms.silence(
        case, escalation=None, kinds=(Kind.ALARM, Kind.DECISION, Kind.TASK, Kind.FIELD_STATUS), answer="closed"
    )
    cancel_unwanted(case)
    cancel_asking(case, tasks_open)
    mark_open(case, False)
    case.record("incident_closed", reason=reason.value, text=text, by=by)
    kind = Kind.CORRECTION if reason is CloseReason.FALSE_ALARM else Kind.STAND_DOWN
    tell_those_told(case, kind, reason=reason)


def reopen_incident(case: Case, *, by: str, reason: str | None = None) -> None:
    """Open a closed incident again: each escalation stands where it stood, and goes on from now.

    Raises:
        WrongState: it is open.
    """
    if case.is_open:
        raise WrongState(f"incident {case.incident.ref}", "open", "only a closed one can be reopened")
    case.incident = replace(case.incident, status=IncidentStatus.OPEN, closed_at=None, close_reason=None)
    incident_store.save_status(case.tx.session, case.incident)
    for escalation in case.escalations:
        escalation.state = restore(escalation.state, case.tx.now)
    stop_what_reaches_nobody(case)
    mark_open(case, True)
    case.record("incident_reopened", by=by, reason=reason)
    _ask_again(case)
    move(case, for_all(case, PlanChanged()))


def _ask_again(case: Case) -> None:
    """The questions and tasks that closing has silenced."""
    tasks.ask_again(case)
    if not case.facts.verified:
        alarms.raise_alarm(case, Kind.DECISION, Subject.VERIFY)
    for escalation in case.escalations:
        question = escalation.state.question
        if question is not None:
            alarms.ask_about_level(case, escalation, question.index, question.automatic_at)


def tell_those_told(case: Case, kind: Kind, *, reason: CloseReason | None = None) -> None:
    """One message to each contact that was told of the incident, and to nobody else.

    Where it was reached by telephone or mail it is written to there; who has no written method is called.
    """
    told: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row in _told(case):
        told.setdefault(_as_known_now(case, row.tree, row.contact), set()).add((row.method, row.address))
    for (tree, id), used in sorted(told.items()):
        contact = case.contact(tree, id)
        if contact.former and kind is Kind.UPDATE:
            continue
        words = replace(said(case, tree, contact.timezone), reason=reason, subject=Subject.NEWS, at=case.tx.now)
        write(case, kind, tree, contact_as_told(contact, used), words, methods=BY_ANY)


def _as_known_now(case: Case, tree: str, contact: str) -> tuple[str, str]:
    """(tree, contact) by which the recipient goes since the trees were edited; who has left keeps its name."""
    if not case.contact(tree, contact).former:
        return tree, contact
    return next(((id, kin.id) for id, kin in case.kin(tree, contact) if not kin.former), (tree, contact))


def contact_as_told(contact: Contact, used: set[tuple[str, str]]) -> Contact:
    """The contact with the written methods it was told by; with all written ones where it was only called.

    Of a number or address that is its own no more, nothing is left to tell.
    """
    there = [each for each in sorted(used) if each[1] not in contact.left]
    chosen = [Method(kind, address) for method, address in there if (kind := MethodKind(method)) in WRITTEN]
    written = [method for method in contact.methods if method.kind in WRITTEN]
    calls = [method for method in contact.methods if method.kind is MethodKind.CALL][:1]
    return replace(contact, methods=tuple(chosen or written or calls), when_closed=())


def _told(case: Case) -> list[Row[Any]]:
    kinds = (Kind.ALERT.value, Kind.REMINDER.value)
    query = (
        select(notifications.c.tree, notifications.c.contact, notifications.c.method, notifications.c.address)
        .join(attempts, attempts.c.notification_id == notifications.c.id)
        .where(notifications.c.incident_id == case.incident.id, notifications.c.kind.in_(kinds))
        .where(
            attempts.c.status.in_(REACHED)
            | (attempts.c.provider_id.is_not(None) & (attempts.c.status == AttemptStatus.CANCELLED.value))
            | (attempts.c.failure == Failure.NO_CODE.value)
        )
    )
    return [*case.tx.session.execute(query)]
