"""Attempts, the second of the queues: `due_at` is when to send, to give up a lease, or to ask the provider."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Row, Select, and_, bindparam, case, func, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from alertnet.core.delivery.invariants import check_attempt, check_notification
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import Inconsistent, put_down
from alertnet.core.notification import AttemptStatus, Failure
from alertnet.store.db.columns import Instant
from alertnet.store.tables import attempts, incidents, notifications

SENT_BY = (MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL)
"""A task is nobody's to send."""

QUEUED = (AttemptStatus.QUEUED.value,)
SENDING = (AttemptStatus.SENDING.value,)
ASKED = (
    AttemptStatus.UNKNOWN.value,
    AttemptStatus.SENT.value,
    AttemptStatus.DELIVERED.value,
    AttemptStatus.CANCELLED.value,
)
"""The provider is asked what became of these, where they have a due time; a call that was cancelled may still ring."""

ON_THE_LINE = (AttemptStatus.SENDING.value, AttemptStatus.SENT.value, AttemptStatus.DELIVERED.value)
"""A call in one of these that has a due time may ring or speak."""

_NOW = bindparam("now", type_=Instant())
_WORDS = [
    notifications.c[name]
    for name in ("kind", "tree", "contact", "language", "address", "extension", "said", "alarm_id", "expires_at")
]
_INCIDENT = [incidents.c.status.label("incident_status"), incidents.c.facts, incidents.c.trees, incidents.c.templates]

_IN_ORDER = (attempts.c.rank, attempts.c.due_at, attempts.c.created_at, attempts.c.id)
"""Most severe first, then the oldest, then as they were written: an alert before the question that came of it (A7)."""

