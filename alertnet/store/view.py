"""What the outside sees of an incident (design B5), read in a handful of queries for one incident or a whole page.

A notification shows its contact by id; addresses, codes and words stay in the database. Instants are ISO 8601 in UTC
with a `Z`, to the millisecond.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BindParameter, Row, Select, Table, bindparam, select
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from alertnet.store import tables

Rows = dict[str, list[Row[Any]]]


class EscalationView(TypedDict):
    """`level` is None before the first one opened."""

    tree: str
    scope: str
    status: str
    level: str | None
    round: int
    due_at: str | None


class PrunedView(TypedDict):
    """`level` is None for the last resort."""

    tree: str
    level: str | None
    contact: str
    reason: str


class AttemptView(TypedDict):
    """`error` is our word for why it failed, else the provider's code."""

    id: str
    status: str
    at: str
    provider_id: str | None
    error: str | None


class NotificationView(TypedDict):
    """`tree` is the contact's own, None for the field's members; `trees` are those whose escalations it counts for."""

    tree: str | None
    level: str | None
    round: int
    contact: str
    method: str
    kind: str
    language: str
    trees: list[str]
    status: str
    attempts: list[AttemptView]


class AcknowledgementView(TypedDict):
    id: str
    tree: str
    contact: str
    kind: str
    via: str
    at: str
    revoked_at: str | None


class ActionView(TypedDict):
    contact: str
    action: str
    at: str
    note: str | None


class IncidentView(TypedDict):
    """`warnings`: what to know beside the plan, such as that nobody may be told."""

    ref: str
    status: str
    type: str
    severity: str
    consent: str
    drill: bool
    verified: bool
    opened_at: str
    escalations: list[EscalationView]
    pruned: list[PrunedView]
    notifications: list[NotificationView]
    acknowledgements: list[AcknowledgementView]
    actions: list[ActionView]
    warnings: list[str]


_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_SHOWN = ("id", "incident_id", "tree", "level", "round", "contact", "method", "kind", "language", "trees", "status")
"""Of a notification: without the sealed columns, which the answer has no use for."""


def _of(table: Table, *order: str, names: Sequence[str] | None = None) -> Select[Any]:
    columns = table.c if names is None else [table.c[name] for name in names]
    return select(*columns).where(table.c.incident_id.in_(_IDS)).order_by(*(table.c[name] for name in order))


_INCIDENTS: Select[Any] = select(tables.incidents).where(tables.incidents.c.id.in_(_IDS))
_ESCALATIONS = _of(tables.escalations, "tree")
_NOTIFICATIONS = _of(tables.notifications, "planned_at", "id", names=_SHOWN)
_ATTEMPTS = _of(tables.attempts, "created_at", "id")
_ANSWERS = _of(tables.acknowledgements, "at", "id")
_ACTIONS = _of(tables.actions, "at", "id")


def of_incidents(session: Session, ids: Sequence[str]) -> list[IncidentView]:
    """The incidents of those ids, in that order."""
    these = {"ids": list(ids)}
    facts = {row.id: row for row in session.execute(_INCIDENTS, these)}
    escalations = _by_incident(session, _ESCALATIONS, these)
    notifications = _by_incident(session, _NOTIFICATIONS, these)
    attempts: Rows = defaultdict(list)
    for row in session.execute(_ATTEMPTS, these):
        attempts[row.notification_id].append(row)
    answers = _by_incident(session, _ANSWERS, these)
    actions = _by_incident(session, _ACTIONS, these)
    return [
        _incident(
            facts[id],
            escalations=[_escalation(row) for row in escalations[id]],
            notifications=[_notification(row, attempts[row.id]) for row in notifications[id]],
            acknowledgements=[_acknowledgement(row) for row in answers[id]],
            actions=[_action(row) for row in actions[id]],
        )
        for id in ids
    ]


def of_incident(session: Session, id: str) -> IncidentView:
    """The incident of that id."""
    return of_incidents(session, [id])[0]


def of_acknowledgement(session: Session, id: str) -> AcknowledgementView:
    """The acknowledgement of that id."""
    answers = tables.acknowledgements
    return _acknowledgement(session.execute(select(answers).where(answers.c.id == id)).one())


def moment(at: datetime) -> str:
    """The instant as the outside writes it: `2026-11-24T13:00:00.000Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _by_incident(session: Session, query: Select[Any], these: dict[str, list[str]]) -> Rows:
    rows: Rows = defaultdict(list)
    for row in session.execute(query, these):
        rows[row.incident_id].append(row)
    return rows


def _incident(
    row: Row[Any],
    escalations: list[EscalationView],
    notifications: list[NotificationView],
    acknowledgements: list[AcknowledgementView],
    actions: list[ActionView],
) -> IncidentView:
    return IncidentView(
        ref=row.ref,
        status=row.status,
        type=row.type,
        severity=row.severity,
        consent=row.facts["consent"],
        drill=row.facts["drill"],
        verified=row.facts["verified"],
        opened_at=moment(row.opened_at),
        escalations=escalations,
        pruned=row.pruned,
        notifications=notifications,
        acknowledgements=acknowledgements,
        actions=actions,
        warnings=row.warnings,
    )


def _escalation(row: Row[Any]) -> EscalationView:
    return EscalationView(
        tree=row.tree,
        scope=row.scope,
        status=row.status,
        level=row.level,
        round=row.round,
        due_at=moment(row.due_at) if row.due_at else None,
    )


def _notification(row: Row[Any], attempts: list[Row[Any]]) -> NotificationView:
    return NotificationView(
        tree=row.tree,
        level=row.level,
        round=row.round,
        contact=row.contact,
        method=row.method,
        kind=row.kind,
        language=row.language,
        trees=row.trees,
        status=row.status,
        attempts=[
            AttemptView(
                id=attempt.id,
                status=attempt.status,
                at=moment(attempt.changed_at),
                provider_id=attempt.provider_id,
                error=attempt.failure or attempt.error,
            )
            for attempt in attempts
        ],
    )


def _acknowledgement(row: Row[Any]) -> AcknowledgementView:
    return AcknowledgementView(
        id=row.id,
        tree=row.tree,
        contact=row.contact,
        kind=row.kind,
        via=row.via,
        at=moment(row.at),
        revoked_at=moment(row.revoked_at) if row.revoked_at else None,
    )


def _action(row: Row[Any]) -> ActionView:
    return ActionView(contact=row.contact, action=row.action, at=moment(row.at), note=row.note)
