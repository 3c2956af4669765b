"""Stored notifications: what is said to whom, and which escalations each counts for.

The latter are in the table `served`, since a shared contact is told once for several trees (B1).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, select, tuple_, update

from alertnet.core.codec import extended, from_plain, replace, to_stored, value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said
from alertnet.core.escalation.effects import AlertOnRecord
from alertnet.core.escalation.state import State
from alertnet.core.notification import AttemptStatus, Failure, Kind
from alertnet.store.db.session import Session
from alertnet.store.db.statements import NewRow, Prepared, by_incident, change_each
from alertnet.store.db.tx import Tx
from alertnet.store.tables import alarms, attempts, escalations, notifications, served


@value
class Coverage:
    """A notification counts for an escalation, as this contact and method there."""

    escalation: str
    contact: str
    method_index: int
    level_index: int
    round: int


class StoredState:
    """The state of an escalation as it was read, made a value once for all that counts for it."""

    def __init__(self, stored: Any) -> None:
        self._stored = stored

    @cached_property
    def state(self) -> State:
        return from_plain(State, self._stored)


@value
class Covered(Coverage):
    """A coverage with its notification, the escalation's state, and the task it belongs to, if any."""

    notification: str
    tree: str
    state_or_stored: State | StoredState
    """The state of the escalation; in stored form if it was read."""
    task: str | None = None

    @property
    def state(self) -> State:
        known = self.state_or_stored
        return known.state if isinstance(known, StoredState) else known


@value
class NotificationDraft(NewRow):
    """A notification to be sent: to whom, by which method, and with what words."""

    table = notifications
    stored_as = (("prompt_id", "alarm_id"), ("rank", None), ("leaves_at", None))

    kind: Kind
    contact: str
    """A contact's id, or `team/member`."""
    method: MethodKind
    address: str
    language: str
    said: Said
    planned_at: datetime
    rank: int
    incident_id: str | None = None
    tree: str | None = None
    level: str | None = None
    round: int = 0
    escalation_id: str | None = None
    prompt_id: str | None = None
    code_id: str | None = None
    link_id: str | None = None
    extension: str | None = None
    expires_at: datetime | None = None
    leaves_at: datetime | None = None
    """None means now."""


@value
class NewNotification(NotificationDraft):
    """A notification that is being made; `trees`: those whose escalations it counts for."""

    id: str = field(kw_only=True)
    address_index: bytes = field(kw_only=True)
    trees: list[str] = field(kw_only=True)
    status: AttemptStatus = field(kw_only=True)


@value
class NewCoverage(Coverage, NewRow):
    """One more escalation that a notification counts for."""

    table = served
    stored_as = (("notification", "notification_id"), ("escalation", "escalation_id"), ("method_index", "method"))

    notification: str

    def covered(self, tree: str, state: State) -> Covered:
        """The coverage for an escalation of that tree in that state."""
        return extended(Covered, self, tree=tree, state_or_stored=state, task=None)


COVERAGE = served.c["escalation_id", "contact", "method", "level_index", "round"]
"""The columns of a `Coverage`, in the order of its fields."""

