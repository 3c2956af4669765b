"""Drills: a queue of planned ones, due when something is next to be done, and those that were held."""

from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update

from alertnet.core.codec import from_plain, to_plain, value
from alertnet.core.monitoring.drills import Drill, DrillStatus
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx, is_id
from alertnet.store.tables import drills, incidents


@value
class StoredDrill:
    """A stored drill. `incident` and `ref`: those of its incident, once it was held."""

    id: str
    drill: Drill
    status: DrillStatus
    incident: str | None = None
    ref: str | None = None


_SHOWN: Select[Any] = select(drills, incidents.c.ref).outerjoin(incidents, incidents.c.id == drills.c.incident_id)


def add(tx: Tx, drill: Drill, *, incident: str | None = None) -> str:
    """Store a drill that is planned, or has begun as `incident`; gives its id."""
    id = tx.entropy.id()
    status = DrillStatus.PLANNED if incident is None else DrillStatus.HELD
    row = {"id": id, "incident_id": incident, "planned_at": tx.now, **_columns(drill, status)}
    tx.session.execute(insert(drills).values(row))
    tx.leaves_due()
    return id


def save(tx: Tx, id: str, drill: Drill, status: DrillStatus, *, incident: str | None = None) -> None:
    """Save the state of a drill that the transaction has locked."""
    values = {"incident_id": incident, **_columns(drill, status)}
    tx.session.execute(update(drills).where(drills.c.id == id).values(values))
    tx.leaves_due()


def hold(tx: Tx, id: str) -> StoredDrill | None:
    """The drill of that id, locked until the transaction ends, before any incident of it."""
    query = select(drills).where(drills.c.id == id).with_for_update()
    row = tx.session.execute(query).first() if is_id(id) else None
    return None if row is None else StoredDrill(row.id, _drill(row), DrillStatus(row.status), row.incident_id)


def count_planned(session: Session) -> int:
    query = select(func.count()).where(drills.c.status == DrillStatus.PLANNED.value)
    return session.scalar(query.select_from(drills)) or 0


def to_come(session: Session) -> list[StoredDrill]:
    """The planned drills, the next first."""
    query = _SHOWN.where(drills.c.status == DrillStatus.PLANNED.value)
    return [_stored(row) for row in session.execute(query.order_by(drills.c.starts_at, drills.c.id))]


def past(session: Session, limit: int) -> list[StoredDrill]:
    """The other drills, the latest first."""
    query = _SHOWN.where(drills.c.status != DrillStatus.PLANNED.value)
    found = query.order_by(drills.c.starts_at.desc(), drills.c.id.desc()).limit(limit)
    return [_stored(row) for row in session.execute(found)]


def _columns(drill: Drill, status: DrillStatus) -> dict[str, object]:
    due_at = drill.due_at if status is DrillStatus.PLANNED else None
    return {"status": status.value, "drill": to_plain(drill), "starts_at": drill.starts_at, "due_at": due_at}


def _drill(row: Row[Any]) -> Drill:
    return from_plain(Drill, row.drill)


def _stored(row: Row[Any]) -> StoredDrill:
    return StoredDrill(row.id, _drill(row), DrillStatus(row.status), row.incident_id, row.ref)
