"""Escalations on the record, the first queue: each has a next due time until it is acknowledged or stopped (A2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, select, update
from sqlalchemy.orm import Session

from alertnet.core.codec import from_plain, to_plain
from alertnet.core.escalation import LAST_RESORT, State, Status
from alertnet.core.resolution import Plan
from alertnet.store.tables import escalations, incidents


@dataclass
class Escalation:
    """One tree's escalation of an incident; `level` is the name of the last one opened."""

    id: str
    incident_id: str
    tree: str
    scope: str
    state: State
    due_at: datetime | None
    level: str | None = None
    new: bool = False
    """Not written yet: it is being opened."""


_ADD = insert(escalations)
_SAVE = update(escalations).where(escalations.c.id == bindparam("key"))

_OF_INCIDENT: Select[Any] = (
    select(escalations)
    .where(escalations.c.incident_id == bindparam("incident"))
    .order_by(escalations.c.tree)
    .with_for_update()
)
_DUE = (
    select(escalations.c.id, escalations.c.incident_id)
    .where(escalations.c.due_at.is_not(None), escalations.c.due_at <= bindparam("now", type_=escalations.c.due_at.type))
    .order_by(escalations.c.rank, escalations.c.due_at)
    .limit(bindparam("most"))
)


def add(session: Session, escalation: Escalation, tree_hash: str, rank: int) -> None:
    """Put a new escalation on the record."""
    fixed = {
        "id": escalation.id,
        "incident_id": escalation.incident_id,
        "tree": escalation.tree,
        "tree_hash": tree_hash,
        "scope": escalation.scope,
        "rank": rank,
    }
    session.execute(_ADD, fixed | _moving(escalation))


def save(session: Session, escalation: Escalation, rank: int) -> None:
    """Replace what moves: status, level, round, due time and state."""
    session.execute(_SAVE, {"key": escalation.id, "rank": rank} | _moving(escalation))


def of_incident(session: Session, incident_id: str) -> list[Escalation]:
    """The incident's escalations by tree, held until the transaction ends (the incident's row is held before)."""
    return [_escalation(row) for row in session.execute(_OF_INCIDENT, {"incident": incident_id})]


def due(session: Session, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(escalation, incident) of what is due, most severe first, then oldest; nothing is held."""
    return [(row.id, row.incident_id) for row in session.execute(_DUE, {"now": now, "most": limit})]


def next_due(session: Session) -> datetime | None:
    """The earliest due time of all."""
    query = select(escalations.c.due_at).where(escalations.c.due_at.is_not(None)).order_by(escalations.c.due_at)
    return session.scalar(query.limit(1))


def put_off(session: Session, id: str, until: datetime) -> None:
    """Look at this one again only then: it failed, and must not hold up the others (A11)."""
    session.execute(update(escalations).where(escalations.c.id == id).values(due_at=until))


def level_name(plan: Plan, state: State) -> str | None:
    """The name of the level opened last; None before the first."""
    if not state.runs:
        return None
    index = state.runs[-1].index
    return "Last resort" if index == LAST_RESORT else plan.tree.levels[index].name


def unheard(session: Session) -> list[str]:
    """The references of open incidents none of whose escalations goes on: nobody at all may be told (A2)."""
    goes_on = select(escalations.c.id).where(
        escalations.c.incident_id == incidents.c.id, escalations.c.status != Status.STOPPED.value
    )
    query = select(incidents.c.ref).where(incidents.c.status == "open", ~goes_on.exists())
    return list(session.scalars(query.order_by(incidents.c.opened_at)))


def _moving(escalation: Escalation) -> dict[str, Any]:
    return {
        "status": escalation.state.status.value,
        "level": escalation.level,
        "round": escalation.state.round,
        "due_at": escalation.due_at,
        "state": to_plain(escalation.state),
    }


def _escalation(row: Row[Any]) -> Escalation:
    return Escalation(
        id=row.id,
        incident_id=row.incident_id,
        tree=row.tree,
        scope=row.scope,
        state=from_plain(State, row.state),
        due_at=row.due_at,
        level=row.level,
    )
