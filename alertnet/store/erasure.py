"""Erases purged incidents and other old data, a few rows at a time, and for good.

What stays of an incident says that it existed, when, its type, and how each attempt and answer went, with ids of
contacts: statistics stay the same. All that names a person, number, place or code goes, and every word that somebody
wrote or heard. Rows that others refer to are kept: finding the references takes long, and an alarm would wait for it.
Each step finds only what is still there, so that it can be resumed after a kill.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, or_, select, text, true, tuple_, update

from alertnet.core.codec import to_plain, value
from alertnet.core.inbound.on_the_road.journey import Status
from alertnet.core.incident import Incident, IncidentStatus, as_ref
from alertnet.core.notification import ALERTS
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound as inbound_records
from alertnet.store.records import incidents as records
from alertnet.store.records import timeline as chains
from alertnet.store.records.escalations import forget_addresses
from alertnet.store.records.timeline import PURGED, SYSTEM
from alertnet.store.tables import (
    ACTING,
    IS_OPEN,
    NOBODY,
    acknowledgements,
    actions,
    alarms,
    arrangements,
    attempts,
    code_numbers,
    codes,
    drills,
    duty_calendars,
    escalations,
    guesses,
    idempotency,
    inbound,
    incidents,
    journeys,
    links,
    member_languages,
    notifications,
    number_tests,
    pins,
    recordings,
    served,
    timeline,
)
from alertnet.store.views import subject as view
from alertnet.store.views.subject import DataSubject

KNOWN_AGAIN = timedelta(days=30)
"""For so long after a text or call is erased, the provider's id for it stays, so that it is no new one if it is brought
or listed again."""
AROUND = timedelta(hours=1)
"""Texts of those who were told, up to this long before the opening and after the close, are erased with an incident."""


@value
class _Whole:
    """An incident with its parts, and when it was open."""

    ids: Sequence[str]
    began: datetime
    ended: datetime


Where = Callable[[_Whole], ColumnElement[bool]]
_Step = tuple[Table, ColumnElement[bool], dict[str, Any] | None]
"""Rows to erase, and their new values; None: deleted."""

_ERASURE = "erasure"
_ALL_OF_ONE = 100_000
"""More rows than one person has."""
_KEPT = (
    select(ACTING)
    .where(incidents.c.purged_at.is_(None))
    .where(IS_OPEN | incidents.c.held_at.is_not(None))
    .correlate(None)
)
"""Ids of acting incidents that are open or held, or have a held part."""
_IS_BEGUN = incidents.c.purged_at.is_not(None) & incidents.c.erased_at.is_(None)


def purgeable(session: Session, before: datetime, most: int) -> Sequence[str]:
    """Ids of incidents closed by then, or purged and not yet erased; held ones stay."""
    is_old = incidents.c.purged_at.is_(None) & incidents.c.id.not_in(_KEPT) & (incidents.c.closed_at <= before)
    query = select(incidents.c.id).where(incidents.c.status == IncidentStatus.CLOSED.value, is_old | _IS_BEGUN)
    return session.scalars(query.where(incidents.c.part_of.is_(None)).order_by(incidents.c.closed_at).limit(most)).all()


def begun(session: Session, ref: str) -> str | None:
    """The id of the incident that acts for that reference, where it is purged and not yet erased."""
    found: str | None = session.scalar(select(ACTING).where(incidents.c.ref == as_ref(ref), _IS_BEGUN))
    return found


def is_under_way(session: Session, ids: Sequence[str]) -> bool:
    """Whether something of the incident with those ids (`parts_of`) is still to be done."""
    queues = (escalations, alarms, attempts, recordings)
    waiting = [exists().where(each.c.incident_id.in_(ids), each.c.due_at.is_not(None)) for each in queues]
    return bool(session.scalar(select(or_(*waiting))))


def begin(tx: Tx, incident: Incident, why: dict[str, Any]) -> dict[str, chains.Head]:
    """Purge a locked incident and its parts: nothing more is shown of them. Gives the new ends of their chains."""
    known: dict[str, Any] = {"pruned": [], "warnings": [], "wider": None, "proposed": None, "purged_at": tx.now}
    every_id = parts_of(tx.session, incident.id)
    for each in records.outlines(tx.session, every_id):
        facts = to_plain(each.facts.bare)
        tx.session.execute(update(incidents).where(incidents.c.id == each.id).values(known | {"facts": facts}))
    forget_addresses(tx.session, every_id)
    ends = chains.heads_of(tx.session, every_id)
    return {id: chains.allow_purging(tx, id, head.length, why) for id, head in ends.items()}


def erase_some(tx: Tx, ids: Sequence[str], most: int) -> bool:
    """Erase up to that many rows of the purged incident with those ids; True once nothing is left."""
    left, whole = most, _whole(tx.session, ids)
    for table, where, values in _STEPS:
        left -= _erase(tx.session, table, where(whole), values, left)
        if left <= 0:
            return False
    last = {"raised_index": None, "merged": None, "erased_at": tx.now}
    tx.session.execute(update(incidents).where(incidents.c.id.in_(ids)).values(last))
    return True


def parts_of(session: Session, id: str) -> Sequence[str]:
    """The ids of an incident and of those merged into it, be it readable or not."""
    return session.scalars(select(incidents.c.id).where((incidents.c.id == id) | (incidents.c.part_of == id))).all()


def erase_old(tx: Tx, before: datetime, why: dict[str, Any], most: int) -> int:
    """Erase up to that many rows that are older and about no incident; gives their number."""
    found, before = 0, min(before, _needed_since(tx.session))
    for table, where, values in _old_steps(before):
        found += _erase(tx.session, table, where, values, most - found)
    return found + (_empty_system(tx, before, why, most - found) if found < most else 0)


def _empty_system(tx: Tx, before: datetime, why: dict[str, Any], most: int) -> int:
    """Erase what old system entries say of people, but not what vouches for the record or says who may do what."""
    old = (timeline.c.chain == SYSTEM, timeline.c.at < before, timeline.c.salt.is_not(None))
    is_free = timeline.c.kind.not_in(chains.LASTING)
    query = select(timeline.c.seq).where(*old, is_free)
    if not (seqs := tx.session.scalars(query.order_by(timeline.c.seq).limit(most)).all()):
        return 0
    chains.lock_system(tx.session)
    chains.allow_purging(tx, SYSTEM, seqs[-1], why)
    emptied = (timeline.c.chain == SYSTEM) & timeline.c.seq.in_(seqs)
    tx.session.execute(update(timeline).where(emptied).values(payload=None, salt=None))
    return len(seqs)


def erase_subject(tx: Tx, subject: DataSubject, gone: Sequence[str]) -> int:
    """Erase a person's data that is over, and that of the names that are all `gone`; gives the number of rows."""
    settled = select(incidents.c.id).where(ACTING.not_in(_KEPT))
    is_over = notifications.c.incident_id.is_(None) | notifications.c.incident_id.in_(settled)
    # The answer to a test of a number in force is awaited, and says that it works.
    of_gone = view.by_contact(number_tests, DataSubject(tuple(gone), ()))
    tested = exists().where(number_tests.c.notification_id == notifications.c.id, ~of_gone)
    told = view.told(tx, subject) & _IS_SENT & is_over & ~_WAITS & ~tested
    texted = inbound.c.sender_index.in_(subject.indexes(tx)) & inbound.c.due_at.is_(None)
    held = code_numbers.c.code_id.in_(select(codes.c.id).where(codes.c.incident_id.in_(settled)))

    def its(table: Table) -> ColumnElement[bool]:
        return view.by_contact(table, subject) & table.c.incident_id.in_(settled)

    steps: tuple[_Step, ...] = (
        (attempts, attempts.c.notification_id.in_(select(notifications.c.id).where(told)), _NOTHING_TRIED),
        (notifications, told, _NOTHING_SENT),
        (code_numbers, held & code_numbers.c.number_index.in_(subject.indexes(tx)), None),
        (links, its(links), {"token": "", "address": ""}),
        (acknowledgements, its(acknowledgements), _NOTHING_ANSWERED),
        (actions, its(actions), {"note": None}),
        (inbound, texted & (inbound.c.received_at < _needed_since(tx.session)), _NOTHING_TEXTED),
        (journeys, view.of_member(subject) & _IS_OVER, None),
        (arrangements, arrangements.c.officer.in_(subject.owners) & (arrangements.c.ends_at < tx.now), None),
        (duty_calendars, duty_calendars.c.officer.in_(gone), None),
        (member_languages, member_languages.c.owner.in_(gone), None),
        (pins, pins.c.owner.in_(gone), None),
        (number_tests, of_gone, None),
    )
    return sum(_erase(tx.session, table, where, values, _ALL_OF_ONE) for table, where, values in steps)


