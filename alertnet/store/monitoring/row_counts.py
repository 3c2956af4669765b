"""Counts of rows that are open, due or under way; their cost does not grow with what is closed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, case, exists, func, select

from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import AttemptStatus
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.queues.attempts import QUEUED, SENT_BY, busy_numbers
from alertnet.store.tables import IS_OPEN, alarms, attempts, escalations, incidents, journeys


@dataclass(frozen=True, slots=True)
class QueueCount:
    """The rows of a queue: how many have a due time, for how many it has passed, and the earliest."""

    waiting: int
    overdue: int
    first_due: datetime | None


def queues(tx: Tx) -> dict[str, QueueCount]:
    return {table.name: _queue(tx, table) for table in (escalations, attempts, alarms, journeys)}


def attempts_of_open_incidents(session: Session) -> dict[tuple[str, str], int]:
    """The number of attempts of open incidents, by (status, method)."""
    query = (
        select(attempts.c.status, attempts.c.method, func.count())
        .join(incidents, incidents.c.id == attempts.c.incident_id)
        .where(IS_OPEN)
        .group_by(attempts.c.status, attempts.c.method)
    )
    return {(status, method): count for status, method, count in session.execute(query)}


def open_incidents(session: Session) -> dict[str, int]:
    query = select(incidents.c.severity, func.count()).where(IS_OPEN)
    return dict(session.execute(query.group_by(incidents.c.severity)).all())


def unsent(session: Session) -> dict[MethodKind, int]:
    """The number of attempts that wait to be sent, for every method that is sent."""
    query = (
        select(attempts.c.method, func.count())
        .where(attempts.c.status.in_(QUEUED), attempts.c.due_at.is_not(None), attempts.c.method.in_(SENT_BY))
        .group_by(attempts.c.method)
    )
    counted = {MethodKind(method): count for method, count in session.execute(query)}
    return {method: counted.get(method, 0) for method in SENT_BY}


def is_anything_sending(session: Session) -> bool:
    """Whether any attempt is leased for sending."""
    return bool(session.scalar(select(exists().where(attempts.c.status == AttemptStatus.SENDING.value))))


def waits_for_phones(tx: Tx) -> bool:
    """Whether every call that is due is to a number that we are calling already, and waits for the end of that."""
    free = attempts.c.address_index.not_in(busy_numbers(tx))
    is_call = attempts.c.method == MethodKind.CALL.value
    due = exists().where(attempts.c.status.in_(QUEUED), is_call, attempts.c.due_at <= tx.now, free)
    return not tx.session.scalar(select(due))


def _queue(tx: Tx, table: Table) -> QueueCount:
    overdue = func.count(case((table.c.due_at <= tx.now, 1)))
    query = select(func.count(), overdue, func.min(table.c.due_at)).where(table.c.due_at.is_not(None))
    return QueueCount(*tx.session.execute(query).one())
