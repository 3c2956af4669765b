"""Incidents as a list shows them, by what is stored of each in clear, so that one that can't be read hides no other."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, String, bindparam, exists, select, tuple_

from alertnet.core.codec import value
from alertnet.core.escalation.state import Status
from alertnet.core.incident import IncidentStatus, Severity
from alertnet.store.db.columns import Instant
from alertnet.store.db.session import UNREADABLE, Session
from alertnet.store.db.statements import Prepared
from alertnet.store.tables import IS_OPEN, escalations, incidents

_SHOWN = ("id", "ref", "status", "type", "severity", "country", "opened_at", "held_at", "purged_at", "facts")
_LISTED = select(*incidents.c[_SHOWN])
_FACTS = Prepared(select(incidents.c.facts).where(incidents.c.id == bindparam("id")))


@value
class Listed:
    """An incident in a list. `drill`, `verified`, `is_text`: None where it can't be read."""

    id: str
    ref: str
    status: IncidentStatus
    type: str
    severity: Severity
    country: str
    opened_at: datetime
    held_at: datetime | None
    purged_at: datetime | None
    drill: bool | None
    verified: bool | None
    is_text: bool | None


@value
class Closed:
    """A closed incident, with what is stored of it in clear."""

    ref: str
    type: str
    country: str
    at: datetime


def page(
    session: Session, status: str | None, before: tuple[datetime, str] | None, limit: int, team: str | None = None
) -> list[Listed]:
    """A page of incidents, newest first; with `team` only those of that team.

    `before` is the opening time and id of the last one seen.
    """
    values: dict[str, Any] = {"limit": limit}
    if team is not None:
        values["team"] = team
    if before is not None:
        values["at"], values["id"] = before
    # Each status by itself is read in the order of an index, however many there are.
    statuses = [status] if status is not None else [each.value for each in IncidentStatus]
    query = _page(is_of_team=team is not None, goes_on=before is not None)
    found = [_shown(row) for one in statuses for row in query.all(session, {**values, "status": one})]
    return sorted(found, key=lambda each: (each.opened_at, each.id), reverse=True)[:limit]


@cache
def _page(*, is_of_team: bool, goes_on: bool) -> Prepared:
    query = _LISTED.where(incidents.c.status == bindparam("status"))
    if is_of_team:
        query = query.where(incidents.c.team == bindparam("team"))
    if goes_on:
        last = bindparam("at", type_=Instant()), bindparam("id", type_=String())
        query = query.where(tuple_(incidents.c.opened_at, incidents.c.id) < tuple_(*last))
    query = query.order_by(incidents.c.opened_at.desc(), incidents.c.id.desc())
    return Prepared(query.limit(bindparam("limit")))


def listed(session: Session, ids: Collection[str]) -> list[Listed]:
    """The incidents of those ids."""
    return _listed(session, _LISTED.where(incidents.c.id.in_(ids)))


def pressing(session: Session, country: str, since: datetime) -> list[Listed]:
    """The open critical incidents opened in the country since then, and those anywhere that nobody has taken on."""
    is_recent = (incidents.c.country == country) & (incidents.c.opened_at > since)
    goes_on = escalations.c.status.not_in((Status.ACKNOWLEDGED.value, Status.STOPPED.value))
    is_held_by_nobody = exists().where(escalations.c.incident_id == incidents.c.id, goes_on)
    query = _LISTED.where(IS_OPEN, incidents.c.severity == Severity.CRITICAL.value, is_recent | is_held_by_nobody)
    return _listed(session, query.order_by(incidents.c.opened_at.desc()))


def open_in(session: Session, tree: str) -> list[str]:
    """Ids of the open incidents in which that tree acts, the latest first."""
    acts = (escalations.c.tree == tree) & (escalations.c.status != Status.STOPPED.value)
    query = select(incidents.c.id).where(IS_OPEN, exists().where(escalations.c.incident_id == incidents.c.id, acts))
    return list(session.scalars(query.order_by(incidents.c.opened_at.desc())))


def closed_since(session: Session, since: datetime, most: int, after: int = 0) -> dict[str, Closed]:
    """Incidents closed since then, by id, latest first, without merged and purged ones.

    `most`: at most that many, after skipping the first `after`.
    """
    query = select(*incidents.c["id", "ref", "type", "country", "closed_at"])
    itself = incidents.c.part_of.is_(None) & incidents.c.merged_into.is_(None)
    shown = query.where(incidents.c.closed_at >= since, incidents.c.purged_at.is_(None), itself)
    rows = session.execute(shown.order_by(incidents.c.closed_at.desc(), incidents.c.id).offset(after).limit(most))
    return {row.id: Closed(row.ref, row.type, row.country, row.closed_at) for row in rows}


def drill_and_text(session: Session, id: str) -> tuple[bool, bool] | None:
    """Whether it is a drill, and whether it is a text that was not made an incident; None if that can't be read."""
    [facts] = _FACTS.scalars(session, {"id": id})
    drill, _, is_text = _marks(facts)
    return None if drill is None or is_text is None else (drill, is_text)


def _listed(session: Session, query: Select[Any]) -> list[Listed]:
    return [_shown(row) for row in session.execute(query)]


def _shown(row: Row[Any]) -> Listed:
    of_row = (*row[:2], IncidentStatus(row.status), row.type, Severity(row.severity), *row[5:-1])
    return Listed(*of_row, *_marks(row.facts))


def _marks(facts: Any) -> tuple[bool, bool, bool] | tuple[None, None, None]:
    """Whether it is a drill, verified, and a text that was not made an incident."""
    try:
        return bool(facts["drill"]), bool(facts["verified"]), bool(facts["lone_text"])
    except UNREADABLE:
        return None, None, None
