"""What workers look at: which queues have something due, when the next thing is, and which workers are alive."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, delete, exists, or_, select, true, update
from sqlalchemy.orm import Session

from alertnet.core.directory.contact import MethodKind
from alertnet.core.monitoring.self_monitoring import Seen
from alertnet.core.notification import AttemptStatus
from alertnet.store.db.columns import Instant
from alertnet.store.db.engine import insert_once
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.queues.attempts import ASKED, QUEUED, SENDING, SENT_BY
from alertnet.store.tables import (
    alarms,
    attempts,
    breakers,
    drills,
    escalations,
    inbound,
    journeys,
    recordings,
    workers,
)

FORGOTTEN_AFTER = timedelta(days=1)

_NOW = bindparam("now", type_=Instant())


@dataclass(frozen=True)
class Due:
    """What is due now: `queued` by the methods that have something to send, `asked` by those with an unknown outcome.

    `trouble`: something is wrong with a provider. `next_at`: the earliest due time that is still to come.
    """

    queued: frozenset[MethodKind]
    asked: frozenset[MethodKind]
    leases: bool
    escalations: bool
    alarms: bool
    journeys: bool
    texts: bool = False
    recordings: bool = False
    drills: bool = False
    trouble: bool = False
    next_at: datetime | None = field(default=None, compare=False)


def _some_due(table: Table, *conditions: ColumnElement[bool]) -> Any:
    return exists().where(table.c.due_at.is_not(None), table.c.due_at <= _NOW, *conditions)


def _some_attempt(method: MethodKind, statuses: tuple[str, ...]) -> Any:
    # Of several at once PostgreSQL reads all that are due, of whatever status, and throws away what it does not want.
    return or_(
        *(_some_due(attempts, attempts.c.method == method.value, attempts.c.status == each) for each in statuses)
    )


def _first(moment: ColumnElement[Any], condition: ColumnElement[bool] | None = None) -> Any:
    query = select(moment).where(moment > _NOW, true() if condition is None else condition)
    return query.order_by(moment).limit(1).scalar_subquery()


# Each column is one step into an index: a look costs the same however much waits or is over and done with.
_DUE = (
    *(_some_attempt(method, QUEUED).label(f"queued_{method}") for method in SENT_BY),
    *(_some_attempt(method, ASKED).label(f"asked_{method}") for method in SENT_BY),
    *(_some_attempt(method, SENDING).label(f"leased_{method}") for method in SENT_BY),
    _some_due(escalations).label("escalations"),
    _some_due(alarms).label("alarms"),
    _some_due(journeys).label("journeys"),
    _some_due(inbound).label("texts"),
    _some_due(recordings).label("recordings"),
    _some_due(drills).label("drills"),
    exists(select(breakers.c.provider)).label("trouble"),
)
_NEXT = (
    *(
        _first(attempts.c.due_at, (attempts.c.method == method.value) & (attempts.c.status == status.value))
        for method in SENT_BY
        for status in AttemptStatus
        if status is not AttemptStatus.FAILED
    ),
    _first(escalations.c.due_at),
    _first(alarms.c.due_at),
    _first(journeys.c.due_at),
    _first(inbound.c.due_at),
    _first(recordings.c.due_at),
    _first(drills.c.due_at),
    _first(breakers.c.try_at),
    _first(breakers.c.paused_until),
)
_LOOK = Prepared(select(*_DUE, *_NEXT))
_NEXT_DUE = Prepared(select(*_NEXT))


def due(tx: Tx) -> Due:
    """What is due now, and when something is next."""
    [row] = _LOOK.all(tx.session, {"now": tx.now})
    found = row._asdict()
    return Due(
        frozenset(method for method in SENT_BY if found[f"queued_{method}"]),
        frozenset(method for method in SENT_BY if found[f"asked_{method}"]),
        any(found[f"leased_{method}"] for method in SENT_BY),
        bool(found["escalations"]),
        bool(found["alarms"]),
        bool(found["journeys"]),
        bool(found["texts"]),
        bool(found["recordings"]),
        bool(found["drills"]),
        bool(found["trouble"]),
        _earliest(row[len(_DUE) :]),
    )


def next_due(tx: Tx) -> datetime | None:
    """The earliest due time that is still to come, of all queues."""
    return _earliest(_NEXT_DUE.all(tx.session, {"now": tx.now})[0])


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def beat(tx: Tx, worker: str) -> None:
    """Record that the worker is alive."""
    if not insert_once(tx.session, workers, {"id": worker, "seen_at": tx.now, "started_at": tx.now}):
        tx.session.execute(update(workers).where(workers.c.id == worker).values(seen_at=tx.now))


def forget(tx: Tx) -> None:
    """Delete workers that have not been alive for long."""
    tx.session.execute(delete(workers).where(workers.c.seen_at < tx.now - FORGOTTEN_AFTER))


def leave(tx: Tx, worker: str) -> None:
    """Delete a worker that has ended in good order."""
    tx.session.execute(delete(workers).where(workers.c.id == worker))


def seen(session: Session) -> tuple[Seen, ...]:
    """Every worker that has not ended in good order."""
    return tuple(Seen(row.started_at, row.seen_at) for row in session.execute(select(workers)))
