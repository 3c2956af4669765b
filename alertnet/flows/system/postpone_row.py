"""Postpones and reports a row that can't be processed, so that it holds up no other (A11)."""

from datetime import timedelta

from alertnet.store.db.tx import Tx
from alertnet.store.queues import postponed_rows
from alertnet.store.records import inbound, timeline

PAUSE = timedelta(minutes=1)


def postpone(tx: Tx, queue: str, id: str, fault: str) -> None:
    """Postpone a row of a queue, one of `postponed_rows.QUEUES`, by a minute; `fault`: see `put_down`."""
    if postponed_rows.postpone(tx, queue, id, tx.now + PAUSE):
        timeline.note(tx, "put_off", queue=queue, row=id, fault=fault)


def set_aside(tx: Tx, provider_id: str, fault: str) -> None:
    """Store an unreadable text or call with those of strangers, since what it was is not known (A11, A12)."""
    inbound.set_aside(tx, provider_id)
    timeline.note(tx, "put_off", queue="inbound", row=provider_id, fault=fault)
