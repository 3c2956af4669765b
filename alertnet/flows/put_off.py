"""A row that can't be worked on is put off and reported, so that it holds up no other (A11)."""

from datetime import timedelta

from sqlalchemy import update

from alertnet.store import timeline
from alertnet.store.tables import alarms, attempts, escalations
from alertnet.store.tx import Tx

PAUSE = timedelta(minutes=1)
QUEUES = {table.name: table for table in (alarms, attempts, escalations)}


def put_off(tx: Tx, queue: str, id: str, fault: str) -> None:
    """Look at that row of `alarms`, `attempts` or `escalations` again in a minute; `fault`: what it raised, by name."""
    table = QUEUES[queue]
    change = update(table).where(table.c.id == id, table.c.due_at.is_not(None))
    tx.session.execute(change.values(due_at=tx.now + PAUSE))
    timeline.append(tx, timeline.SYSTEM, ("put_off", {"queue": queue, "row": id, "fault": fault}))
