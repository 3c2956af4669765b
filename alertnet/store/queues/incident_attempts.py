"""The attempts of one incident: which have not left, which can still be stopped, and which may have been heard."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, bindparam, case, exists, func, null, or_, select, update

from alertnet.core.codec import from_plain
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said, Subject
from alertnet.core.notification import AttemptStatus, Failure, Kind, PromptKind, is_repeat
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared, by_incident
from alertnet.store.db.tx import Tx
from alertnet.store.queues.attempts import JOINED, QUEUED
from alertnet.store.records.notifications import COVERAGE, Coverage
from alertnet.store.records.prompts import index_of
from alertnet.store.tables import NOBODY, alarms, attempts, links, notifications, served

MAY_HAVE_LEFT = (AttemptStatus.SENDING.value, AttemptStatus.UNKNOWN.value)
UNSENT = (AttemptStatus.QUEUED.value, *MAY_HAVE_LEFT)
LEFT = (*MAY_HAVE_LEFT, AttemptStatus.SENT.value, AttemptStatus.DELIVERED.value)


@dataclass(frozen=True, slots=True)
class Stoppable:
    """An attempt that can be kept from leaving, or from ringing on."""

    id: str
    notification: str
    status: str
    method: str
    provider_id: str | None
    rank: int

    @property
    def is_unsent(self) -> bool:
        """Whether the provider is not known to have it."""
        return self.status in UNSENT

    @property
    def is_surely_unsent(self) -> bool:
        """Whether nobody was told by it: it is no repeat, and waits to leave."""
        return self.status == AttemptStatus.QUEUED.value and not is_repeat(self.rank)


@dataclass(frozen=True, slots=True)
class Addressed(Stoppable):
    """A stoppable attempt that is not an alert; `prompt`: the prompt that it is for."""

    tree: str | None
    contact: str
    address: str
    prompt: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class AllClear(Stoppable):
    """A stoppable attempt that says that the incident is over."""

    tree: str
    contact: str
    address: str
    may_have_been_heard: bool


@dataclass(frozen=True, slots=True)
class ToldBy:
    """A method and address by which somebody was told, or may have been."""

    tree: str
    contact: str
    method: str
    address: str


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An alert that was kept from leaving; `extra`: nobody knows whether it left all the same, or it was one (A5)."""

    notification_id: str
    method: MethodKind
    incident_id: str
    kind: Kind
    rank: int
    address_index: bytes
    extra: bool

    @property
    def is_erased(self) -> bool:
        """Whether its words and address are gone."""
        return self.address_index == NOBODY


_COUNT = len(COVERAGE)
_STOPPABLE = attempts.c["id", "notification_id", "status", "method", "provider_id", "rank"]
_ADDRESSED = (*_STOPPABLE, *notifications.c["tree", "contact", "address", "alarm_id", "kind"])
_CAN_BE_STOPPED = attempts.c.status.in_(UNSENT) | (
    (attempts.c.status == AttemptStatus.SENT.value) & (attempts.c.method == MethodKind.CALL.value)
)
_ALERTS = Prepared(
    select(*COVERAGE, *_STOPPABLE, attempts.c.incident_id)
    .join(served, served.c.notification_id == attempts.c.notification_id)
    .where(attempts.c.incident_id.in_(bindparam("incidents")), attempts.c.is_alert, _CAN_BE_STOPPED)
    .order_by(attempts.c.id)
)
_NO_ALERTS = Prepared(
    select(*_ADDRESSED)
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(attempts.c.incident_id.in_(bindparam("incidents")), attempts.c.is_alert.is_(False), _CAN_BE_STOPPED)
    .order_by(attempts.c.id)
)

_CANCELLED = attempts.c.status == AttemptStatus.CANCELLED.value
_MAY_HAVE_BEEN_HEARD = or_(
    attempts.c.status.in_(LEFT),
    attempts.c.failure.in_([Failure.NO_CODE.value, Failure.OUTCOME_UNKNOWN.value]),
    and_(_CANCELLED, attempts.c.provider_id.is_not(None), attempts.c.failure.is_(None)),
    attempts.c.error == JOINED,
    # Cancelled while in doubt; as long as somebody holds the lease, that one finds out.
    and_(_CANCELLED, attempts.c.provider_id.is_(None), attempts.c.due_at.is_not(None), attempts.c.lease.is_(None)),
)
_HEARD_BY_ALL: Select[Any] = (
    select(*notifications.c["tree", "contact", "method", "address"])
    .join(attempts, attempts.c.notification_id == notifications.c.id)
    .where(
        notifications.c.incident_id.in_(bindparam("incidents")),
        notifications.c.kind.in_(bindparam("kinds")),
        notifications.c.method != MethodKind.TASK.value,
        _MAY_HAVE_BEEN_HEARD,
    )
)
_HEARD = Prepared(_HEARD_BY_ALL)
_HEARD_BY_ONE = _HEARD_BY_ALL.where(notifications.c.id == bindparam("notification"))
_ALL_CLEAR: Select[Any] = (
    select(
        *_STOPPABLE,
        *notifications.c["tree", "contact", "address"],
        _MAY_HAVE_BEEN_HEARD.label("may_have_been_heard"),
        notifications.c.said,
    )
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(
        notifications.c.incident_id == bindparam("incident"),
        notifications.c.kind.in_([Kind.STAND_DOWN.value, Kind.CORRECTION.value]),
        notifications.c.planned_at >= bindparam("since"),
    )
    .order_by(attempts.c.id)
    .with_for_update(of=attempts)
)

