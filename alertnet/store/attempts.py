"""Attempts, the second of the queues: `due_at` is when to send, to give up a lease, or to ask the provider."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, select, update
from sqlalchemy.orm import Session

from alertnet.core.contact import MethodKind
from alertnet.core.notification import AttemptStatus
from alertnet.store.tables import attempts, incidents, notifications

SENT_BY = (MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL)
"""A task is nobody's to send."""

QUEUED = (AttemptStatus.QUEUED.value,)
SENDING = (AttemptStatus.SENDING.value,)
ASKED = (AttemptStatus.UNKNOWN.value, AttemptStatus.SENT.value, AttemptStatus.DELIVERED.value)
"""The provider is asked what became of these, where they have a due time."""

ON_THE_LINE = (AttemptStatus.SENDING.value, AttemptStatus.SENT.value, AttemptStatus.DELIVERED.value)
"""A call in one of these that has a due time may ring or speak."""

_FULL: Select[Any] = (
    select(
        attempts,
        notifications.c.kind,
        notifications.c.tree,
        notifications.c.contact,
        notifications.c.language,
        notifications.c.address,
        notifications.c.extension,
        notifications.c.said,
        notifications.c.alarm_id,
        notifications.c.expires_at,
        incidents.c.templates,
    )
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .outerjoin(incidents, incidents.c.id == attempts.c.incident_id)
    .where(attempts.c.id == bindparam("key"))
)
_CHANGE = update(attempts).where(attempts.c.id == bindparam("key"))


def full(session: Session, id: str) -> Row[Any] | None:
    """The attempt with what its notification says; `templates` is None where it belongs to no incident."""
    return session.execute(_FULL, {"key": id}).first()


def lock(session: Session, id: str) -> Row[Any] | None:
    """The same, the attempt held until the transaction ends (its incident's row is held before)."""
    return session.execute(_FULL.with_for_update(of=attempts), {"key": id}).first()


def standing(session: Session, id: str) -> Row[Any] | None:
    """Status, lease and due time of the attempt."""
    query: Select[Any] = select(attempts.c.status, attempts.c.lease, attempts.c.due_at)
    return session.execute(query.where(attempts.c.id == id)).first()


def incident_of(session: Session, id: str) -> Row[tuple[str | None]] | None:
    """A row with the id of the attempt's incident, which never changes; None when there is no such attempt."""
    return session.execute(select(attempts.c.incident_id).where(attempts.c.id == id)).first()


def take_queued(
    session: Session,
    method: MethodKind,
    now: datetime,
    limit: int,
    *,
    besides: Collection[str] = (),
    spared: Collection[bytes] = (),
) -> Sequence[Row[Any]]:
    """Ids of queued attempts that are due, most severe first, then oldest; held, and none that another holds.

    `besides`: ids to pass over, `spared`: indexes of numbers to leave in peace.
    """
    query: Select[Any] = (
        select(attempts.c.id, attempts.c.incident_id, attempts.c.address_index)
        .where(_due(method, QUEUED, now), attempts.c.id.not_in(besides), attempts.c.address_index.not_in(spared))
        .order_by(attempts.c.rank, attempts.c.due_at, attempts.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.execute(query).all()


def take_asked(session: Session, method: MethodKind, now: datetime, limit: int) -> list[str]:
    """Ids of attempts that the provider is to be asked about, longest due first; held, and none that another holds."""
    query = select(attempts.c.id).where(_due(method, ASKED, now)).order_by(attempts.c.due_at).limit(limit)
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def leases_over(session: Session, now: datetime, limit: int) -> list[str]:
    """Ids of attempts that somebody began to send and never finished; nothing is held."""
    query = select(attempts.c.id).where(
        attempts.c.method.in_(SENT_BY),
        attempts.c.status.in_(SENDING),
        attempts.c.due_at <= now,
    )
    return list(session.scalars(query.limit(limit)))


def busy_numbers(session: Session) -> set[bytes]:
    """Indexes of the numbers that we call right now, over all incidents."""
    query = select(attempts.c.address_index).where(
        attempts.c.method == MethodKind.CALL.value,
        attempts.c.status.in_(ON_THE_LINE),
        attempts.c.due_at.is_not(None),
    )
    return set(session.scalars(query))


def change(session: Session, id: str, **values: Any) -> None:
    """Replace columns of one attempt."""
    session.execute(_CHANGE.values(**values), {"key": id})


def is_latest(session: Session, row: Row[Any]) -> bool:
    """Whether its notification has no later attempt."""
    later = select(attempts.c.id).where(
        attempts.c.notification_id == row.notification_id, attempts.c.id != row.id, attempts.c.extra
    )
    return row.extra or session.scalar(later.limit(1)) is None


def bound_elsewhere(session: Session, provider_id: str, id: str) -> bool:
    """Whether another attempt is known to the provider by that id."""
    query = select(attempts.c.id).where(attempts.c.provider_id == provider_id, attempts.c.id != id)
    return session.scalar(query.limit(1)) is not None


def _due(method: MethodKind, statuses: tuple[str, ...], now: datetime) -> ColumnElement[bool]:
    return and_(
        attempts.c.method == method.value,
        attempts.c.status.in_(statuses),
        attempts.c.due_at.is_not(None),
        attempts.c.due_at <= now,
    )