def begin_to_erase(tx: Tx) -> None:
    """Wait for whatever else erases: what is of a person and what is of an incident are taken in different orders."""
    inbound_records.await_others(tx, _ERASURE)
    overwrite(tx.session)


def overwrite(session: Session) -> None:
    """Let SQLite overwrite deleted data with zeros; PostgreSQL frees the space when it vacuums."""
    if session.dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete = ON"))


def _erase(session: Session, table: Table, where: ColumnElement[bool], values: dict[str, Any] | None, most: int) -> int:
    """Set these values in up to that many matching rows, or delete them; gives their number."""
    key = tuple_(*table.primary_key)
    some = key.in_(select(*table.primary_key).where(where).limit(most))
    statement = delete(table).where(some) if values is None else update(table).where(some).values(values)
    return int(session.execute(statement).rowcount)


def _whole(session: Session, ids: Sequence[str]) -> _Whole:
    query = select(func.min(incidents.c.opened_at), func.max(incidents.c.closed_at)).where(incidents.c.id.in_(ids))
    began, ended = session.execute(query).one()
    return _Whole(ids, began - AROUND, min(ended + AROUND, _needed_since(session)))


def _needed_since(session: Session) -> datetime:
    """Since when texts may be about an open or held incident; those are not erased."""
    opened = session.scalar(select(func.min(incidents.c.opened_at)).where(ACTING.in_(_KEPT)))
    return opened - AROUND if opened else datetime.max.replace(tzinfo=UTC)