_UNHEARD: Select[Any] = (
    select(*COVERAGE, attempts.c.notification_id, attempts.c.method)
    .join(served, served.c.notification_id == attempts.c.notification_id)
    .where(
        attempts.c.incident_id == bindparam("incident"),
        attempts.c.is_alert,
        attempts.c.changed_at >= bindparam("since"),
    )
    .order_by(attempts.c.id, served.c.escalation_id)
)
_GIVEN_UP = attempts.c.failure == Failure.OUTCOME_UNKNOWN.value
_HELD_BACK = (
    _UNHEARD.add_columns(
        attempts.c.incident_id,
        notifications.c.kind,
        attempts.c.rank,
        attempts.c.address_index,
        or_(attempts.c.extra, attempts.c.failure.is_not(None)).label("extra"),
    )
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(_CANCELLED, attempts.c.provider_id.is_(None), attempts.c.due_at.is_(None))
    .where(or_(attempts.c.failure.is_(None), and_(_GIVEN_UP, attempts.c.extra.is_(False))))
)
_FAILED = _UNHEARD.add_columns(attempts.c.failure).where(
    attempts.c.status == AttemptStatus.FAILED.value, attempts.c.failure != Failure.OUR_ACCOUNT.value
)

_UNSENT: Select[tuple[str, bytes]] = select(attempts.c.method, attempts.c.address_index).where(
    attempts.c.incident_id == bindparam("incident"),
    attempts.c.address_index.in_(bindparam("indexes")),
    attempts.c.status.in_(QUEUED),
)
_UNSENT_ALERTS = Prepared(_UNSENT.where(attempts.c.is_alert))
_PROMPT_WAITS = Prepared(
    _UNSENT.join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(attempts.c.method == bindparam("method"), notifications.c.alarm_id == bindparam("prompt"))
    .limit(1)
)


def _is_out(attempt: FromClause) -> ColumnElement[bool]:
    """Whether it is yet to leave, under way or heard, or may be."""
    in_doubt = attempt.c.failure.in_((Failure.NO_CODE.value, Failure.OUTCOME_UNKNOWN.value))
    return or_(attempt.c.status.in_((*QUEUED, *LEFT)), in_doubt)


_SAID_BY, _BESIDE = attempts.alias("said_by"), notifications.alias("beside")


