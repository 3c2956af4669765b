"""The view of incidents for the outside (B5), read in a handful of queries for one incident or a whole page."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BindParameter, Row, Select, Table, bindparam, select

from alertnet.core.codec import value
from alertnet.core.directory.contact import Disclosure
from alertnet.core.disclosure import NO_DETAILS, details_of
from alertnet.core.forecast.call_sheet import Progress, SheetAnswer
from alertnet.core.incident import Incident, Severity, consent_of
from alertnet.core.notification import AttemptStatus, Kind
from alertnet.store import tables
from alertnet.store.db.columns import if_sound
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.pending_rows import PendingRows
from alertnet.store.queues.attempts import NewAttempt
from alertnet.store.records import answers, escalations, incidents
from alertnet.store.records.escalations import NewEscalation
from alertnet.store.records.notifications import NewNotification
from alertnet.store.views import shapes
from alertnet.store.views.shapes import AcknowledgementView, IncidentView
from alertnet.store.views.timeline_view import reported_openly, said_openly, shown_texts

Rows = dict[str, list[Row[Any]]]
Statuses = set[tuple[str, str, str]]
"""(tree, contact, status) of messages."""

_IDS: BindParameter[str] = bindparam("ids")
_WHOSE = ("id", "incident_id", "tree", "level", "round", "contact", "planned_at")
_SHOWN = (*_WHOSE, "method", "kind", "language", "trees", "status")
"""The columns of a notification that are shown, without the encrypted ones."""


@value
class Message:
    """A message to somebody, and how its last attempt went; `at`: when, or for when it was planned."""

    tree: str | None
    contact: str
    level: str
    kind: str
    method: str
    status: str
    at: datetime
    attempts: int
    why: str


@value
class AnswerOrReceipt:
    """An answer, or that somebody listened to a call; with `revoked_at` it counts no longer."""

    id: str
    tree: str
    contact: str
    kind: str
    via: str
    at: datetime
    revoked_at: datetime | None


def progress_of(session: Session, id: str) -> Progress:
    """The progress of an incident: the states, and each contact's latest answer that was not revoked."""
    return Progress(
        escalations.states_of(session, id),
        {
            (each.tree, each.contact): SheetAnswer(each.kind, each.via, each.at)
            for each in reversed(answers.current_answers(session, incidents.get(session, id).every_id))
        },
    )


def _of(table: Table, *order: str, names: tuple[str, ...] = ()) -> Prepared:
    found = select(*(table.c[names] if names else table.c)).where(table.c.incident_id.in_(_IDS))
    return Prepared(found.order_by(*table.c[order]))


_FARED: Select[Any] = (
    select(*tables.notifications.c["incident_id", "tree", "contact", "status"])
    .distinct()
    .where(
        tables.notifications.c.incident_id.in_(_IDS),
        tables.notifications.c.kind.in_(bindparam("kinds")),
        tables.notifications.c.status != AttemptStatus.CANCELLED,
    )
)
_INCIDENTS = Prepared(select(tables.incidents).where(tables.incidents.c.id.in_(_IDS)))
_ESCALATIONS = _of(tables.escalations, "tree")
_NOTIFICATIONS = _of(tables.notifications, "planned_at", "id", names=_SHOWN)
_ATTEMPTS = _of(tables.attempts, "created_at", "id")
_ANSWERS = _of(tables.acknowledgements, "at", "id")
_ACTIONS = _of(tables.actions, "at", "id")


def of_incidents(session: Session, ids: Sequence[str], *, with_duress: bool = True) -> list[IncidentView]:
    """The incidents of those ids, in that order; messages and answers of a part are shown with the whole.

    Without `with_duress` each is as grave as was reported openly.
    """
    facts = {row.id: row for row in _INCIDENTS.all(session, {"ids": list(ids)})}
    parts = {part: row.id for row in facts.values() for part in (if_sound(row.merged) or {}).get("parts", ())}
    owner = {id: id for id in ids} | parts
    escalations = _by_incident(session, _ESCALATIONS, {id: id for id in ids})
    notifications = _by_incident(session, _NOTIFICATIONS, owner)
    attempts = _by_notification(session, owner)
    answers = _by_incident(session, _ANSWERS, owner)
    actions = _by_incident(session, _ACTIONS, owner)
    shown = [
        shapes.incident_view(facts[id], escalations[id], notifications[id], attempts, answers[id], actions[id])
        for id in ids
    ]
    for id, each in zip(ids, shown, strict=True):
        if not with_duress and (if_sound(facts[id].facts) or {}).get("duress"):
            each["severity"] = said_openly(Severity(each["severity"]), reported_openly(session, id)).value
    return shown


