"""The metrics of all processes together (`core.monitoring.metrics`), so that each process reports the same."""

import json
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists, or_, select, text

from alertnet.core.monitoring.metrics import Counts, Key
from alertnet.store.db.engine import insert_or_change
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.tables import attempts, counters, incidents


def add(tx: Tx, counted: Counts) -> None:
    """Add counts to the stored ones, in the order of names, so that no two transactions wait for each other."""
    for (name, labels), number in sorted(counted.items()):
        row = {"name": name, "labels": json.dumps(labels), "number": number}
        insert_or_change(tx.session, counters, row, number=counters.c.number + number)


def read(session: Session) -> dict[Key, float]:
    return {(row.name, tuple(json.loads(row.labels))): row.number for row in session.execute(select(counters))}


def first_sends(session: Session, ids: Sequence[str]) -> list[timedelta]:
    """For those attempts that were the first sent alert of their incident: how long after its opening."""
    earlier = attempts.alias()
    is_earlier = or_(
        earlier.c.started_at < attempts.c.started_at,
        (earlier.c.started_at == attempts.c.started_at) & (earlier.c.id < attempts.c.id),
    )
    others = exists().where(earlier.c.incident_id == attempts.c.incident_id, earlier.c.is_alert, is_earlier)
    query = (
        select(attempts.c.started_at, incidents.c.opened_at)
        .join(incidents, incidents.c.id == attempts.c.incident_id)
        .where(attempts.c.id.in_(ids), attempts.c.is_alert, attempts.c.started_at.is_not(None), ~others)
    )
    return [row.started_at - row.opened_at for row in session.execute(query)]


def database_bytes(session: Session) -> int:
    is_sqlite = session.dialect.name == "sqlite"
    sizes = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    return int(session.scalar(text(sizes if is_sqlite else "SELECT pg_database_size(current_database())")) or 0)
