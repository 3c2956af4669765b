"""Stored escalations, the first queue: each has a next due time until it is acknowledged or stopped (A2)."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, true, update

from alertnet.core.codec import from_plain, replace, to_stored, value
from alertnet.core.errors import Inconsistent, must_hold
from alertnet.core.escalation.invariants import check_escalation
from alertnet.core.escalation.state import State, Status
from alertnet.core.incident import Scope, Severity
from alertnet.store.db.columns import if_sound
from alertnet.store.db.session import UNREADABLE, Session
from alertnet.store.db.statements import NewRow, Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.tables import IS_OPEN, escalations, incidents


@dataclass
class Escalation:
    """The escalation of one tree in an incident; `level` is the name of the last one opened."""

    id: str
    incident_id: str
    tree: str
    scope: str
    state: State
    due_at: datetime | None
    level: str | None = None
    new: bool = False
    """It is being opened, and not written yet."""


@value
class NewEscalation(NewRow):
    """An escalation that is being opened; `state` is in stored form."""

    table = escalations

    id: str
    incident_id: str
    tree: str
    tree_hash: str
    scope: str
    status: str
    level: str | None
    round: int
    rank: int
    due_at: datetime | None
    state: Any


@value
class UnreadableEscalation:
    """A stored escalation that is impossible; it is left unchanged until somebody mends it (A11)."""

    id: str
    tree: str
    due_at: datetime | None
    fault: Inconsistent


@dataclass
class ReadEscalations:
    """The escalations of an incident by tree, and those that can't be read."""

    sound: list[Escalation] = field(default_factory=list)
    broken: list[UnreadableEscalation] = field(default_factory=list)


MOST_AHEAD = timedelta(seconds=30)
"""How far another process's clock may be ahead; later moments were written by a wrong clock."""
_SCOPES = frozenset(scope.value for scope in Scope)
_RANKS = range(2 * len(Severity))
"""The ranks of real incidents, then of drills."""

_OF_INCIDENTS: Select[Any] = (
    select(escalations)
    .where(escalations.c.incident_id.in_(bindparam("incidents")))
    .order_by(escalations.c.incident_id, escalations.c.tree)
)
_LOOK_AT, _HOLD = Prepared(_OF_INCIDENTS), Prepared(_OF_INCIDENTS.with_for_update())
_DUE: Select[Any] = (
    select(escalations.c.id, escalations.c.incident_id)
    .join(incidents, incidents.c.id == escalations.c.incident_id)
    .where(escalations.c.due_at.is_not(None), escalations.c.due_at <= bindparam("now"))
    .order_by(escalations.c.rank, escalations.c.due_at)
    .limit(bindparam("most"))
)
_TO_MOVE = Prepared(_DUE.with_for_update(of=incidents, skip_locked=True))


def opened(escalation: Escalation, tree_hash: str, rank: int) -> NewEscalation:
    """Make the row of an escalation that is being opened; `Inconsistent` where `of_incidents` would refuse it."""
    must_hold("escalation", (escalation.id,), (escalation.scope in _SCOPES or ("scope", escalation.scope, "a scope"),))
    return NewEscalation(
        id=escalation.id,
        incident_id=escalation.incident_id,
        tree=escalation.tree,
        tree_hash=tree_hash,
        scope=escalation.scope,
        **_columns(escalation, rank, _first(escalation.state, escalation.due_at)),
    )


@lru_cache(maxsize=16)
def _first(state: State, due_at: datetime | None) -> Any:
    """Check a first state, and give its stored form: once for all escalations that begin with this very state."""
    check_escalation("that begins", state, due_at)
    return to_stored(state)


def moving(escalation: Escalation, rank: int) -> dict[str, Any]:
    """The columns that change: status, level, round, rank, due time and state; `Inconsistent` as for `opened`."""
    check_escalation(escalation.id, escalation.state, escalation.due_at)
    return _columns(escalation, rank, to_stored(escalation.state))


def _columns(escalation: Escalation, rank: int, state: Any) -> dict[str, Any]:
    _check_rank(escalation.id, rank)
    return {
        "status": escalation.state.status.value,
        "level": escalation.level,
        "round": escalation.state.round,
        "rank": rank,
        "due_at": escalation.due_at,
        "state": state,
    }


def of_incidents(session: Session, ids: Sequence[str]) -> dict[str, ReadEscalations]:
    """Each incident's escalations by tree, locked until the transaction ends (the incidents' rows are locked before).

    One that can't be read is given apart, and does not stop the others (A11).
    """
    return _found(session, _HOLD, ids)


def look_at_each(session: Session, ids: Sequence[str]) -> dict[str, ReadEscalations]:
    """Each incident's escalations by tree, for reading only, without locks."""
    return _found(session, _LOOK_AT, ids)