def fared(session: Session, incidents: Sequence[Incident], kinds: Collection[Kind]) -> dict[str, Statuses]:
    """For each incident the results of messages of those kinds that were not cancelled; a part's with the whole."""
    owner = {part: each.id for each in incidents for part in each.every_id}
    asked = {"ids": list(owner), "kinds": list(kinds)}
    found: dict[str, Statuses] = {each.id: set() for each in incidents}
    for incident, tree, contact, status in session.execute(_FARED, asked):
        found[owner[incident]].add((tree, contact, status))
    return found


def messages(session: Session, ids: Collection[str]) -> list[Message]:
    """The messages of an incident with those ids (`Incident.every_id`), in the order in which they were planned."""
    attempts = _by_notification(session, ids)
    return [_message(row, attempts[row.id]) for row in _NOTIFICATIONS.all(session, {"ids": list(ids)})]


def answers_and_receipts(session: Session, ids: Collection[str]) -> list[AnswerOrReceipt]:
    """Its answers, and that somebody listened to a call, in order."""
    return [
        AnswerOrReceipt(row.id, row.tree, row.contact, row.kind, row.via, row.at, row.revoked_at)
        for row in _ANSWERS.all(session, {"ids": list(ids)})
    ]


def of_incident(session: Session, id: str, *, with_duress: bool = True) -> IncidentView:
    return of_incidents(session, [id], with_duress=with_duress)[0]


def for_coordinators(session: Session, id: str) -> IncidentView:
    """The incident of that id, with what coordinators also read; people are shown as codes."""
    readable = incidents.get_readable(session, [id])
    known = details_of(readable[0].facts, Disclosure.FULL) if readable else NO_DETAILS
    people = {each.code: shapes.person_view(each) for each in known.people}
    return {
        **of_incident(session, id),
        "place": known.place,
        "people": list(people.values()),
        "texts": shown_texts(session, id, people),
    }


def of_opened(incident: Incident, pruned: list[dict[str, Any]], written: PendingRows) -> IncidentView:
    """The view of an incident that was just opened, from the rows written for it.

    Reading them back would delay its first alerts, which are leaving at that moment.
    """
    facts = incident.facts
    row = SimpleNamespace(
        ref=incident.ref,
        status=incident.status.value,
        type=facts.type,
        severity=facts.severity.value,
        facts={"consent": consent_of(facts).value, "drill": facts.drill, "verified": facts.verified},
        opened_at=incident.opened_at,
        pruned=pruned,
        warnings=list(incident.warnings),
        merged=None,
        purged_at=None,
    )
    attempts: dict[str, list[NewAttempt]] = defaultdict(list)
    for attempt in sorted(written.written(NewAttempt), key=attrgetter("id")):
        attempts[attempt.notification_id].append(attempt)
    escalations = sorted(written.written(NewEscalation), key=attrgetter("tree"))
    notifications = sorted(written.written(NewNotification), key=attrgetter("planned_at", "id"))
    return shapes.incident_view(row, escalations, notifications, attempts)


def of_acknowledgement(session: Session, id: str) -> AcknowledgementView:
    answers = tables.acknowledgements
    return shapes.acknowledgement_view(session.execute(select(answers).where(answers.c.id == id)).one())


def _message(row: Row[Any], attempts: list[Row[Any]]) -> Message:
    last = attempts[-1] if attempts else None
    at, why = (last.changed_at, last.failure or last.error or "") if last is not None else (row.planned_at, "")
    return Message(row.tree, row.contact, row.level or "", row.kind, row.method, row.status, at, len(attempts), why)


def _by_notification(session: Session, ids: Collection[str]) -> Rows:
    attempts: Rows = defaultdict(list)
    for row in _ATTEMPTS.all(session, {"ids": list(ids)}):
        attempts[row.notification_id].append(row)
    return attempts


def _by_incident(session: Session, query: Prepared, owner: dict[str, str]) -> Rows:
    """The rows by the incident with which they are shown; `owner` gives it for each row's incident."""
    rows: Rows = defaultdict(list)
    for row in query.all(session, {"ids": list(owner)}):
        rows[owner[row.incident_id]].append(row)
    return rows
