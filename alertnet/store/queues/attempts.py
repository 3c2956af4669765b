"""Attempts, the second queue: `due_at` is when to send, to end a lease, or to ask the provider."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypedDict

from sqlalchemy import Row, and_, bindparam, case, or_, select, update

from alertnet.core.codec import value
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.errors import Inconsistent
from alertnet.core.notification import AttemptStatus, Failure, Kind, check_attempt, check_notification
from alertnet.store.db.columns import Instant
from alertnet.store.db.lookups import LookUp, is_among
from alertnet.store.db.session import Session
from alertnet.store.db.statements import NewRow, Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.records.escalations import MOST_AHEAD
from alertnet.store.tables import NOBODY, attempts, incidents, notifications, with_wholes

SENT_BY = (MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL)
"""The methods of attempts that are sent; a task is not."""

QUEUED = (AttemptStatus.QUEUED.value,)
SENDING = (AttemptStatus.SENDING.value,)
ASKED = (
    AttemptStatus.UNKNOWN.value,
    AttemptStatus.SENT.value,
    AttemptStatus.DELIVERED.value,
    AttemptStatus.CANCELLED.value,
)
"""Statuses in which the provider is asked about an attempt with a due time; a cancelled call may still ring."""

ON_THE_LINE = (AttemptStatus.SENDING.value, AttemptStatus.SENT.value, AttemptStatus.DELIVERED.value)
"""A call in one of these statuses with a due time may ring or speak."""


@value
class Attempt:
    """A stored attempt, with what its notification is about."""

    id: str
    notification_id: str
    incident_id: str | None
    prompt_id: str | None
    """The prompt that its message is for."""
    kind: Kind
    is_alert: bool
    tree: str | None
    contact: str
    """A contact's id, or `team/member`."""
    language: str
    method: MethodKind
    address_index: bytes
    rank: int
    status: AttemptStatus
    due_at: datetime | None
    """When to send it, to end its lease, or to ask the provider."""
    lease: str | None
    sender: str | None
    """The number that it left from, or is to leave from."""
    provider: str | None
    """The provider it was handed to; for a queued one, the provider that last turned it away."""
    provider_id: str | None
    extra: bool
    """The one re-send after an unknown outcome (A5)."""
    checks: int
    delays: int
    failure: Failure | None
    error: str | None
    created_at: datetime
    started_at: datetime | None


@value
class NewAttempt(NewRow):
    table = attempts

    id: str
    notification_id: str
    incident_id: str | None
    method: MethodKind
    is_alert: bool
    rank: int
    address_index: bytes
    due_at: datetime
    sender: str | None
    extra: bool
    delays: int
    created_at: datetime
    changed_at: datetime
    status: AttemptStatus = AttemptStatus.QUEUED
    checks: int = 0
    wrong_keys: int = 0
    provider_id: ClassVar[None] = None
    failure: ClassVar[None] = None
    error: ClassVar[None] = None


class AttemptChanges(TypedDict, total=False):
    """Columns of an attempt that flows replace."""

    status: AttemptStatus
    due_at: datetime | None
    lease: str | None
    checks: int
    delays: int
    sender: str | None
    provider: str | None
    provider_id: str
    failure: Failure | None
    error: str | None
    spoken_code: str
    wrong_keys: int
    keyed: list[str]
    started_at: datetime
    changed_at: datetime


_ABOUT = (*notifications.c["kind", "tree", "contact", "language"], notifications.c.alarm_id.label("prompt_id"))
"""The columns of its notification that are read with an attempt."""