def _of(table: Table, more: ColumnElement[bool] | None = None) -> Where:
    return lambda whole: table.c.incident_id.in_(whole.ids) & (true() if more is None else more)


def _texted(whole: _Whole) -> ColumnElement[bool]:
    """Texts from numbers that raised the incident or were told of it, while it was open, that somebody has read."""
    told = select(notifications.c.address_index).where(notifications.c.incident_id.in_(whole.ids))
    raised = select(incidents.c.raised_index).where(incidents.c.id.in_(whole.ids))
    return and_(
        inbound.c.sender_index.in_(told.union(raised)),
        inbound.c.sender_index != NOBODY,
        inbound.c.received_at.between(whole.began, whole.ended),
        inbound.c.due_at.is_(None),
        inbound.c.known | inbound.c.bound_to.is_not(None),
    )


def _beside(column: ColumnElement[Any], table: Table) -> Where:
    """Rows that name one of the incident's rows in that table."""
    return lambda whole: column.in_(select(table.c.id).where(table.c.incident_id.in_(whole.ids)))


def _emptying(table: Table, *names: str) -> tuple[Table, Where, dict[str, Any]]:
    """The step that empties these columns where one of them still holds something."""
    return table, _of(table, or_(*(table.c[name].is_not(None) for name in names))), dict.fromkeys(names)


def _entries(whole: _Whole) -> ColumnElement[bool]:
    return timeline.c.chain.in_(whole.ids) & (timeline.c.kind != PURGED) & timeline.c.salt.is_not(None)