def _has_beside(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether another message of the incident to that address, since the question, meets the condition."""
    is_another = and_(
        _BESIDE.c.incident_id == notifications.c.incident_id,
        _BESIDE.c.address_index == notifications.c.address_index,
        _BESIDE.c.method == notifications.c.method,
        _SAID_BY.c.notification_id == _BESIDE.c.id,
        _SAID_BY.c.changed_at >= alarms.c.raised_at,
        func.coalesce(_SAID_BY.c.error, "") != JOINED,
    )
    return exists().where(is_another, condition).correlate(notifications, alarms)


_IS_JOINED = func.coalesce(attempts.c.error, "") == JOINED
_IS_SAID = or_(_has_beside(_is_out(_SAID_BY)), ~_has_beside(_SAID_BY.c.status == AttemptStatus.FAILED.value))
_MAY_BE_HEARD = exists().where(
    notifications.c.alarm_id == alarms.c.id,
    notifications.c.incident_id == alarms.c.incident_id,
    attempts.c.notification_id == notifications.c.id,
    or_(and_(_IS_JOINED, _IS_SAID), and_(~_IS_JOINED, _is_out(attempts))),
)
_UNHEARD_DECISIONS = Prepared(
    select(alarms.c.escalation_id, alarms.c.level).where(
        alarms.c.incident_id == bindparam("incident"),
        alarms.c.kind == PromptKind.DECISION.value,
        alarms.c.subject.in_((Subject.LEVEL.value, Subject.VERIFY.value)),
        alarms.c.due_at.is_not(None),
        ~_MAY_BE_HEARD,
    )
)


def stoppable_alerts(session: Session, incidents: Collection[str]) -> dict[str, list[tuple[Stoppable, Coverage]]]:
    """For each incident its stoppable alerts, once for each escalation that they count for, by id."""
    return by_incident(session, _ALERTS, incidents, lambda row: (Stoppable(*row[_COUNT:-1]), Coverage(*row[:_COUNT])))


def stoppable_others(session: Session, incidents: Collection[str]) -> list[Addressed]:
    """The stoppable attempts that are not alerts, by id."""
    return [Addressed(*row) for row in _NO_ALERTS.all(session, {"incidents": list(incidents)})]


def queued(session: Session, incidents: Collection[str]) -> list[tuple[Stoppable, str]]:
    """All attempts that wait to leave, each with its contact; nothing sealed is read."""
    query = select(*_STOPPABLE, notifications.c.contact)
    query = query.join(notifications, notifications.c.id == attempts.c.notification_id)
    query = query.where(attempts.c.incident_id.in_(incidents), attempts.c.status == AttemptStatus.QUEUED.value)
    return [(Stoppable(*row[:-1]), row.contact) for row in session.execute(query.order_by(attempts.c.id))]


def telling_of(session: Session, incidents: Collection[str], answer: str) -> set[str]:
    """The ids of the attempts that tell coordinators of that answer, with a link to its page."""
    telling = select(attempts.c.id).join(notifications, notifications.c.id == attempts.c.notification_id)
    telling = telling.join(links, links.c.id == notifications.c.link_id)
    its = attempts.c.incident_id.in_(list(incidents)), links.c.acknowledgement_id == answer
    return {row.id for row in session.execute(telling.where(*its))}


def all_clears(session: Session, incident: str, since: datetime) -> list[AllClear]:
    """The attempts planned since then to say that the incident is over, by id; without an address what was erased.

    They are locked, so that none is claimed meanwhile.
    """
    rows = session.execute(_ALL_CLEAR, {"incident": incident, "since": since})
    return [AllClear(*row[:-1]) for row in rows if not row.said or from_plain(Said, row.said).reason is not None]


def heard(
    session: Session, incidents: Collection[str], kinds: Collection[Kind], notification: str | None = None
) -> list[ToldBy]:
    """The addresses at which a message of these kinds may have been heard; `notification`: only that message."""
    values = {"incidents": list(incidents), "kinds": sorted(kinds)}
    if notification is None:
        return [ToldBy(*row) for row in _HEARD.all(session, values)]
    return [ToldBy(*row) for row in session.execute(_HEARD_BY_ONE, {**values, "notification": notification})]


def held_back(session: Session, incident: str, since: datetime) -> list[tuple[HeldBack, Coverage]]:
    """The alerts held back since then, once for each escalation that they count for."""
    found = []
    for row in map(tuple, session.execute(_HELD_BACK, {"incident": incident, "since": since})):
        notification, method, of, kind, *rest = row[_COUNT:]
        found.append((HeldBack(notification, MethodKind(method), of, Kind(kind), *rest), Coverage(*row[:_COUNT])))
    return found


def failed(session: Session, incident: str, since: datetime) -> list[tuple[MethodKind, Failure, Coverage]]:
    """How alerts failed since then, except because of our account, with each escalation that they count for."""
    rows = map(tuple, session.execute(_FAILED, {"incident": incident, "since": since}))
    return [(MethodKind(row[-2]), Failure(row[-1]), Coverage(*row[:_COUNT])) for row in rows]


def unsent_alerts(session: Session, incident: str, indexes: Collection[bytes]) -> set[tuple[str, bytes]]:
    """(method, index) of alerts and reminders to addresses of these indexes that have not left."""
    rows = _UNSENT_ALERTS.all(session, {"incident": incident, "indexes": list(indexes)})
    return {(row.method, row.address_index) for row in rows}


def prompt_waits(session: Session, incident: str, method: MethodKind, indexes: Sequence[bytes], prompt: str) -> bool:
    """Whether that prompt, raised or repeated before, has yet to leave by that method to one of these addresses."""
    values = {"incident": incident, "method": method.value, "indexes": list(indexes), "prompt": prompt}
    return bool(_PROMPT_WAITS.all(session, values))


def unheard_decisions(session: Session, incident: str) -> list[tuple[str | None, int | None]]:
    """(escalation, index of level) of open decisions that reached nobody: all messages failed, and none is under way.

    A message joined to another failed with that one. Both None: the question whether the incident is genuine.
    """
    return [(row.escalation_id, index_of(row.level)) for row in _UNHEARD_DECISIONS.all(session, {"incident": incident})]


@cache
def _cancelling(*, is_asked: bool) -> Prepared:
    values: dict[str, Any] = {"due_at": bindparam("look_at") if is_asked else null(), "lease": null(), "checks": 0}
    if not is_asked:
        # As the row is now: whoever claims an attempt waits for no incident, and may have claimed it since it was read.
        is_on_its_way = attempts.c.status.in_(MAY_HAVE_LEFT)
        values = {name: case((is_on_its_way, attempts.c[name]), else_=then) for name, then in values.items()}
    values |= {"status": AttemptStatus.CANCELLED.value, "changed_at": bindparam("now")}
    return Prepared(update(attempts).where(attempts.c.id == bindparam("key")).values(values))


def cancel(tx: Tx, attempt: Stoppable, *, look_at: datetime | None) -> None:
    """Cancel an attempt. If it is on its way, whether it left is still found out (A5).

    `look_at`: when its provider, which has it, is asked whether the call is over.
    """
    its = {"key": attempt.id, "now": tx.now, **({} if look_at is None else {"look_at": look_at})}
    _cancelling(is_asked=look_at is not None).each(tx.session, [its])