# Statements are made once: making one costs as much as running it.
_WITH_WORDS: Select[Any] = (
    select(attempts, *_WORDS, *_INCIDENT)
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .outerjoin(incidents, incidents.c.id == attempts.c.incident_id)
    .where(attempts.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(*_IN_ORDER)
)
_TO_CHANGE: Select[Any] = (
    select(attempts, *(column for column in _WORDS if column.name not in ("address", "said")))
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(attempts.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(attempts.c.id)
    .with_for_update(of=attempts)
)
_LEASE_STATE: Select[Any] = select(attempts.c.status, attempts.c.lease, attempts.c.due_at).where(
    attempts.c.id == bindparam("id")
)
_INCIDENT_OF: Select[Any] = select(attempts.c.id, attempts.c.incident_id).where(
    attempts.c.id.in_(bindparam("ids", expanding=True))
)
_DUE_NOW: Select[Any] = (
    select(attempts.c.id, attempts.c.address_index)
    .where(
        attempts.c.method == bindparam("method"),
        attempts.c.status.in_(QUEUED),
        attempts.c.due_at.is_not(None),
        attempts.c.due_at <= _NOW,
        attempts.c.id.not_in(bindparam("besides", expanding=True)),
        attempts.c.address_index.not_in(bindparam("spared", expanding=True)),
    )
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_DUE = _DUE_NOW.order_by(*_IN_ORDER)
_DUE_LEAST_TRIED = _DUE_NOW.order_by(attempts.c.delays, *_IN_ORDER)
_ASKED_NOW = (
    select(attempts.c.id)
    .where(
        attempts.c.method == bindparam("method"),
        attempts.c.status.in_(ASKED),
        attempts.c.due_at.is_not(None),
        attempts.c.due_at <= _NOW,
        func.coalesce(attempts.c.provider, FIRST).not_in(bindparam("others", expanding=True)),
    )
    .order_by(*_IN_ORDER)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_WAITING = select(attempts.c.id).where(
    attempts.c.method == bindparam("key_method"),
    attempts.c.status.in_(QUEUED),
    attempts.c.due_at > _NOW,
    attempts.c.delays > 0,
)
_RELEASE = (
    update(attempts)
    .where(attempts.c.id.in_(_WAITING.with_for_update(skip_locked=True)))
    .values(due_at=case((attempts.c.created_at > _NOW, _NOW), else_=attempts.c.created_at))
)
FURTHEST = timedelta(minutes=3)
"""Nothing that was begun or put off waits longer than this for its next look; a backup holds it for two minutes."""
_OUT_OF_REACH = select(attempts.c.id).where(
    attempts.c.method.in_(SENT_BY),
    attempts.c.due_at > bindparam("furthest", type_=Instant()),
    or_(
        attempts.c.status.in_((*SENDING, AttemptStatus.UNKNOWN.value)),
        and_(attempts.c.status.in_(QUEUED), attempts.c.delays > 0),
    ),
)
_BRING_NEAR = (
    update(attempts).where(attempts.c.id.in_(_OUT_OF_REACH.with_for_update(skip_locked=True))).values(due_at=_NOW)
)
_WAITS = select(attempts.c.id).where(
    attempts.c.incident_id == bindparam("incident"),
    attempts.c.status.in_((*QUEUED, *SENDING, AttemptStatus.UNKNOWN.value)),
)
_MOVE_UP = (
    update(attempts)
    .where(attempts.c.id.in_(_WAITS.order_by(attempts.c.id).with_for_update()))
    .values(rank=attempts.c.rank - bindparam("ranks"))
)
_LEASES_OVER = (
    select(attempts.c.id)
    .where(attempts.c.method.in_(SENT_BY), attempts.c.status.in_(SENDING), attempts.c.due_at <= _NOW)
    .limit(bindparam("most"))
)
_BUSY = select(attempts.c.address_index).where(
    attempts.c.method == MethodKind.CALL.value,
    attempts.c.status.in_(ON_THE_LINE),
    attempts.c.due_at.is_not(None),
    attempts.c.changed_at > bindparam("since"),
    attempts.c.changed_at < bindparam("until"),
)
LAST_SIGN = timedelta(seconds=40)
"""A call rings for 30 s, and one that is spoken with asks us for words more often than this."""


def claim(
    session: Session,
    method: MethodKind,
    now: datetime,
    most: int,
    *,
    besides: Collection[str] = (),
    spared: Collection[bytes] = (),
    least_tried: bool = False,
) -> Sequence[Row[Any]]:
    """Id and address index of attempts to send now, most severe first, then oldest; held, and none that others hold.

    `besides`: ids to pass over; `spared`: indexes of numbers to leave in peace. `least_tried`: before all, what was
    surely not sent the fewest times.
    """
    due = _DUE_LEAST_TRIED if least_tried else _DUE
    values = {"method": method.value, "now": now, "most": most}
    return session.execute(due, values | {"besides": list(besides), "spared": list(spared)}).all()


def claim_to_ask(
    session: Session, method: MethodKind, now: datetime, most: int, others: Collection[str]
) -> Sequence[str]:
    """Ids of attempts about which it is time to ask their provider, unless it is one of the `others`; held likewise."""
    values = {"method": method.value, "now": now, "most": most, "others": list(others)}
    return session.scalars(_ASKED_NOW, values).all()


def release(session: Session, method: MethodKind, now: datetime) -> None:
    """Let what waits for a provider be due again, in the order in which it was due at first."""
    session.execute(_RELEASE, {"key_method": method.value, "now": now})


def move_up(session: Session, incident: str, ranks: int) -> None:
    """Let what an incident has waiting, or may send once more, leave by so many ranks sooner (A7)."""
    session.execute(_MOVE_UP, {"incident": incident, "ranks": ranks})


def bring_near(session: Session, now: datetime) -> bool:
    """Let what waits for a moment that nobody can have set by now be due; whether there was any.

    The clock was ahead when it was set, and has been put back.
    """
    moved = session.execute(_BRING_NEAR, {"now": now, "furthest": now + FURTHEST})
    return cast(CursorResult[Any], moved).rowcount > 0


def with_words(session: Session, ids: Sequence[str]) -> tuple[list[Row[Any]], dict[str, str]]:
    """The attempts with the words of their notifications and what decides about them, in the order of sending.

    What can't be read, or can't be, keeps none of the others from leaving (A11): it comes apart, with its fault.
    """
    try:
        sound, faults = _sound(session.execute(_WITH_WORDS, {"ids": list(ids)}).all())
        return sound, {id: put_down(fault) for id, fault in faults.items()}
    except DBAPIError:
        raise
    except Exception as fault:
        if len(ids) == 1:
            return [], {ids[0]: type(fault).__name__}
    found = [with_words(session, [id]) for id in ids]
    return [row for rows, _ in found for row in rows], {
        id: fault for _, broken in found for id, fault in broken.items()
    }


def lock(session: Session, ids: Sequence[str]) -> tuple[list[Row[Any]], dict[str, Inconsistent]]:
    """The attempts with what their notifications are about, held until the transaction ends; what can't be apart.

    By id, after their incidents, which are held before.
    """
    return _sound(session.execute(_TO_CHANGE, {"ids": list(ids)}).all())


def _sound(rows: Iterable[Row[Any]]) -> tuple[list[Row[Any]], dict[str, Inconsistent]]:
    """The rows that can be, and of the others what is wrong with them."""
    sound, faults = [], {}
    for row in rows:
        columns = row._mapping
        try:
            check_attempt(row.id, columns)
            check_notification(row.notification_id, _about(columns))
        except Inconsistent as fault:
            faults[row.id] = fault
        else:
            sound.append(row)
    return sound, faults


def _about(columns: Mapping[Any, Any]) -> dict[str, Any]:
    return {"kind": columns["kind"], "expires_at": columns["expires_at"]}


def incidents_of(session: Session, ids: Sequence[str]) -> dict[str, str | None]:
    """The incident of each attempt that there is, None for one that has none; this never changes."""
    return {row.id: row.incident_id for row in session.execute(_INCIDENT_OF, {"ids": list(ids)})}


def lease_state(session: Session, id: str) -> Row[Any] | None:
    """Status, lease and due time of the attempt."""
    return session.execute(_LEASE_STATE, {"id": id}).first()


def leases_over(session: Session, now: datetime, most: int) -> Sequence[str]:
    """Ids of attempts that somebody began to send and never finished; nothing is held."""
    return session.scalars(_LEASES_OVER, {"now": now, "most": most}).all()


def busy_numbers(session: Session, now: datetime) -> set[bytes]:
    """Indexes of the numbers that we call right now, over all incidents; the report of a call's end may be lost."""
    # A sign from the future is from before the clock was put back.
    return set(session.scalars(_BUSY, {"since": now - LAST_SIGN, "until": now + LAST_SIGN}))


def providers_of(session: Session, provider_ids: Sequence[str]) -> dict[str, str]:
    """Whom each message or call was handed to, by the id that it has there."""
    query = select(attempts.c.provider_id, attempts.c.provider).where(attempts.c.provider_id.in_(provider_ids))
    return {row.provider_id: row.provider or FIRST for row in session.execute(query)}


def is_bound(session: Session, id: str) -> bool:
    """Whether the id is known under which its provider has the attempt."""
    query = select(attempts.c.id).where(attempts.c.id == id, attempts.c.provider_id.is_not(None))
    return session.scalar(query) is not None


def bound_elsewhere(session: Session, provider_id: str, id: str) -> bool:
    """Whether another attempt is known to the provider by that id."""
    query = select(attempts.c.id).where(attempts.c.provider_id == provider_id, attempts.c.id != id)
    return session.scalar(query.limit(1)) is not None


def unsent_again(session: Session, notification: str) -> Sequence[str]:
    """Ids of the re-sends of that notification which have not left yet; by id."""
    unsent = attempts.c.extra & attempts.c.status.in_((*QUEUED, *SENDING))
    query = select(attempts.c.id).where(attempts.c.notification_id == notification, unsent)
    return session.scalars(query.order_by(attempts.c.id)).all()


def rang_out_before(session: Session, notification: str, besides: str) -> bool:
    """Whether another call of that notification was not answered."""
    query = select(attempts.c.id).where(
        attempts.c.notification_id == notification,
        attempts.c.id != besides,
        attempts.c.failure == Failure.NO_ANSWER.value,
    )
    return session.scalar(query.limit(1)) is not None
