"""Answers and actions of contacts in an incident: the tables `acknowledgements` and `actions`.

A call that somebody listened to is stored among the answers as a kind of its own; reading answers leaves it out.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, bindparam, func, select, tuple_, update

from alertnet.core.codec import value
from alertnet.core.escalation.quorum import RECEIVED, Action, AnswerKind, Via
from alertnet.store.db.session import Session
from alertnet.store.db.statements import NewRow, Prepared
from alertnet.store.db.tx import Tx, is_id
from alertnet.store.tables import acknowledgements, actions

Names = Iterable[tuple[str, str]]
"""The (tree, contact) names of a recipient."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What every answer has that was read."""

    id: str
    tree: str
    contact: str
    kind: AnswerKind
    via: Via
    at: datetime


@dataclass(frozen=True, slots=True)
class CurrentAnswer(StoredAnswer):
    """An answer that still counts: not revoked, and not replaced by another."""

    address: str | None


@dataclass(frozen=True, slots=True)
class Given(StoredAnswer):
    """An answer as given, whether it still counts or not."""

    by: str | None
    """The name or function given with it, or who vouched."""
    note: str | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReportedAction:
    tree: str
    contact: str
    action: str
    at: datetime
    note: str | None


@value
class NewAnswer(NewRow):
    """An answer that is being given, or a call that somebody listens to."""

    table = acknowledgements

    id: str
    incident_id: str
    tree: str
    contact: str
    kind: AnswerKind | Literal["received"]
    via: Via
    at: datetime
    address: str | None
    by: str | None = None
    note: str | None = None


@value
class NewAction(NewRow):
    table = actions

    id: str
    incident_id: str
    tree: str
    contact: str
    action: Action
    at: datetime
    note: str | None


_CURRENT = Prepared(
    select(*(acknowledgements.c[each.name] for each in fields(CurrentAnswer)))
    .where(
        acknowledgements.c.incident_id.in_(bindparam("incidents")),
        acknowledgements.c.kind != RECEIVED,
        acknowledgements.c.revoked_at.is_(None),
    )
    .order_by(acknowledgements.c.at.desc(), acknowledgements.c.id)
)
_GIVEN: Select[Any] = select(*(acknowledgements.c[each.name] for each in fields(Given))).where(
    acknowledgements.c.kind != RECEIVED
)
_REPORTS: Select[Any] = select(*(actions.c[each.name] for each in fields(ReportedAction))).order_by(actions.c.at)


def current_answers(session: Session, incidents: Collection[str], names: Names | None = None) -> list[CurrentAnswer]:
    """The answers that still count, latest first; a contact has several only if trees were edited or incidents merged.

    `names` None: of everybody.
    """
    theirs = None if names is None else set(names)
    return [
        CurrentAnswer(row.id, row.tree, row.contact, AnswerKind(row.kind), Via(row.via), row.at, row.address)
        for row in _CURRENT.all(session, {"incidents": [*incidents]})
        if theirs is None or (row.tree, row.contact) in theirs
    ]


def heard_and_revoked(
    session: Session, incidents: Collection[str], names: Names
) -> tuple[datetime | None, datetime | None]:
    """When the recipient last listened to one of our calls, and when its last answer was revoked; None: never."""
    its_own = tuple_(acknowledgements.c.tree, acknowledgements.c.contact).in_(list(names))
    received = func.max(acknowledgements.c.at).filter(acknowledgements.c.kind == RECEIVED)
    latest = select(received, func.max(acknowledgements.c.revoked_at))
    received_at, revoked_at = session.execute(
        latest.where(acknowledgements.c.incident_id.in_(incidents), its_own)
    ).one()
    return received_at, revoked_at


def given(session: Session, incidents: Collection[str]) -> list[Given]:
    """The answers as given, oldest first, whether they still count or not."""
    query = _GIVEN.where(acknowledgements.c.incident_id.in_(incidents))
    return [_given(row) for row in session.execute(query.order_by(acknowledgements.c.at, acknowledgements.c.id))]


def get(session: Session, id: str) -> Given:
    return _given(session.execute(_GIVEN.where(acknowledgements.c.id == id)).one())


def find(session: Session, incidents: Collection[str], id: str) -> Given | None:
    """The answer of that id, if it belongs to one of those incidents."""
    mine = (acknowledgements.c.id == id) & acknowledgements.c.incident_id.in_(incidents)
    row = session.execute(_GIVEN.where(mine)).first() if is_id(id) else None
    return None if row is None else _given(row)


def revoke(tx: Tx, id: str) -> None:
    tx.session.execute(update(acknowledgements).where(acknowledgements.c.id == id).values(revoked_at=tx.now))


def move(session: Session, ids: Collection[str], incident: str) -> None:
    session.execute(update(acknowledgements).where(acknowledgements.c.id.in_(ids)).values(incident_id=incident))


def reports(session: Session, incidents: Collection[str], names: Names | None = None) -> list[ReportedAction]:
    """The reported actions, oldest first."""
    query = _REPORTS.where(actions.c.incident_id.in_(incidents))
    if names is not None:
        query = query.where(tuple_(actions.c.tree, actions.c.contact).in_(list(names)))
    return [ReportedAction(*tuple(row)) for row in session.execute(query)]


def _given(row: Row[Any]) -> Given:
    kind, via = AnswerKind(row.kind), Via(row.via)
    return Given(row.id, row.tree, row.contact, kind, via, row.at, row.by, row.note, row.revoked_at)