_COVERAGE = Prepared(
    select(*COVERAGE).where(served.c.notification_id == bindparam("notification")).order_by(served.c.escalation_id)
)
COVERED = (*COVERAGE, served.c.notification_id, escalations.c.tree, escalations.c.state)
"""The columns of a `Covered` likewise, without its task."""
_COVERED: Select[Any] = select(*COVERED).join(escalations, escalations.c.id == served.c.escalation_id)
_COVERED_BY = Prepared(_COVERED.where(served.c.notification_id.in_(bindparam("notifications"))))
_TASKS = (
    _COVERED.add_columns(notifications.c.alarm_id)
    .join(notifications, notifications.c.id == served.c.notification_id)
    .where(notifications.c.method == MethodKind.TASK.value)
    .order_by(notifications.c.id, served.c.escalation_id)
)
_OF_TASK = Prepared(_TASKS.where(notifications.c.alarm_id == bindparam("task")))
_OPEN_TASKS = Prepared(
    _TASKS.add_columns(notifications.c.incident_id)
    .join(alarms, alarms.c.id == notifications.c.alarm_id)
    .where(notifications.c.incident_id.in_(bindparam("incidents")), alarms.c.due_at.is_not(None))
)
_ALERTS = Prepared(
    select(
        *notifications.c["method", "address_index", "incident_id", "id", "tree", "contact", "trees", "status"],
        notifications.c.alarm_id,
    )
    .where(
        notifications.c.incident_id.in_(bindparam("incidents")),
        notifications.c.address_index.in_(bindparam("indexes")),
        # Messages to coordinators about a task have the same kind, but are not tasks.
        (notifications.c.kind == Kind.ALERT.value) | (notifications.c.method == MethodKind.TASK.value),
        notifications.c.status != AttemptStatus.CANCELLED.value,
    )
    .order_by(notifications.c.planned_at, notifications.c.id)
)
_REFUSED = Prepared(
    select(attempts.c.notification_id).where(
        attempts.c.notification_id.in_(bindparam("notifications")), attempts.c.failure == Failure.OPTED_OUT.value
    )
)
_SHARED_WITH = Prepared(
    select(served.c.notification_id, escalations.c.tree)
    .join(escalations, escalations.c.id == served.c.escalation_id)
    .where(served.c.notification_id.in_(bindparam("notifications")), escalations.c.incident_id == bindparam("incident"))
)
_TOLD = Prepared(
    select(notifications.c.tree, notifications.c.contact)
    .where(notifications.c.incident_id.in_(bindparam("incidents")), notifications.c.kind.in_(bindparam("kinds")))
    .distinct()
)


def coverage_of(session: Session, notification: str) -> list[Coverage]:
    """The coverage of a notification, in the order of the escalations' ids."""
    return [Coverage(*row) for row in _COVERAGE.all(session, {"notification": notification})]


def covering(session: Session, escalation: str) -> list[tuple[str, Coverage]]:
    """The notifications that count for that escalation, each with its coverage."""
    query = select(*COVERAGE, served.c.notification_id).where(served.c.escalation_id == escalation)
    return [(row.notification_id, Coverage(*tuple(row)[:-1])) for row in session.execute(query)]


def cover_as(session: Session, notification: str, coverage: Coverage) -> None:
    """Change the contact, method, level and round as which a notification counts for the escalation."""
    mine = (served.c.notification_id == notification) & (served.c.escalation_id == coverage.escalation)
    there = {
        "contact": coverage.contact,
        "method": coverage.method_index,
        "level_index": coverage.level_index,
        "round": coverage.round,
    }
    session.execute(update(served).where(mine).values(there))


def covered_by(session: Session, notifications: Sequence[str]) -> dict[str, list[Covered]]:
    """The coverage of several notifications, by notification; those that count for nothing are left out."""
    values = {"notifications": list(notifications)}
    found: dict[str, list[Covered]] = {}
    states: dict[str, StoredState] = {}
    for row in _COVERED_BY.all(session, values) if notifications else ():
        found.setdefault(row.notification_id, []).append(as_covered(row, states))
    return found


def as_covered(row: Sequence[Any], states: dict[str, StoredState]) -> Covered:
    """The coverage in a row of `COVERED`. `states`: those read so far, by escalation."""
    read = [*row[:-1], states.setdefault(row[0], StoredState(row[-1]))]
    return Covered(*read)


def covered_by_task(session: Session, task: str) -> list[Covered]:
    """The coverage of the notification of that task."""
    return [_of_task(row) for row in _OF_TASK.all(session, {"task": task})]


def open_tasks(session: Session, incidents: Collection[str]) -> dict[str, list[Covered]]:
    """For each incident its open tasks, once for each escalation that they count for."""
    return by_incident(session, _OPEN_TASKS, incidents, _of_task)


