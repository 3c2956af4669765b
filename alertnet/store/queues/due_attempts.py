"""Due attempts: claims those to send or to ask about, and records what happens before they leave."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, exists, func, select
from sqlalchemy.exc import DBAPIError

from alertnet.core.codec import from_plain, value
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said
from alertnet.core.incident import Facts, Incident, IncidentStatus
from alertnet.core.notification import AttemptStatus, Kind
from alertnet.store.db.columns import Instant
from alertnet.store.db.lookups import LookUp
from alertnet.store.db.session import PutApart, Session
from alertnet.store.db.statements import Prepared, change_each
from alertnet.store.db.tx import Tx
from alertnet.store.queues.attempts import ASKED, COLUMNS, Attempt, NewAttempt, typed
from alertnet.store.records.incidents import facts_of
from alertnet.store.records.notifications import COVERED, Covered, NewNotification, StoredState, as_covered
from alertnet.store.tables import IS_NO_FIRST_ALERT, IS_QUEUED, attempts, escalations, incidents, notifications, served


@value
class DueAttempt(Attempt):
    """An attempt with its message, and what decides whether it may leave."""

    address: str
    extension: str | None
    said: Said
    expires_at: datetime | None
    facts: Facts | None
    """The facts of its incident; None where it has none, as for `templates`."""
    templates: str | None
    trees: dict[str, str]
    """The hashes of the trees that its incident is pinned to, by tree id."""
    is_open: bool
    """Whether its incident is open."""
    coverage: tuple[Covered, ...]
    """What an alert counts for, with the states of those escalations, which are not locked."""


_NAMES = tuple(each.name for each in fields(DueAttempt))
_NOW = bindparam("now", type_=Instant())
_WORDS = notifications.c["address", "extension", "said", "expires_at"]
_INCIDENT = (incidents.c.status.label("incident_status"), *incidents.c["facts", "trees", "templates"])

_IN_ORDER = attempts.c["rank", "due_at", "created_at", "id"]
"""Most severe first, then oldest, then in the order written: an alert before a question that followed from it (A7)."""

# Statements are built once: building one costs as much as running it.
_WITH_WORDS = Prepared(
    select(*COLUMNS, *_WORDS, *_INCIDENT, *COVERED)
    .select_from(
        LookUp(attempts, notifications, notifications.c.id == attempts.c.notification_id)
        .optional(incidents, incidents.c.id == attempts.c.incident_id)
        # Whoever has locked an incident may be waiting for one of our attempts, so its escalations are not locked.
        .optional(served, attempts.c.is_alert & (served.c.notification_id == attempts.c.notification_id))
        .optional(escalations, escalations.c.id == served.c.escalation_id)
    )
    .where(attempts.c.id.in_(bindparam("ids")))
    .order_by(*_IN_ORDER)
)
_TO_SEND: Select[Any] = (
    select(attempts.c.id, attempts.c.address_index)
    .where(
        attempts.c.method == bindparam("method"),
        IS_QUEUED,
        attempts.c.id.not_in(bindparam("besides")),
        attempts.c.address_index.not_in(bindparam("spared")),
    )
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
# Phrased so that no planner uses the index of due rows and then sorts all it finds there.
_DUE_NOW = _TO_SEND.where(func.coalesce(attempts.c.due_at, _NOW) <= _NOW)
_DUE = Prepared(_DUE_NOW.order_by(*_IN_ORDER))
_DUE_LEAST_TRIED = Prepared(_DUE_NOW.order_by(attempts.c.delays, *_IN_ORDER))
_DUE_LATELY = Prepared(
    _TO_SEND.where(attempts.c.due_at <= _NOW, attempts.c.due_at > bindparam("since")).order_by(*_IN_ORDER)
)
_ASKED_NOW = (
    select(attempts.c.id)
    .where(
        attempts.c.method == bindparam("method"),
        attempts.c.status.in_(ASKED),
        attempts.c.due_at.is_not(None),
        attempts.c.due_at <= _NOW,
        func.coalesce(attempts.c.provider, FIRST).not_in(bindparam("others")),
    )
    .order_by(*_IN_ORDER)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_OTHERS = Prepared(
    select(attempts.c.id)
    .where(
        attempts.c.address_index == bindparam("address"),
        attempts.c.due_at > bindparam("since"),
        IS_QUEUED,
        IS_NO_FIRST_ALERT,
        attempts.c.method == bindparam("method"),
        attempts.c.id != bindparam("besides"),
        exists().where(notifications.c.id == attempts.c.notification_id, notifications.c.kind.in_(bindparam("kinds"))),
    )
    .order_by(attempts.c.created_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def claim(
    tx: Tx,
    method: MethodKind,
    most: int,
    *,
    besides: Collection[str] = (),
    spared: Collection[bytes] = (),
    least_tried: bool = False,
    since: datetime | None = None,
) -> dict[str, bytes]:
    """Attempts to send now, each with the index of its number, most severe first, then oldest.

    They are locked, and those that others lock are left out. `besides`: ids to leave out; `spared`: indexes of numbers
    to leave out. `least_tried`: order first by how rarely it failed to leave. `since`: everything due fell due after
    that.
    """
    due = _DUE_LEAST_TRIED if least_tried else _DUE if since is None else _DUE_LATELY
    values = {"method": method.value, "now": tx.now, "most": most, "since": since}
    found = due.all(tx.session, values | {"besides": list(besides), "spared": list(spared)})
    return {row.id: row.address_index for row in found}


def claim_to_ask(tx: Tx, method: MethodKind, most: int, others: Collection[str]) -> Sequence[str]:
    """Ids of attempts about which their provider is to be asked now, except the `others`; locked likewise."""
    values = {"method": method.value, "now": tx.now, "most": most, "others": list(others)}
    return tx.session.scalars(_ASKED_NOW, values).all()


def claim_others(
    session: Session, due: DueAttempt, kinds: Collection[Kind], most: int, since: datetime
) -> list[DueAttempt]:
    """Other attempts of these kinds waiting for the same method and address, oldest first; locked likewise.

    `kinds`: none of them an alert's first message. `since`: none of them is to leave before that.
    """
    values: dict[str, Any] = {
        "since": since,
        "method": due.method.value,
        "address": due.address_index,
        "besides": due.id,
        "most": most,
    }
    return with_words(session, _OTHERS.scalars(session, values | {"kinds": [kind.value for kind in kinds]}))[0]


def with_words(session: Session, ids: Sequence[str]) -> tuple[list[DueAttempt], dict[str, str]]:
    """The attempts with their messages and what decides about them, in the order of sending.

    One that can't be read, or is impossible, does not stop the others (A11): it is given apart, with its fault.
    """
    rows, broken = list[Row[Any]](), dict[str, str]()
    try:
        rows += _WITH_WORDS.all(session, {"ids": list(ids)}) if ids else ()
    except DBAPIError:
        raise
    except Exception:
        for id in ids:
            with PutApart(broken, id):
                rows += _WITH_WORDS.all(session, {"ids": [id]})
    # A row for each escalation that an alert counts for.
    coverage: dict[str, list[Covered]] = {}
    states: dict[str, StoredState] = {}
    for row in rows:
        if row.escalation_id is not None:
            coverage.setdefault(row.id, []).append(as_covered(row[-len(COVERED) :], states))
    found = []
    for id, row in {row.id: row for row in rows}.items():
        with PutApart(broken, id):
            found.append(_due(row, tuple(coverage.get(id, ()))))
    return found, broken


def as_queued(
    attempt: NewAttempt, message: NewNotification, incident: Incident, coverage: tuple[Covered, ...]
) -> DueAttempt:
    """What would be read of an attempt of that incident that was just written, with its notification."""
    of_incident = {"facts": incident.facts, "templates": incident.templates, "trees": incident.trees}
    is_open = incident.status is IncidentStatus.OPEN
    known = vars(message) | vars(attempt) | of_incident | {"is_open": is_open, "coverage": coverage}
    # What a new row does not set is empty.
    queued: dict[str, Any] = {name: known.get(name) for name in _NAMES}
    return DueAttempt(**queued)


def lease(tx: Tx, claimed: Sequence[Attempt], until: datetime) -> None:
    """Mark these as being sent until then: each under its lease, by its provider and from its number."""
    leased = {"status": AttemptStatus.SENDING.value, "due_at": until, "started_at": tx.now, "changed_at": tx.now}
    by = {each.id: {"lease": each.lease, "sender": each.sender, "provider": each.provider} for each in claimed}
    _change_each(tx.session, {id: leased | its for id, its in by.items()})


def lease_to_ask(session: Session, claimed: Sequence[Attempt], until: datetime) -> None:
    """Mark these as being asked about until then, each under its lease."""
    _change_each(session, {each.id: {"lease": each.lease, "due_at": until} for each in claimed})


def wait(session: Session, until: Mapping[str, datetime]) -> None:
    """Set when these (by id) are looked at again."""
    _change_each(session, {id: {"due_at": moment} for id, moment in until.items()})


def drop(tx: Tx, ids: Collection[str], why: str) -> None:
    """Mark these as not to leave; the next look finds the reason."""
    _change_each(tx.session, {id: {"error": why, "due_at": tx.now} for id in ids})


def _change_each(session: Session, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Replace columns by id, the same for all; the values must all be valid for an attempt."""
    change_each(session, attempts, [{"key": id, **values} for id, values in changes.items()])


def _due(row: Row[Any], coverage: tuple[Covered, ...]) -> DueAttempt:
    return DueAttempt(
        **typed(row, row.expires_at),
        address=row.address,
        extension=row.extension,
        said=from_plain(Said, row.said),
        expires_at=row.expires_at,
        facts=None if row.facts is None else facts_of(row.facts),
        templates=row.templates,
        trees=row.trees or {},
        is_open=row.incident_status == IncidentStatus.OPEN.value,
        coverage=coverage,
    )
