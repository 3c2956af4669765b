"""Rows of the queues that failed and were postponed, and since when; kept apart, so that they cost due rows nothing.

A row that succeeds later gets another due time than it was postponed to, or none; this shows that its trouble is over.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, literal, select, tuple_, union_all, update

from alertnet.store.db.engine import insert_or_change
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.tables import alarms, attempts, drills, escalations, inbound, journeys, put_offs, recordings


@dataclass(frozen=True, slots=True)
class Postponed:
    """A row of a queue that failed when it was due."""

    queue: str
    row_id: str
    since: datetime


QUEUES = {table.name: table for table in (alarms, attempts, drills, escalations, journeys, inbound, recordings)}
ID = {name: next(iter(table.primary_key)) for name, table in QUEUES.items()}
"""By queue, the column that names a row."""

_KEY = (put_offs.c.queue, put_offs.c.row_id)
_STILL_POSTPONED = Prepared(
    union_all(
        *(
            select(*_KEY, put_offs.c.since)
            .join(table, ID[name] == put_offs.c.row_id)
            .where(put_offs.c.queue == name, table.c.due_at == put_offs.c.until)
            for name, table in QUEUES.items()
        )
    )
)


def postpone(tx: Tx, queue: str, id: str, until: datetime) -> bool:
    """Postpone a row until then, and remember since when it has been due; False: it is not due."""
    table, mine = QUEUES[queue], ID[queue] == id
    due_at = tx.session.scalar(select(table.c.due_at).where(mine).with_for_update())
    if due_at is None:
        return False
    tx.session.execute(update(table).where(mine).values(due_at=until))
    row = {"queue": queue, "row_id": id, "since": due_at, "until": until}
    since = case((put_offs.c.until == due_at, put_offs.c.since), else_=literal(due_at, put_offs.c.since.type))
    insert_or_change(tx.session, put_offs, row, since=since, until=until)
    return True


def still_postponed(session: Session) -> list[Postponed]:
    """The rows that have not succeeded since."""
    return [Postponed(*row) for row in _STILL_POSTPONED.all(session, {})]


def forget(tx: Tx) -> None:
    """Forget the rows that have succeeded."""
    known = {tuple(row) for row in tx.session.execute(select(*_KEY))}
    done = known - {(row.queue, row.row_id) for row in still_postponed(tx.session)} if known else known
    if done:
        tx.session.execute(delete(put_offs).where(tuple_(*_KEY).in_(sorted(done))))