_NAMES = tuple(each.name for each in fields(Attempt))
COLUMNS = tuple({each.key: each for each in (*attempts.c, *_ABOUT)}[name] for name in _NAMES)
"""The columns of an `Attempt`, in the order of its fields."""
_NOW = bindparam("now", type_=Instant())
# Statements are built once: building one costs as much as running it.
_IDS = attempts.c.id.in_(bindparam("ids"))
_THEIR_INCIDENTS = (
    select(*incidents.c["id", "part_of"])
    .where(is_among(incidents.c.id, with_wholes(select(attempts.c.incident_id).where(_IDS))))
    .where(incidents.c.purged_at.is_(None))
    .order_by(incidents.c.id)
)
_HOLD, _HOLD_FREE = (Prepared(_THEIR_INCIDENTS.with_for_update(skip_locked=free_only)) for free_only in (False, True))
_TO_CHANGE = Prepared(
    select(*COLUMNS)
    .select_from(LookUp(attempts, notifications, notifications.c.id == attempts.c.notification_id))
    .where(_IDS, or_(attempts.c.incident_id.is_(None), attempts.c.incident_id.in_(bindparam("held"))))
    .where(attempts.c.address_index != NOBODY)
    .order_by(attempts.c.id)
    .with_for_update(of=attempts)
)
_LEASE_STATES = Prepared(select(*attempts.c["id", "status", "lease", "due_at"]).where(_IDS))
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
"""Nothing begun or put off waits longer than this for its next look; a backup holds it for two minutes."""
_OUT_OF_REACH = select(attempts.c.id).where(
    attempts.c.method.in_(SENT_BY),
    attempts.c.due_at > _NOW,
    or_(
        # To leave as soon as it was queued: what is put off, as until the end of quiet hours, has a time of its own.
        attempts.c.status.in_(QUEUED)
        & (attempts.c.delays == 0)
        & (attempts.c.due_at <= attempts.c.created_at)
        & (attempts.c.due_at > bindparam("ahead")),
        (attempts.c.due_at > bindparam("furthest"))
        & or_(
            attempts.c.status.in_((*SENDING, AttemptStatus.UNKNOWN.value)),
            and_(attempts.c.status.in_(QUEUED), attempts.c.delays > 0),
        ),
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
_BUSY = Prepared(
    select(attempts.c.address_index).where(
        attempts.c.method == MethodKind.CALL.value,
        attempts.c.status.in_(ON_THE_LINE),
        attempts.c.due_at.is_not(None),
        attempts.c.changed_at > bindparam("since"),
        attempts.c.changed_at < bindparam("until"),
    )
)
JOINED = "joined"
"""Marks an attempt that did not leave by itself: another one has told it."""
_CALLS_TO = select(attempts.c.id).where(
    attempts.c.incident_id == bindparam("incident"),
    attempts.c.address_index == bindparam("address"),
    attempts.c.method == MethodKind.CALL.value,
)
_WAS_RUNG = Prepared(_CALLS_TO.where(or_(attempts.c.started_at.is_not(None), attempts.c.error == JOINED)).limit(1))
_RANG_OUT = (attempts.c.status == AttemptStatus.FAILED.value) & (attempts.c.started_at > bindparam("since"))
_HAS_RUNG_OUT = Prepared(_CALLS_TO.where(_RANG_OUT).limit(1))
_OTHERS_RUNG_OUT = Prepared(
    select(attempts.c.id)
    .where(
        attempts.c.notification_id == bindparam("notification"),
        attempts.c.id != bindparam("besides"),
        attempts.c.failure == Failure.NO_ANSWER.value,
    )
    .limit(1)
)
LAST_SIGN = timedelta(seconds=40)
"""A call rings for 30 s, and one in progress asks us for words more often than this."""


def release(tx: Tx, method: MethodKind) -> None:
    """Make attempts that wait for a provider due again, in their original order."""
    tx.session.execute(_RELEASE, {"key_method": method.value, "now": tx.now})


def move_up(session: Session, incident: str, ranks: int) -> None:
    """Raise the rank of an incident's waiting and possibly re-sent attempts by that much (A7)."""
    session.execute(_MOVE_UP, {"incident": incident, "ranks": ranks})


def bring_near(tx: Tx) -> bool:
    """Make attempts due now whose time a clock that was ahead has set; True if there were any."""
    given = {"now": tx.now, "ahead": tx.now + MOST_AHEAD, "furthest": tx.now + FURTHEST}
    moved = tx.session.execute(_BRING_NEAR, given)
    return moved.rowcount > 0


def lock(
    session: Session, ids: Sequence[str], *, free_only: bool = False
) -> tuple[list[Attempt], dict[str, Inconsistent]]:
    """Lock the attempts by id, after their incidents, until the transaction ends; impossible ones are given apart.

    What was purged or erased is left out, and with `free_only` what is of incidents that others hold, or of their
    parts.
    """
    rows = (_HOLD_FREE if free_only else _HOLD).all(session, {"ids": list(ids)})
    free = {None, *(row.id for row in rows)}
    held = [row.id for row in rows if row.part_of in free or not free_only]
    found, faults = [], {}
    for row in _TO_CHANGE.all(session, {"ids": list(ids), "held": held}):
        try:
            found.append(Attempt(**typed(row)))
        except Inconsistent as fault:
            faults[row.id] = fault
    return found, faults


def typed(row: Row[Any], expires_at: datetime | None = None) -> dict[str, Any]:
    """The fields of an `Attempt` from a row that begins with `COLUMNS`; `Inconsistent` where it is impossible.

    `expires_at`: that of its message.
    """
    columns = dict(zip(_NAMES, row, strict=False))
    check_attempt(row.id, columns)
    check_notification(row.notification_id, {"kind": row.kind, "expires_at": expires_at})
    failure = columns["failure"]
    columns["kind"], columns["method"] = Kind(row.kind), MethodKind(row.method)
    columns["status"], columns["failure"] = AttemptStatus(row.status), None if failure is None else Failure(failure)
    return columns


def note_sign(tx: Tx, id: str) -> None:
    """Record that a call is still in progress."""
    tx.session.execute(update(attempts).where(attempts.c.id == id).values(changed_at=tx.now))


def leased(tx: Tx, leases: Mapping[str, str]) -> set[str]:
    """The attempts, by id, that are being sent under that very lease, which has not expired."""
    rows = _LEASE_STATES.all(tx.session, {"ids": list(leases)})
    sending = [row for row in rows if row.status == AttemptStatus.SENDING.value]
    return {row.id for row in sending if row.lease == leases[row.id] and row.due_at > tx.now}


def leases_over(tx: Tx, most: int) -> Sequence[str]:
    """Ids of attempts whose sending was begun and not finished in time; nothing is locked."""
    return tx.session.scalars(_LEASES_OVER, {"now": tx.now, "most": most}).all()


def busy_numbers(tx: Tx) -> set[bytes]:
    """Indexes of the numbers that we are calling now, over all incidents; the report of a call's end may be lost."""
    # A moment in the future is from before the clock was set back.
    return set(_BUSY.scalars(tx.session, {"since": tx.now - LAST_SIGN, "until": tx.now + LAST_SIGN}))


def providers_of(session: Session, provider_ids: Sequence[str]) -> dict[str, str]:
    """The provider of each message or call, by the id that it has there."""
    query = select(attempts.c.provider_id, attempts.c.provider).where(attempts.c.provider_id.in_(provider_ids))
    return {row.provider_id: row.provider or FIRST for row in session.execute(query)}


def is_bound(session: Session, id: str) -> bool:
    """Whether the provider's id of the attempt is known."""
    query = select(attempts.c.id).where(attempts.c.id == id, attempts.c.provider_id.is_not(None))
    return session.scalar(query) is not None


def bound_elsewhere(session: Session, provider_id: str, id: str) -> bool:
    """Whether another attempt has that provider's id."""
    query = select(attempts.c.id).where(attempts.c.provider_id == provider_id, attempts.c.id != id)
    return session.scalar(query.limit(1)) is not None


def unsent_again(session: Session, notification: str) -> Sequence[str]:
    """Ids of the notification's re-sends that have not left yet, in order."""
    unsent = attempts.c.extra & attempts.c.status.in_((*QUEUED, *SENDING))
    query = select(attempts.c.id).where(attempts.c.notification_id == notification, unsent)
    return session.scalars(query.order_by(attempts.c.id)).all()


def was_rung(session: Session, incident: str, address: bytes) -> bool:
    """Whether anybody was called about that incident at an address of that index, or told in another call."""
    return bool(_WAS_RUNG.all(session, {"incident": incident, "address": address}))


def has_rung_out(session: Session, incident: str, address: bytes, since: datetime) -> bool:
    """Whether a call about that incident to an address of that index, begun after that moment, reached nobody."""
    return bool(_HAS_RUNG_OUT.all(session, {"incident": incident, "address": address, "since": since}))


def rang_out_before(session: Session, notification: str, besides: str) -> bool:
    """Whether another call of that notification was not answered."""
    return bool(_OTHERS_RUNG_OUT.all(session, {"notification": notification, "besides": besides}))


def was_followed(session: Session, attempt: Attempt) -> bool:
    """Whether another alert of its incident was made since for that address, by that method, and not cancelled."""
    same = (attempts.c[name] == getattr(attempt, name) for name in ("incident_id", "address_index", "method"))
    later = attempts.c.is_alert, attempts.c.created_at > attempt.created_at
    query = select(attempts.c.id).where(*same, *later, attempts.c.status != AttemptStatus.CANCELLED.value)
    return session.execute(query.limit(1)).first() is not None


def was_over(session: Session, id: str, at: datetime) -> bool:
    """Whether the attempt had its status already before that moment."""
    query = select(attempts.c.id).where(attempts.c.id == id, attempts.c.changed_at < at)
    return session.execute(query).first() is not None