_IS_OVER = journeys.c.status == Status.OVER.value
_NOTHING_TEXTED = {
    "sender_index": NOBODY,
    "sender": "",
    "body": "",
    "reply": "",
    "keyed": None,
    "bound_to": inbound_records.NOBODY,
}
_NOTHING_SENT: dict[str, Any] = {
    "address": "",
    "address_index": NOBODY,
    "extension": None,
    "said": {},
    "code_id": None,
    "link_id": None,
}
_NOTHING_ANSWERED = {"address": None, "by": None, "note": None}
_NOTHING_TRIED = {
    "address_index": NOBODY,
    "provider_id": None,
    "spoken_code": None,
    "keyed": None,
    "sender": None,
    "error": None,
}

_IS_ALERT = notifications.c.kind.in_(ALERTS)
_IS_SENT = notifications.c.address_index != NOBODY
_WAITS = exists().where(attempts.c.notification_id == notifications.c.id, attempts.c.due_at.is_not(None))
_IS_TRIED = attempts.c.address_index != NOBODY

_STEPS: tuple[tuple[Table, Where, dict[str, Any] | None], ...] = (
    (inbound, _texted, _NOTHING_TEXTED),  # First, since it uses the numbers that the others erase.
    (timeline, _entries, {"payload": None, "salt": None}),
    (recordings, _of(recordings), None),
    (drills, _of(drills), None),
    (served, _beside(served.c.notification_id, notifications), None),
    (idempotency, _of(idempotency), None),
    (guesses, _of(guesses), None),
    (code_numbers, _beside(code_numbers.c.code_id, codes), None),
    (codes, _of(codes, codes.c.code_hash != NOBODY), {"code": "", "code_hash": NOBODY}),
    # The hash of a link is kept, so that it still leads to the page, which says what it was.
    (links, _of(links, links.c.contact != ""), {"token": "", "address": "", "tree": "", "contact": ""}),
    _emptying(alarms, "about", "answered_by"),
    _emptying(acknowledgements, *_NOTHING_ANSWERED),
    _emptying(actions, "note"),
    (journeys, _of(journeys, _IS_OVER), None),
    (journeys, _of(journeys), {"incident_id": None}),
    (attempts, _of(attempts, _IS_TRIED), _NOTHING_TRIED),
    (notifications, _of(notifications, _IS_SENT & _IS_ALERT), _NOTHING_SENT),
    # Messages to members, which no statistics count.
    (notifications, _of(notifications, _IS_SENT), _NOTHING_SENT | {"contact": ""}),
)
"""What is erased of an incident, in order: how to find it while it exists, and its new values; None: deleted."""


def _old_steps(before: datetime) -> tuple[_Step, ...]:
    """What is erased that is about no incident: texts, check-ins, messages of the program and the like."""
    told = notifications.c.incident_id.is_(None) & (notifications.c.planned_at < before) & _IS_SENT
    tested = exists().where(number_tests.c.notification_id == notifications.c.id)
    texted = (inbound.c.received_at < before) & inbound.c.due_at.is_(None)
    tried = attempts.c.incident_id.is_(None) & (attempts.c.created_at < before) & attempts.c.due_at.is_(None)
    # Earlier versions left an owner with what they erased.
    is_anybodys = (inbound.c.sender_index != NOBODY) | (func.coalesce(inbound.c.bound_to, "") != inbound_records.NOBODY)
    return (
        (inbound, texted & is_anybodys, _NOTHING_TEXTED),
        (inbound, texted & (inbound.c.received_at < before - KNOWN_AGAIN), None),
        (journeys, _IS_OVER & (journeys.c.ended_at < before) & journeys.c.incident_id.is_(None), None),
        (idempotency, idempotency.c.incident_id.is_(None) & (idempotency.c.at < before), None),
        (arrangements, arrangements.c.ends_at < before, None),
        (drills, drills.c.incident_id.is_(None) & drills.c.due_at.is_(None) & (drills.c.starts_at < before), None),
        (attempts, tried & _IS_TRIED, _NOTHING_TRIED),
        (notifications, told & ~_WAITS & ~tested, _NOTHING_SENT | {"contact": ""}),
    )
