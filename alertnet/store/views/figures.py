"""The figures of months of incidents, counted by the database: a row per incident, level, and contact's method.

And those of one drill, contact by contact.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, case, func, select

from alertnet.core.codec import replace
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.monitoring.drills import MethodResult, TookPart
from alertnet.core.monitoring.figures import Course, OpenedLevel, Tried
from alertnet.core.notification import ALERTS, AttemptStatus, Kind
from alertnet.store.db.columns import if_sound
from alertnet.store.db.session import Session
from alertnet.store.tables import acknowledgements, actions, attempts, incidents, notifications

MOST = 2000
"""The most incidents examined, the latest ones; a page must not read everything there ever was."""
BATCH = 500
_ARRIVED = (AttemptStatus.SENT.value, AttemptStatus.DELIVERED.value)
_SETTLED = (*_ARRIVED, AttemptStatus.FAILED.value)
_BY_A_PERSON = (AnswerKind.ACKNOWLEDGED.value, AnswerKind.RELAYED.value, AnswerKind.DECLINED.value)
_IDS: BindParameter[Any] = bindparam("ids")

_LEVEL = notifications.c["incident_id", "tree", "level"]
_METHOD = notifications.c["tree", "contact", "method"]
_IS_ALERT = notifications.c.incident_id.in_(_IDS) & (notifications.c.kind == Kind.ALERT.value)
_HAS_ATTEMPT = attempts.c.notification_id == notifications.c.id
_IS_SETTLED = and_(
    notifications.c.incident_id.in_(_IDS), notifications.c.kind.in_(ALERTS), attempts.c.status.in_(_SETTLED)
)
_IS_ANSWER = acknowledgements.c.kind.in_(_BY_A_PERSON) & acknowledgements.c.revoked_at.is_(None)

_OF_LEVELS: Select[Any] = (
    select(*_LEVEL, func.min(attempts.c.started_at).label("told_at"))
    .join(attempts, _HAS_ATTEMPT)
    .where(_IS_ALERT, attempts.c.status.in_(_ARRIVED), notifications.c.level.is_not(None))
    .group_by(*_LEVEL)
)
_ANSWERS: Select[Any] = (
    select(*_LEVEL, func.min(acknowledgements.c.at).label("answered_at"))
    .join(
        acknowledgements,
        and_(
            acknowledgements.c.incident_id == notifications.c.incident_id,
            acknowledgements.c.tree == notifications.c.tree,
            acknowledgements.c.contact == notifications.c.contact,
            acknowledgements.c.at >= notifications.c.planned_at,
        ),
    )
    .where(_IS_ALERT, _IS_ANSWER)
    .group_by(*_LEVEL)
)
_ACTED: Select[Any] = (
    select(actions.c.incident_id, func.min(actions.c.at).label("acted_at"))
    .where(actions.c.incident_id.in_(_IDS))
    .group_by(actions.c.incident_id)
)
_ARRIVALS = func.sum(case((attempts.c.status.in_(_ARRIVED), 1), else_=0)).label("arrived")
_TRIED: Select[Any] = (
    select(*_METHOD, func.count().label("tries"), _ARRIVALS)
    .join(attempts, _HAS_ATTEMPT)
    .where(_IS_SETTLED)
    .group_by(*_METHOD)
)
_BEGAN_AT = func.coalesce(attempts.c.started_at, attempts.c.created_at).label("at")
_SETTLED_ALERTS: Select[Any] = (
    select(notifications.c.incident_id, *_METHOD, attempts.c.status, attempts.c.failure, _BEGAN_AT)
    .join(attempts, _HAS_ATTEMPT)
    .where(_IS_SETTLED)
    .order_by("at", attempts.c.id)
)
_LAST_ANSWERS: Select[Any] = (
    select(*acknowledgements.c["incident_id", "tree", "contact", "kind", "via", "at"])
    .where(acknowledgements.c.incident_id.in_(_IDS), _IS_ANSWER)
    .order_by(acknowledgements.c.at, acknowledgements.c.id)
)


def courses(session: Session, since: datetime, until: datetime) -> tuple[list[Course], list[OpenedLevel]]:
    """The incidents that opened between these moments and can be read, and each level that told somebody in them."""
    query = select(incidents.c.id, incidents.c.opened_at, incidents.c.facts)
    query = query.where(incidents.c.status.in_(("open", "closed")), incidents.c.opened_at.between(since, until))
    rows = session.execute(query.order_by(incidents.c.opened_at.desc()).limit(MOST)).all()
    real = [row for row in rows if (facts := if_sound(row.facts)) and not facts.get("lone_text")]
    ids = [row.id for row in real]
    answered = {(row.incident_id, row.tree, row.level): row.answered_at for row in _each(session, _ANSWERS, ids)}
    acted = {row.incident_id: row.acted_at for row in _each(session, _ACTED, ids)}
    opened = [
        OpenedLevel(*place, row.told_at, _after(answered.get(place), row.told_at))
        for row in _each(session, _OF_LEVELS, ids)
        for place in [(row.incident_id, row.tree, row.level)]
    ]
    told: dict[str, datetime] = {}
    for each in opened:
        told[each.incident] = min(told.get(each.incident, each.told_at), each.told_at)
    first: dict[str, datetime] = {}
    for (incident, _, _), at in answered.items():
        first[incident] = min(first.get(incident, at), at)
    return [
        Course(row.id, row.opened_at, row.facts["drill"], told.get(row.id), first.get(row.id), acted.get(row.id))
        for row in real
    ], opened


def tried(session: Session, ids: Sequence[str]) -> list[Tried]:
    """How the alerts of these incidents went, by contact and method."""
    counted: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in _each(session, _TRIED, ids):
        key = (row.tree, row.contact, row.method)
        tries, arrived = counted.get(key, (0, 0))
        counted[key] = (tries + row.tries, arrived + row.arrived)
    return [Tried(*key, *counts) for key, counts in sorted(counted.items())]


def took_part(session: Session, whole: Mapping[str, str]) -> dict[str, list[TookPart]]:
    """The contacts alerted, in order, by which methods, and the results; `whole`: the incident of each id."""
    alerts: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for row in session.execute(_SETTLED_ALERTS, {"ids": list(whole)}):
        alerts[whole[row.incident_id], row.tree, row.contact].append(row)
    found = session.execute(_LAST_ANSWERS, {"ids": list(whole)})
    answers = {(whole[row.incident_id], row.tree, row.contact): row for row in found}
    parts: dict[str, list[TookPart]] = defaultdict(list)
    for who, rows in alerts.items():
        id, tree, contact = who
        part = TookPart(tree, contact, rows[0].at, _fared(rows))
        if (given := answers.get(who)) is not None:
            part = replace(part, answer=given.kind, via=given.via, answered_at=given.at)
        parts[id].append(part)
    return parts


def _fared(rows: Sequence[Any]) -> tuple[MethodResult, ...]:
    """The results of each method, in the order in which they were tried."""
    by_method: dict[str, list[Any]] = {}
    for row in rows:
        by_method.setdefault(row.method, []).append(row)
    return tuple(
        MethodResult(
            method,
            tries=len(each),
            arrived=sum(row.status in _ARRIVED for row in each),
            failures=tuple(dict.fromkeys(row.failure for row in each if row.failure)),
        )
        for method, each in by_method.items()
    )


def _after(at: datetime | None, told_at: datetime) -> datetime | None:
    return at if at is None else max(at, told_at)


def _each(session: Session, query: Select[Any], ids: Sequence[str]) -> list[Any]:
    return [
        row
        for start in range(0, len(ids), BATCH)
        for row in session.execute(query, {"ids": ids[start : start + BATCH]})
    ]