def _found(session: Session, statement: Prepared, ids: Sequence[str]) -> dict[str, ReadEscalations]:
    found = {id: ReadEscalations() for id in ids}
    for row in statement.all(session, {"incidents": list(ids)}):
        try:
            found[row.incident_id].sound.append(_escalation(row))
        except Inconsistent as fault:
            found[row.incident_id].broken.append(UnreadableEscalation(row.id, row.tree, row.due_at, fault))
    return found


def tree_of(session: Session, id: str) -> str:
    tree: str = session.execute(select(escalations.c.tree).where(escalations.c.id == id)).scalar_one()
    return tree


def states_of(session: Session, incident: str) -> dict[str, State]:
    """The states of an incident's escalations by tree, as far as they can be read, without locks."""
    return {each.tree: each.state for each in look_at_each(session, [incident])[incident].sound}


def forget_addresses(session: Session, incidents: Sequence[str]) -> None:
    """Remove numbers and mailboxes from the escalation states of purged incidents, and all that can't be read."""
    query = select(escalations.c.id, escalations.c.state).where(escalations.c.incident_id.in_(incidents))
    for row in session.execute(query).all():
        bare: Any = {}
        with suppress(*UNREADABLE):
            state = from_plain(State, row.state)
            runs = (replace(run, turns=tuple(replace(turn, pauses=()) for turn in run.turns)) for run in state.runs)
            bare = to_stored(replace(state, relayed=(), stale=(), runs=tuple(runs)))
        session.execute(update(escalations).where(escalations.c.id == row.id).values(state=bare))


def save_broken(session: Session, broken: Sequence[UnreadableEscalation], status: Status, due: datetime | None) -> None:
    """Replace where those stand that can't be read: ended with their incident, and due once it is reopened (A11)."""
    stands = {"status": status.value, "due_at": due}
    if broken:
        session.execute(update(escalations).where(escalations.c.id.in_([each.id for each in broken])).values(stands))


def due(tx: Tx, limit: int) -> list[tuple[str, str]]:
    """(escalation, incident) of due escalations, most severe first, then oldest; nothing is locked."""
    return [(row.id, row.incident_id) for row in tx.session.execute(_DUE, {"now": tx.now, "most": limit})]


def take_due(tx: Tx, limit: int) -> list[str]:
    """Incidents in the order of their due escalations, locked until the transaction ends; none that others lock."""
    return [row.incident_id for row in _TO_MOVE.all(tx.session, {"now": tx.now, "most": limit})]


def bring_near(tx: Tx, *, was_ahead: bool) -> bool:
    """Make escalations due now whose incident was opened by a clock that was ahead; True if there were any.

    Acknowledged ones too, which may go on once an answer is revoked. `was_ahead`: the clock has just been set back, so
    that levels of any open incident may have been opened by it.
    """
    is_ahead = true() if was_ahead else incidents.c.opened_at > tx.now + MOST_AHEAD
    ahead = select(incidents.c.id).where(IS_OPEN, is_ahead)
    rests = (escalations.c.status == Status.ACKNOWLEDGED.value) & escalations.c.due_at.is_(None)
    waits = escalations.c.incident_id.in_(ahead) & ((escalations.c.due_at > tx.now) | rests)
    return bool(tx.session.execute(update(escalations).where(waits).values(due_at=tx.now)).rowcount)


_GOES_ON = select(escalations.c.id).where(
    escalations.c.incident_id == incidents.c.id, escalations.c.status != Status.STOPPED.value
)
_UNHEARD = Prepared(
    select(incidents.c.ref, incidents.c.facts).where(IS_OPEN, ~_GOES_ON.exists()).order_by(incidents.c.opened_at)
)


def unheard(session: Session) -> list[str]:
    """The references of open incidents whose escalations are all stopped: nobody at all may be told (A2)."""
    rows = _UNHEARD.all(session, {})
    return [row.ref for row in rows if not (if_sound(row.facts) or {}).get("lone_text")]


def _escalation(row: Row[Any]) -> Escalation:
    try:
        state = from_plain(State, row.state)
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise Inconsistent("escalation", row.id, "state", type(fault).__name__, "what was written of one") from fault
    check_escalation(row.id, state, row.due_at)
    _check_columns(row, state)
    return Escalation(
        id=row.id,
        incident_id=row.incident_id,
        tree=row.tree,
        scope=row.scope,
        state=state,
        due_at=row.due_at,
        level=row.level,
    )


def _check_columns(row: Row[Any], state: State) -> None:
    """Refuse columns that contradict the state beside them, since queries use the columns."""
    _check_rank(row.id, row.rank)
    must_hold(
        "escalation",
        (row.id,),
        (
            row.status == state.status or ("status", row.status, state.status.value),
            row.round == state.round or ("round", row.round, str(state.round)),
            row.scope in _SCOPES or ("scope", row.scope, "a scope"),
        ),
    )


def _check_rank(id: str, rank: int) -> None:
    must_hold("escalation", (id,), (rank in _RANKS or ("rank", rank, "that of a severity"),))
