"""The all-clear: whoever may have been told of the incident is told that it is over, and when it is not over after all.

Nobody hears it who certainly heard nothing, and a phone that stands in two trees hears it once. Of what is on its way
at the close, whoever sends it finds out first.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, or_, select

from alertnet.core.codec import from_plain
from alertnet.core.directory.contact import WRITTEN, Contact, Method, MethodKind
from alertnet.core.disclosure import Said, Subject
from alertnet.core.incident import CloseReason
from alertnet.core.notification import AttemptStatus, Failure, Kind
from alertnet.flows.notifications.cancel_alerts import cancel
from alertnet.flows.notifications.compose import said, write
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.columns import Instant
from alertnet.store.tables import attempts, notifications

BY_ANY = WRITTEN | {MethodKind.CALL}
LEFT = (
    AttemptStatus.SENDING.value,
    AttemptStatus.UNKNOWN.value,
    AttemptStatus.SENT.value,
    AttemptStatus.DELIVERED.value,
)

_CANCELLED = attempts.c.status == AttemptStatus.CANCELLED.value
_MAY_HAVE_BEEN_HEARD = or_(
    attempts.c.status.in_(LEFT),
    attempts.c.failure.in_([Failure.NO_CODE.value, Failure.OUTCOME_UNKNOWN.value]),
    and_(_CANCELLED, attempts.c.provider_id.is_not(None), attempts.c.failure.is_(None)),
    # Cancelled in doubt. While somebody holds the lease, he finds out: then `tell_late`.
    and_(_CANCELLED, attempts.c.provider_id.is_(None), attempts.c.due_at.is_not(None), attempts.c.lease.is_(None)),
)
_TOLD: Select[Any] = (
    select(
        notifications.c.id,
        notifications.c.tree,
        notifications.c.contact,
        notifications.c.method,
        notifications.c.address,
    )
    .join(attempts, attempts.c.notification_id == notifications.c.id)
    .where(
        notifications.c.incident_id == bindparam("incident"),
        notifications.c.kind.in_([Kind.ALERT.value, Kind.REMINDER.value]),
        _MAY_HAVE_BEEN_HEARD,
    )
)
_STOOD_DOWN: Select[Any] = (
    select(
        attempts.c.id,
        attempts.c.notification_id,
        attempts.c.status,
        attempts.c.method,
        attempts.c.provider_id,
        notifications.c.tree,
        notifications.c.contact,
        notifications.c.address,
        notifications.c.said,
        _MAY_HAVE_BEEN_HEARD.label("may_have_been_heard"),
    )
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(
        notifications.c.incident_id == bindparam("incident"),
        notifications.c.kind.in_([Kind.STAND_DOWN.value, Kind.CORRECTION.value]),
        notifications.c.planned_at >= bindparam("closed_at", type_=Instant()),
    )
    .order_by(attempts.c.id)
)

Told = dict[tuple[str, str], set[tuple[str, str]]]
"""(method, address) by which somebody was told, by (tree, contact)."""


def stand_down(locked: LockedIncident) -> None:
    """Tell everybody who may have been told that it is over, or was a false alarm."""
    _tell(locked, _all_clear(locked), _told(locked), locked.incident.close_reason)


def tell_late(locked: LockedIncident, notification: str) -> None:
    """Tell a contact whose alert turns out to have left, or perhaps to have, after the incident was closed."""
    closed_at = locked.incident.closed_at
    if locked.is_open or closed_at is None:
        return
    heard = {name for row in _stood_down(locked, closed_at) for name in locked.names(row.tree, row.contact)}
    told = {who: used for who, used in _told(locked, notification).items() if who not in heard}
    _tell(locked, _all_clear(locked), told, locked.incident.close_reason)


def tell_those_told(locked: LockedIncident, kind: Kind) -> None:
    """Send one message to each contact that was told of the incident, and to nobody else.

    Where it was reached by telephone or mail it is written to there; who has no written method is called.
    """
    _tell(locked, kind, _told(locked), None)


def take_back(locked: LockedIncident, closed_at: datetime) -> None:
    """It is not over: what was not sent yet of the all-clear stays, who may have had it is told by the same method."""
    heard: Told = {}
    for row in _stood_down(locked, closed_at):
        if row.status == AttemptStatus.QUEUED.value:
            cancel(locked, row)
        elif row.may_have_been_heard:
            heard.setdefault((row.tree, row.contact), set()).add((row.method, row.address))
    for (tree, id), used in sorted(heard.items()):
        contact = locked.contact(tree, id)
        words = replace(said(locked, tree, contact.timezone), subject=Subject.REOPENED, at=locked.tx.now)
        write(locked, Kind.CORRECTION, tree, _by_the_same(contact, used), words, methods=BY_ANY, once=True)


def _all_clear(locked: LockedIncident) -> Kind:
    return Kind.CORRECTION if locked.incident.close_reason is CloseReason.FALSE_ALARM else Kind.STAND_DOWN


def _tell(locked: LockedIncident, kind: Kind, told: Told, reason: CloseReason | None) -> None:
    for (tree, id), used in sorted(told.items()):
        contact = locked.contact(tree, id)
        if contact.former and kind is Kind.UPDATE:
            continue
        words = replace(said(locked, tree, contact.timezone), reason=reason, subject=Subject.NEWS, at=locked.tx.now)
        write(locked, kind, tree, contact_as_told(contact, used), words, methods=BY_ANY, once=True)


def _as_known_now(locked: LockedIncident, tree: str, contact: str) -> tuple[str, str]:
    """(tree, contact) by which the recipient goes since the trees were edited; who has left keeps its name."""
    if not locked.contact(tree, contact).former:
        return tree, contact
    return next(
        ((id, each.id) for id, each in locked.same_recipient(tree, contact) if not each.former), (tree, contact)
    )


def contact_as_told(contact: Contact, used: set[tuple[str, str]]) -> Contact:
    """The contact with the written methods it was told by; with all written ones where it was only called.

    Of a number or address that is its own no more, nothing is left to tell.
    """
    there = [each for each in sorted(used) if each[1] not in contact.left]
    chosen = [Method(kind, address) for method, address in there if (kind := MethodKind(method)) in WRITTEN]
    written = [method for method in contact.methods if method.kind in WRITTEN]
    calls = [method for method in contact.methods if method.kind is MethodKind.CALL][:1]
    return replace(contact, methods=tuple(chosen or written or calls), when_closed=())


def _by_the_same(contact: Contact, used: set[tuple[str, str]]) -> Contact:
    """The contact with just the methods that were used."""
    known = {(method.kind.value, method.address): method for method in contact.at_hand}
    methods = tuple(known.get(each, Method(MethodKind(each[0]), each[1])) for each in sorted(used))
    return replace(contact, methods=methods, when_closed=())


def _told(locked: LockedIncident, notification: str | None = None) -> Told:
    query = _TOLD if notification is None else _TOLD.where(notifications.c.id == notification)
    told: Told = {}
    for row in locked.tx.session.execute(query, {"incident": locked.incident.id}):
        told.setdefault(_as_known_now(locked, row.tree, row.contact), set()).add((row.method, row.address))
    return told


def _stood_down(locked: LockedIncident, closed_at: datetime) -> Sequence[Row[Any]]:
    """What was sent of the all-clear since the incident was closed then."""
    values = {"incident": locked.incident.id, "closed_at": closed_at}
    rows = locked.tx.session.execute(_STOOD_DOWN, values)
    return [row for row in rows if from_plain(Said, row.said).reason is not None]
