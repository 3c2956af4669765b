"""The look of workers at the queues: which have something due, when the next is, and which workers are alive."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, bindparam, delete, exists, literal_column, select, union_all

from alertnet.core.codec import value
from alertnet.core.delivery.horizon import LONG_AGO
from alertnet.core.directory.contact import MethodKind
from alertnet.core.monitoring.self_monitoring import Seen
from alertnet.store.db.columns import Instant
from alertnet.store.db.engine import insert_or_change
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.queues.attempts import ASKED, QUEUED, SENDING, SENT_BY
from alertnet.store.queues.postponed_rows import ID, QUEUES
from alertnet.store.tables import attempts, breakers, workers

FORGOTTEN_AFTER = timedelta(days=1)

_NOW = bindparam("now", type_=Instant())


@value
class Due:
    """What is due now. `queued`: methods with something to send; `asked`: methods with attempts to ask about.

    `queues`: the tables with a row that is due, `attempts` for a lease that is over. `trouble`: a provider is in
    trouble. `next_at`: the earliest due time in the future. `oldest`: that of the oldest due attempt found; now if
    there is none.
    """

    queued: frozenset[MethodKind] = frozenset()
    asked: frozenset[MethodKind] = frozenset()
    queues: frozenset[str] = frozenset()
    trouble: bool = False
    next_at: datetime | None = field(default=None, compare=False)
    oldest: datetime | None = field(default=None, compare=False)


def _look_at(name: str, about: str, since: Any, moment: ColumnElement[Any]) -> Select[Any]:
    """A row with the name, since when something is due, and when something is next due."""
    return select(literal_column(f"'{name}'"), literal_column(f"'{about}'"), since, _first(moment, moment > _NOW))


def _first(moment: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Any:
    return select(moment).where(*conditions).order_by(moment).limit(1).scalar_subquery()


def _queue(table: Table) -> Select[Any]:
    due_at = table.c.due_at
    return _look_at(table.name, "", _first(due_at, due_at <= _NOW), due_at)


# Each kind takes a step or two in an index, so a look costs the same however much waits or is over. All kinds of
# attempts are asked for in one query: PostgreSQL would plan each of many anew, which took five times as long as
# answering them.
_KINDS = union_all(
    *(
        select(literal_column(f"'{method}'").label("method"), literal_column(f"'{status}'").label("status"))
        for method in SENT_BY
        for status in (*QUEUED, *SENDING, *ASKED)
    )
).subquery("kinds")
_OF_KIND = (attempts.c.method == _KINDS.c.method) & (attempts.c.status == _KINDS.c.status)
_FELL_DUE_LATELY = attempts.c.due_at > bindparam("since")
_TROUBLE = select(_NOW).where(exists(select(breakers.c.provider))).scalar_subquery()
_LOOK = Prepared(
    union_all(
        select(
            _KINDS.c.method.label("name"),
            _KINDS.c.status.label("about"),
            _first(attempts.c.due_at, _OF_KIND, attempts.c.due_at <= _NOW, _FELL_DUE_LATELY).label("since"),
            _first(attempts.c.due_at, _OF_KIND, attempts.c.due_at > _NOW).label("next_at"),
        ),
        *(_queue(table) for table in QUEUES.values() if table is not attempts),
        *(
            _look_at(breakers.name, moment.name, _TROUBLE, moment)
            for moment in (breakers.c.try_at, breakers.c.paused_until)
        ),
    )
)


def due(tx: Tx, since: datetime = LONG_AGO) -> Due:
    """What is due now, and when something is next due; `since`: only attempts that fell due after that."""
    rows = _LOOK.all(tx.session, {"now": tx.now, "since": since})
    found = {(row.name, row.about) for row in rows if row.since is not None}
    names = {name for name, _ in found}

    def methods(statuses: Iterable[str]) -> frozenset[MethodKind]:
        return frozenset(MethodKind(name) for name, about in found if about in statuses)

    return Due(
        methods(QUEUED),
        methods(ASKED),
        frozenset(names & QUEUES.keys() | ({attempts.name} if methods(SENDING) else set())),
        breakers.name in names,
        _earliest(row.next_at for row in rows),
        _earliest((tx.now, *(row.since for row in rows if row.name in SENT_BY))),
    )


def due_ids(tx: Tx, queue: str, most: int) -> Sequence[str]:
    """Ids of the due rows of a queue, in the order of due times; nothing is locked."""
    return _due_in(queue).scalars(tx.session, {"now": tx.now, "most": most})


@cache
def _due_in(queue: str) -> Prepared:
    due_at = QUEUES[queue].c.due_at
    query = select(ID[queue]).where(due_at.is_not(None), due_at <= _NOW)
    return Prepared(query.order_by(due_at).limit(bindparam("most")))


def next_due(tx: Tx) -> datetime | None:
    """The earliest due time in the future, of all queues."""
    return due(tx).next_at


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def beat(tx: Tx, worker: str) -> None:
    insert_or_change(tx.session, workers, {"id": worker, "seen_at": tx.now, "started_at": tx.now}, seen_at=tx.now)


def forget(tx: Tx) -> None:
    """Delete workers that have long not been seen."""
    tx.session.execute(delete(workers).where(workers.c.seen_at < tx.now - FORGOTTEN_AFTER))


def leave(tx: Tx, worker: str) -> None:
    """Delete a worker that has ended properly."""
    tx.session.execute(delete(workers).where(workers.c.id == worker))


def seen(session: Session) -> tuple[Seen, ...]:
    """All workers that have not ended properly."""
    return tuple(Seen(row.started_at, row.seen_at) for row in session.execute(select(workers)))