def alerts_to(
    session: Session, incidents: Sequence[str], indexes: Collection[bytes]
) -> list[tuple[tuple[str, bytes], AlertOnRecord]]:
    """The alerts and tasks to addresses of these indexes, each with (method, index), first planned first.

    Cancelled ones are left out. An alert of an incident merged into the first one counts for those trees of the first
    for which it was shared since.
    """
    rows = _ALERTS.all(session, {"incidents": list(incidents), "indexes": list(indexes)})
    of_parts = [row.id for row in rows if row.incident_id != incidents[0]]
    shared: dict[str, set[str]] = {id: set() for id in of_parts}
    if of_parts:
        for row in _SHARED_WITH.all(session, {"notifications": of_parts, "incident": incidents[0]}):
            shared[row.notification_id].add(row.tree)
    failed = [row.id for row in rows if row.status == AttemptStatus.FAILED.value]
    refused = set(_REFUSED.scalars(session, {"notifications": failed}) if failed else ())
    return [
        (
            (row.method, row.address_index),
            AlertOnRecord(
                row.id,
                frozenset(shared.get(row.id, row.trees)),
                row.status == AttemptStatus.FAILED.value,
                contact=(row.tree, row.contact),
                prompt=row.alarm_id,
                refused=row.id in refused,
            ),
        )
        for row in rows
    ]


def tell_apart(session: Session, part: str, incident: str) -> None:
    """Remove what was sent for a part from the escalations of the incident that it was merged into."""
    of_part = select(notifications.c.id).where(notifications.c.incident_id == part)
    theirs = select(escalations.c.id).where(escalations.c.incident_id == incident)
    session.execute(delete(served).where(served.c.notification_id.in_(of_part), served.c.escalation_id.in_(theirs)))


def told(session: Session, incidents: Collection[str], kinds: Iterable[Kind]) -> set[tuple[str, str]]:
    """(tree, contact) of those with a stored message of these kinds."""
    values = {"incidents": list(incidents), "kinds": [kind.value for kind in kinds]}
    return {(row.tree, row.contact) for row in _TOLD.all(session, values)}


def level_of(session: Session, link: str) -> str | None:
    """The name of the level that last told somebody by that page link."""
    latest = select(notifications.c.level).where(notifications.c.link_id == link)
    return session.scalar(latest.order_by(notifications.c.planned_at.desc()).limit(1))


def said_of(session: Session, id: str) -> Said:
    return from_plain(Said, session.scalar(select(notifications.c.said).where(notifications.c.id == id)))


def show(session: Session, id: str, status: AttemptStatus) -> None:
    change_each(session, notifications, [{"status": status.value, "key": id}])


def say(session: Session, id: str, said: Said) -> None:
    """Replace the content of a notification."""
    change_each(session, notifications, [{"said": to_stored(said), "key": id}])


def speak(session: Session, incident: str, tree: str, contact: str, language: str) -> None:
    """Let what has not left yet for that contact be in that language."""
    waits = (notifications.c.incident_id == incident) & (notifications.c.status == AttemptStatus.QUEUED.value)
    its_own = (notifications.c.tree == tree) & (notifications.c.contact == contact)
    session.execute(update(notifications).where(waits, its_own).values(language=language))


def revise(
    tx: Tx, incident: str, names: Collection[tuple[str, str]], kinds: Collection[Kind], kind: Kind, said: Said
) -> None:
    """Change the kind and content of messages of `kinds` to one of these (tree, contact) that leave later.

    Each keeps its link, which is for its own contact and method.
    """
    waiting = select(attempts.c.notification_id).where(
        attempts.c.incident_id == incident, attempts.c.status == AttemptStatus.QUEUED.value, attempts.c.due_at > tx.now
    )
    found = select(notifications.c.id, notifications.c.said).where(
        notifications.c.id.in_(waiting),
        tuple_(notifications.c.tree, notifications.c.contact).in_(list(names)),
        notifications.c.kind.in_([each.value for each in kinds]),
    )
    for row in tx.session.execute(found).all():
        its_words = to_stored(replace(said, link=from_plain(Said, row.said).link))
        change = update(notifications).where(notifications.c.id == row.id)
        tx.session.execute(change.values(kind=kind.value, said=its_words))


def _of_task(row: Row[Any]) -> Covered:
    return replace(as_covered(row[: len(COVERED)], {}), task=row[len(COVERED)])
