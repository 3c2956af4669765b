"""Journeys and routines of the field: a queue, due when the next step is if no check-in comes."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Row,
    Select,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    type_coerce,
)

from alertnet.core.codec import from_plain, replace, to_plain, value
from alertnet.core.inbound.on_the_road.journey import Journey, JourneyKind, RollCall, Status
from alertnet.store.db.columns import vault_of
from alertnet.store.db.session import UNREADABLE, Session
from alertnet.store.db.statements import Prepared, change_each
from alertnet.store.db.tx import Tx, is_id
from alertnet.store.tables import journeys


@value
class StoredJourney:
    """A stored journey. `incident`: the one opened when no check-in came; `due_at`: when its next step is due."""

    id: str
    journey: Journey
    status: Status
    due_at: datetime | None
    incident: str | None


Owner = tuple[str, str | None, str]
"""Team, member (None: any of the team) and routine."""

# In the words of an index: of those that are over there are years.
_NOT_OVER = journeys.c.status.in_([each.value for each in Status if each is not Status.OVER])
_ADD = Prepared(insert(journeys))
_HOLD = Prepared(select(journeys).where(journeys.c.id == bindparam("id")).with_for_update())
_OF_MEMBER = journeys.c.member == bindparam("member")
_HOLD_OF_MEMBER = Prepared(
    select(journeys)
    .where(journeys.c.team == bindparam("team"), or_(journeys.c.member.is_(None), _OF_MEMBER), _NOT_OVER)
    .order_by(journeys.c.id)
    .with_for_update()
)
_IN_OUTLINE = [each for each in journeys.c if each is not journeys.c.journey]
_ROUTINES = Prepared(
    select(*_IN_OUTLINE, type_coerce(journeys.c.journey, LargeBinary).label("sealed")).where(
        journeys.c.kind == JourneyKind.ROUTINE.value, _NOT_OVER
    )
)
_ANNOUNCED = Prepared(
    select(*journeys.c["id", "team", "member"]).where(
        journeys.c.kind != JourneyKind.ROUTINE.value, journeys.c.member.is_not(None), _NOT_OVER
    )
)


def add(tx: Tx, journey: Journey) -> str:
    """Store a journey, which is awaited from now on; gives its id."""
    id = tx.entropy.id()
    row = {
        "id": id,
        "kind": journey.kind.value,
        "team": journey.team,
        "member": journey.member,
        "routine": journey.routine.id if journey.routine else None,
        "roll_call": journey.roll_call.id if journey.roll_call else None,
        "status": Status.UNDER_WAY.value,
        "journey": to_plain(journey),
        "expected_at": journey.awaited.expected_at,
        "due_at": journey.due_at,
        "began_at": journey.began_at,
    }
    _ADD.each(tx.session, [row])
    tx.leaves_due()
    return id


def hold(tx: Tx, id: str) -> StoredJourney:
    """The journey, locked until the transaction ends, before any incident of it."""
    [row] = _HOLD.all(tx.session, {"id": id})
    return _stored(row)


def hold_of(tx: Tx, team: str, member: str) -> list[StoredJourney]:
    """The journeys not over of a member and of its team as a whole; locked in order of ids."""
    return [_stored(row) for row in _HOLD_OF_MEMBER.all(tx.session, {"team": team, "member": member})]


def last_over(
    tx: Tx, team: str, member: str, kinds: Collection[JourneyKind] = (JourneyKind.JOURNEY,)
) -> StoredJourney | None:
    """What ended last of those kinds that was awaited of that member."""
    its_own = (journeys.c.team == team) & (journeys.c.member == member) & journeys.c.kind.in_(kinds)
    query = select(journeys).where(its_own, journeys.c.status == Status.OVER.value)
    query = query.order_by(journeys.c.ended_at.desc(), journeys.c.id.desc())
    row = tx.session.execute(query.limit(1)).first()
    return _stored(row) if row else None


def is_watched(session: Session, team: str, member: str, since: datetime) -> bool:
    """Whether something is awaited of a member or its team, not missed yet, or has ended since that moment."""
    whose = (journeys.c.team == team) & (or_(journeys.c.member == member, journeys.c.member.is_(None)))
    goes_on = (journeys.c.status == Status.UNDER_WAY.value) | (~_NOT_OVER & (journeys.c.ended_at >= since))
    return session.scalar(select(journeys.c.id).where(whose, goes_on).limit(1)) is not None


def save(tx: Tx, id: str, journey: Journey, *, is_over: bool = False, incident: str | None = None) -> None:
    """Save the state of a journey that the transaction has locked; `incident`: the one that it opened.

    One that is over keeps neither name nor number, by which nobody would find it to erase it.
    """
    journey = replace(journey, announced_by=None) if is_over else journey
    due_at = None if is_over else journey.due_at
    status = Status.OVER if is_over else Status.MISSED if due_at is None else Status.UNDER_WAY
    values = {
        "team": journey.team,
        "member": journey.member,
        "journey": to_plain(journey),
        "status": status.value,
        "expected_at": journey.awaited.expected_at,
        "due_at": due_at,
        "ended_at": tx.now if is_over else None,
    }
    if incident is not None:
        values["incident_id"] = incident
    change_each(tx.session, journeys, [values | {"key": id}])
    tx.leaves_due()


def find(session: Session, id: str, team: str | None = None) -> StoredJourney | None:
    """The journey of that id, of that team if one is given."""
    query = select(journeys).where(journeys.c.id == id, *_of_team(team))
    row = session.execute(query).first() if is_id(id) else None
    return _stored(row) if row else None


def page(
    session: Session, status: Status | None, after: tuple[datetime, str] | None, limit: int, team: str | None = None
) -> list[StoredJourney]:
    """Journeys by expected moment, then id, of that team if one is given; `status` None: those not over.

    `after`: the moment and id of the last one seen.
    """
    is_wanted = _NOT_OVER if status is None else journeys.c.status == status.value
    query = select(journeys).where(is_wanted, *_of_team(team))
    if after is not None:
        at, id = after
        comes_later = (journeys.c.expected_at == at) & (journeys.c.id > id)
        query = query.where((journeys.c.expected_at > at) | comes_later)
    return _all(session, query.order_by(journeys.c.expected_at, journeys.c.id).limit(limit))


def of_roll_call(session: Session, id: str, team: str | None = None) -> list[StoredJourney]:
    """The journeys of a roll-call, one for each member asked; of that team if one is given."""
    if not is_id(id):
        return []
    query = select(journeys).where(journeys.c.roll_call == id, *_of_team(team))
    return _all(session, query.order_by(journeys.c.team, journeys.c.member))


@value
class RollCallRow:
    """A roll-call with the numbers of those asked and of those who answered."""

    began_at: datetime
    roll_call: RollCall
    asked: int
    answered: int


def roll_calls(
    session: Session, before: tuple[datetime, str] | None, limit: int, team: str | None = None
) -> list[RollCallRow]:
    """Roll-calls, newest first, of that team if one is given; `before`: the last one seen."""
    id, began_at = journeys.c.roll_call, func.min(journeys.c.began_at).label("began_at")
    answered = func.sum(case((journeys.c.status == Status.OVER.value, 1), else_=0)).label("answered")
    figures = select(id, began_at, func.count().label("asked"), answered, func.min(journeys.c.id).label("one"))
    found = figures.where(id.is_not(None), *_of_team(team)).group_by(id).subquery()
    query = select(found, journeys.c.journey).join(journeys, journeys.c.id == found.c.one)
    if before is not None:
        query = query.where(tuple_(found.c.began_at, found.c.roll_call) < tuple_(*map(literal, before)))
    rows = session.execute(query.order_by(found.c.began_at.desc(), found.c.roll_call.desc()).limit(limit))
    return [_roll_call(row) for row in rows]


def _roll_call(row: Row[Any]) -> RollCallRow:
    asked = from_plain(Journey, row.journey)
    assert asked.roll_call is not None
    return RollCallRow(row.began_at, asked.roll_call, row.asked, row.answered)


def routines(session: Session) -> list[tuple[Owner, StoredJourney | None]]:
    """The routines that are followed; None for one that can't be read (A11)."""
    opened, found = vault_of(session.dialect).open, list[tuple[Owner, StoredJourney | None]]()
    for row in _ROUTINES.all(session, {}):
        try:
            stored = _with(row, json.loads(opened(row.sealed)))
        except UNREADABLE:
            stored = None
        found.append(((row.team, row.member, row.routine), stored))
    return found


def announced(session: Session) -> list[tuple[str, str, str]]:
    """The id, team and member of each journey or roll-call of a member that is not over, in the order of locking."""
    # PostgreSQL, asked for their order, would rather read all that there have ever been by their key.
    return sorted((row.id, row.team, row.member) for row in _ANNOUNCED.all(session, {}))


def _of_team(team: str | None) -> Sequence[ColumnElement[bool]]:
    return [] if team is None else [journeys.c.team == team]


def _all(session: Session, query: Select[Any]) -> list[StoredJourney]:
    return [_stored(row) for row in session.execute(query)]


def _stored(row: Row[Any]) -> StoredJourney:
    return _with(row, row.journey)


def _with(row: Row[Any], plain: Any) -> StoredJourney:
    return StoredJourney(row.id, from_plain(Journey, plain), Status(row.status), row.due_at, row.incident_id)
