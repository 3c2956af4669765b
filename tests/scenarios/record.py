"""What the database remembers of an incident, for the screenplays that look behind the API."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select

from alertnet.store.tables import attempts, incidents, notifications
from tests.scenarios.world import ARREST, Incident, World

ALERTS = ("alert", "reminder")


def reports(world: World, **body: Any) -> Incident:
    """Somebody reports by API, and nothing has been done about it yet when this returns."""
    answer = world.client.post("/v1/incidents", json={**ARREST, **body}, headers=world.headers)
    assert answer.status_code == 201, answer.text
    return Incident(world, answer.json()["ref"])


def planned(incident: Incident, *contacts: str, kinds: Iterable[str] = ("alert",)) -> list[tuple[str, str, float]]:
    """(contact, method, minutes after the opening) of what was planned for those contacts, in that order."""
    rows = _rows(incident, select(notifications, incidents.c.opened_at), kinds)
    told = [(row.contact, row.method, _minutes(row.planned_at - row.opened_at)) for row in rows]
    return sorted({each for each in told if each[0] in contacts}, key=lambda each: (each[2], each[0], each[1]))


def tries(incident: Incident, contact: str, method: str, *, kinds: Iterable[str] = ("alert",)) -> list[Row[Any]]:
    """The attempts to tell a contact by a method, in the order in which they were made."""
    query = select(attempts, notifications.c.contact).order_by(attempts.c.created_at, attempts.c.extra)
    rows = _rows(incident, query, kinds, attempts)
    return [row for row in rows if (row.contact, row.method) == (contact, method)]


def _rows(incident: Incident, query: Any, kinds: Iterable[str], *others: Any) -> list[Row[Any]]:
    query = query.select_from(notifications).join(incidents, incidents.c.id == notifications.c.incident_id)
    for table in others:
        query = query.join(table, table.c.notification_id == notifications.c.id)
    query = query.where(incidents.c.ref == incident.ref, notifications.c.kind.in_(list(kinds)))
    return list(incident.world.runtime.read(lambda tx: tx.session.execute(query).all()))


def _minutes(span: timedelta) -> float:
    return round(span.total_seconds() / 60, 3)
