"""When the database was last written to, and what was pending then: for a return after an absence."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, true, update

from alertnet.core.codec import value
from alertnet.core.escalation.state import AT_REST
from alertnet.core.notification import AttemptStatus
from alertnet.store.db.engine import insert_once
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.queues.attempts import SENT_BY
from alertnet.store.records.escalations import MOST_AHEAD
from alertnet.store.records.timeline import SYSTEM
from alertnet.store.tables import (
    IS_OPEN,
    alarms,
    attempts,
    escalations,
    inbound,
    incidents,
    journeys,
    signs,
    sweeps,
    timeline,
    workers,
)

AWAY_SINCE = "away_since"
"""The heartbeat of somebody who was away, and has not yet seen what came in meanwhile."""

RESTORED, MADE_KNOWN = "database_restored", "restore_made_known"
"""Entries of the system's chain: a backup became the database, and then everybody was told of it."""

_IS_DECLARATION = (timeline.c.chain == SYSTEM) & timeline.c.kind.in_((RESTORED, MADE_KNOWN))
_NEWEST: Select[Any] = select(
    select(func.max(attempts.c.changed_at)).scalar_subquery(),
    select(func.max(workers.c.seen_at)).scalar_subquery(),
    select(func.max(sweeps.c.seen_until)).scalar_subquery(),
    select(func.max(timeline.c.at)).where(_IS_DECLARATION).scalar_subquery(),
)
_DECLARED: Select[Any] = (
    select(*timeline.c["kind", "at", "payload"]).where(_IS_DECLARATION).order_by(timeline.c.seq.desc()).limit(2)
)
_AT_REST = tuple(each.value for each in AT_REST)


def newest(session: Session) -> datetime | None:
    """The latest moment in the database; None where nothing was ever done with it.

    Every attempt is stored before the provider is called. So whatever the provider received well after this moment was
    not sent from this database.
    """
    moments = session.execute(_NEWEST).one()
    return max((moment for moment in moments if moment is not None), default=None)


def away_since(tx: Tx, least: timedelta) -> datetime | None:
    """When somebody was last at work, if at least that long ago, or if what came in was not yet seen.

    It is remembered until `back`, since looking writes to the database, and may be interrupted.
    """
    known = tx.session.scalar(select(signs.c.at).where(signs.c.name == AWAY_SINCE))
    last = newest(tx.session)
    # After the clock was set back nothing is known, so the look begins from now.
    if known is not None or last is None or abs(tx.now - last) < least:
        return known
    last = min(last, tx.now)
    insert_once(tx.session, signs, {"name": AWAY_SINCE, "at": last, "times": 1})
    return last


def back(tx: Tx) -> None:
    """Record that everything that came in has been seen."""
    tx.session.execute(delete(signs).where(signs.c.name == AWAY_SINCE))


@value
class Declaration:
    """Somebody has declared that a backup is now the database. `queued`: how many messages waited in it."""

    taken_at: datetime
    at: datetime
    queued: int
    is_over: bool
    """True: it was carried out completely; else it was interrupted, and continues when declared again."""
    lost: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Incidents that the backup does not know, by reference, with the people told of them, as far as found."""


def declared(session: Session, again: datetime | None = None) -> Declaration | None:
    """The last declaration, if it was interrupted, was of a backup of that very moment, or nothing was done since."""
    rows = session.execute(_DECLARED).all()
    if not rows:
        return None
    is_over = rows[0].kind == MADE_KNOWN
    began = rows[1] if is_over else rows[0]
    taken_at, lost = datetime.fromisoformat(began.payload["taken_at"]), rows[0].payload.get("lost", {})
    if is_over and taken_at != again and rows[0].at != newest(session):
        return None
    return Declaration(taken_at, began.at, began.payload["queued"], is_over=is_over, lost=lost)


def queued(tx: Tx, before: datetime) -> Sequence[str]:
    """Ids of the attempts made before then that wait to be sent, oldest first."""
    query = select(attempts.c.id).where(
        attempts.c.method.in_(SENT_BY), attempts.c.due_at.is_not(None), _waits_since(before, tx.now)
    )
    return tx.session.scalars(query.order_by(attempts.c.created_at, attempts.c.id)).all()


def hold_queues(tx: Tx, until: datetime, *, sends_from_before: datetime) -> None:
    """Hold all due rows back until then; of waiting attempts only those made before `sends_from_before`."""
    is_old = _waits_since(sends_from_before, tx.now)
    for queue, which in (*((queue, true()) for queue in (escalations, alarms, journeys, inbound)), (attempts, is_old)):
        overdue = update(queue).where(queue.c.due_at.is_not(None), queue.c.due_at < until, which)
        tx.session.execute(overdue.values(due_at=until))


def _waits_since(before: datetime, now: datetime) -> ColumnElement[bool]:
    """Whether an attempt that was made before then is queued; what a clock that was ahead has made was, too."""
    made_at = attempts.c.created_at
    return (attempts.c.status == AttemptStatus.QUEUED.value) & or_(made_at < before, made_at > now + MOST_AHEAD)


def going_on(session: Session) -> list[tuple[str, str]]:
    """Id and reference of open incidents in which an answer is still awaited, oldest first."""
    waited_for = select(escalations.c.id).where(
        escalations.c.incident_id == incidents.c.id, escalations.c.status.not_in(_AT_REST)
    )
    query = select(incidents.c.id, incidents.c.ref).where(IS_OPEN)
    rows = session.execute(query.where(waited_for.exists()).order_by(incidents.c.opened_at))
    return [(row.id, row.ref) for row in rows]


def unbound(session: Session, provider_ids: Collection[str]) -> set[str]:
    """Those of the provider's ids that belong to no attempt."""
    known = select(attempts.c.provider_id).where(attempts.c.provider_id.in_(provider_ids))
    return set(provider_ids) - set(session.scalars(known))
