"""Stored prompts: questions and alarms to coordinators that repeat until one answers, and promises to the field.

They are in the table `alarms`, the third queue. Alarms, decisions and tasks are due when they ring again, promises when
they are kept (adr/0002, adr/0008).
"""

from collections.abc import Collection, Mapping
from dataclasses import field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select, update

from alertnet.core.codec import value
from alertnet.core.disclosure import Subject
from alertnet.core.notification import PromptAnswer, PromptKind, check_prompt
from alertnet.store.db.session import Session
from alertnet.store.db.statements import NewRow, Prepared, by_incident, change_each
from alertnet.store.db.tx import Tx, is_id
from alertnet.store.records.escalations import MOST_AHEAD
from alertnet.store.tables import alarms, codes, escalations


def level_of(index: int | None) -> int | None:
    """A level as it is stored and told: the first is 1, and the last resort 0."""
    return None if index is None else index + 1


def index_of(level: int | None) -> int | None:
    """The index in its tree of a stored level; of the last resort -1."""
    return None if level is None else level - 1


@value
class Raised:
    """An alarm, decision, task or promise to the field as it was raised; another version may have written it."""

    id: str
    kind: str
    """A value of `core.notification.PromptKind`."""
    subject: str
    """A value of `core.disclosure.Subject`."""
    raised_at: datetime
    due_at: datetime | None
    """When it rings again; None: never."""
    asked: int
    """How often it has rung or been asked."""
    escalation_id: str | None = None
    about: str | None = None
    """The id of a contact or tree, or the name of a level."""
    level: int | None = None
    """See `level_of`."""
    contacts: int | None = None
    automatic_at: datetime | None = None
    code_id: str | None = None

    @property
    def level_index(self) -> int | None:
        """The index of the level that it is about, if any; of the last resort -1."""
        return index_of(self.level)

    @property
    def is_call_cut(self) -> bool:
        """Whether it waits for the type that a call has not said yet, or tells of a call that never did.

        Its row says that there was a call, which versions before know too, and when it counts as an SOS.
        """
        return self.subject == Subject.INBOUND_CALL and self.automatic_at is not None

    @property
    def contact(self) -> str:
        """The contact that a task or a question to confirm is about."""
        assert self.about is not None
        return self.about

    @property
    def escalation(self) -> str:
        """The escalation that a task, or a question about a level or an answer, is about."""
        assert self.escalation_id is not None
        return self.escalation_id


@value
class Prompt(Raised):
    """A stored prompt, and what became of it."""

    answer: str | None = None
    """A value of `core.notification.PromptAnswer`."""
    answered_by: str | None = None
    answered_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still rings, or will again after a pause."""
        return self.due_at is not None


@value
class NewPrompt(Raised, NewRow):
    table = alarms

    kind: PromptKind
    subject: Subject
    incident_id: str = field(kw_only=True)


_NAMES = tuple(each.name for each in fields(Prompt))
_PROMPTS: Select[Any] = select(*alarms.c[_NAMES])
_BY_ID = _PROMPTS.where(alarms.c.id == bindparam("id"))
_ONE, _HOLD = Prepared(_BY_ID), Prepared(_BY_ID.with_for_update())
_ANSWERED_SINCE = alarms.c.answered_at.between(bindparam("since"), bindparam("now"))
_ASKS = Prepared(
    select(alarms.c.id).where(
        alarms.c.id == bindparam("id"), alarms.c.due_at.is_not(None), alarms.c.answered_at.is_(None) | ~_ANSWERED_SINCE
    )
)
_GRAVEST = select(func.min(escalations.c.rank)).where(escalations.c.incident_id == alarms.c.incident_id)
_DUE = Prepared(
    select(alarms.c.id, alarms.c.incident_id)
    .where(alarms.c.due_at.is_not(None), alarms.c.due_at <= bindparam("now"))
    .order_by(func.coalesce(_GRAVEST.scalar_subquery(), 0), alarms.c.due_at)
    .limit(bindparam("most"))
)
_OPEN = Prepared(
    _PROMPTS.add_columns(alarms.c.incident_id)
    .where(alarms.c.incident_id.in_(bindparam("incidents")), alarms.c.due_at.is_not(None))
    .order_by(alarms.c.raised_at)
)
_OF_INCIDENT = _PROMPTS.where(alarms.c.incident_id == bindparam("incident"))
_PROMISE = Prepared(
    _OF_INCIDENT.where(
        alarms.c.kind == PromptKind.FIELD_STATUS.value,
        alarms.c.answer.is_(None) | (alarms.c.answer == PromptAnswer.NOBODY_YET.value),
    )
)
_DECISIONS = _OF_INCIDENT.where(alarms.c.kind == PromptKind.DECISION.value).limit(1)
_OLDEST_DECISION = Prepared(_DECISIONS.where(alarms.c.due_at.is_not(None)).order_by(alarms.c.raised_at))
_NEWEST_ALARM = Prepared(
    _PROMPTS.where(alarms.c.escalation_id == bindparam("escalation"), alarms.c.kind == PromptKind.ALARM.value)
    .order_by(alarms.c.raised_at.desc())
    .limit(1)
)
_LAST_DECISION = Prepared(_DECISIONS.order_by(alarms.c.answered_at.desc()))


def get(session: Session, id: str) -> Prompt:
    [row] = _ONE.all(session, {"id": id})
    return _prompt(row)


def as_of_now(session: Session, id: str) -> Prompt:
    """The prompt of that id; of an alarm that a newer one repeats, the newest of its escalation."""
    prompt = get(session, id)
    if prompt.answer != PromptAnswer.REPEATED or prompt.escalation_id is None:
        return prompt
    [row] = _NEWEST_ALARM.all(session, {"escalation": prompt.escalation_id})
    return _prompt(row)


def incident_of(session: Session, id: str) -> str | None:
    """The id of the prompt's incident; None if there is no such prompt."""
    query = select(alarms.c.incident_id).where(alarms.c.id == id)
    return session.scalar(query) if is_id(id) else None


def hold(session: Session, id: str) -> Prompt:
    """The prompt, locked until the transaction ends; `Inconsistent` where it is impossible."""
    [row] = _HOLD.all(session, {"id": id})
    check_prompt(row.id, row._asdict())
    return _prompt(row)


def open_of(session: Session, incidents: Collection[str]) -> dict[str, list[Prompt]]:
    """For each incident the prompts that still ring or are on hold, oldest first."""
    return by_incident(session, _OPEN, incidents, _prompt)


def of_incident(session: Session, incident: str) -> list[Prompt]:
    """All prompts of the incident, open or not."""
    return [_prompt(row) for row in session.execute(_OF_INCIDENT, {"incident": incident})]


def oldest_decision(session: Session, incident: str) -> Prompt | None:
    return _first(session, _OLDEST_DECISION, incident)


def last_decision(session: Session, incident: str) -> Prompt | None:
    """The decision of the incident that was answered last."""
    return _first(session, _LAST_DECISION, incident)


def promise_of(session: Session, incident: str) -> Prompt | None:
    """The promise to the field, unless the field was told more than that nobody has answered yet."""
    return _first(session, _PROMISE, incident)


def answered_so(session: Session, incident: str, answer: PromptAnswer, at: datetime) -> list[Prompt]:
    """The prompts that got that answer at that very moment, oldest first."""
    query = _OF_INCIDENT.where(alarms.c.answer == answer.value, alarms.c.answered_at == at).order_by(alarms.c.raised_at)
    return [_prompt(row) for row in session.execute(query, {"incident": incident})]


def refused_about(session: Session, incident: str, subject: Subject) -> list[str]:
    """Ids of the incident's questions on that subject that a coordinator has refused."""
    query = _OF_INCIDENT.where(alarms.c.subject == subject.value, alarms.c.answer == PromptAnswer.REFUSE.value)
    return [row.id for row in session.execute(query, {"incident": incident})]


def about_levels(session: Session, escalation: str) -> list[Prompt]:
    """The prompts about a level of that escalation, or a contact of one, open or not."""
    query = _PROMPTS.where(alarms.c.escalation_id == escalation, alarms.c.level.is_not(None))
    return [_prompt(row) for row in session.execute(query)]


def due(tx: Tx, limit: int) -> list[tuple[str, str]]:
    """(prompt, incident) of due prompts, most severe first, then oldest (A7); nothing is locked."""
    return [(row.id, row.incident_id) for row in _DUE.all(tx.session, {"now": tx.now, "most": limit})]


def asks(tx: Tx, id: str, since: datetime) -> bool:
    """Whether a prompt still asks what a message of that moment asks: it is open, and nobody has answered it since."""
    return any(_ASKS.scalars(tx.session, {"id": id, "since": since, "now": tx.now}))


def answer(tx: Tx, id: str, answer: PromptAnswer, *, by: str | None = None, again_at: datetime | None = None) -> None:
    """Record how a prompt was answered, decided or overtaken: it stops ringing, or rings again at `again_at`.

    One on hold no longer proceeds by itself.
    """
    values = {"answer": answer.value, "answered_by": by, "answered_at": tx.now, "due_at": again_at}
    _change(tx.session, id, values | {"automatic_at": None} if answer is PromptAnswer.HOLD else values)


def ask_anew(session: Session, prompt: Prompt, due_at: datetime, *, later: timedelta = timedelta()) -> None:
    """Revoke a prompt's answer: it rings again at `due_at`, and its other times move by `later`."""
    values = {
        "answer": None,
        "answered_by": None,
        "answered_at": None,
        "due_at": due_at,
        "raised_at": prompt.raised_at + later,
        "automatic_at": prompt.automatic_at + later if prompt.automatic_at else None,
    }
    _change(session, prompt.id, values)


def ask_again(session: Session, prompt: Prompt, due_at: datetime | None) -> None:
    """Count that a prompt has rung once more, and set when it does so again."""
    _change(session, prompt.id, {"asked": prompt.asked + 1, "due_at": due_at})


def raised_for(session: Session, part: str, incident: str) -> list[str]:
    """Ids of an incident's prompts that were raised for one merged into it; their codes show that."""
    query = select(alarms.c.id).join(codes, codes.c.id == alarms.c.code_id)
    return list(session.scalars(query.where(alarms.c.incident_id == incident, codes.c.incident_id == part)))


def move(session: Session, ids: Collection[str], incident: str) -> None:
    """Move prompts to another incident, which acts for theirs now, or no longer does."""
    session.execute(update(alarms).where(alarms.c.id.in_(ids)).values(incident_id=incident))


def rename(session: Session, id: str, index: int, about: str | None) -> None:
    """Give a prompt the place and name that its level or contact has in an edited tree."""
    _change(session, id, {"level": level_of(index), "about": about})


def _first(session: Session, query: Prepared, incident: str) -> Prompt | None:
    row = query.first(session, {"incident": incident})
    return None if row is None else _prompt(row)


def _change(session: Session, id: str, values: Mapping[str, Any]) -> None:
    check_prompt(id, values)
    change_each(session, alarms, [{**values, "key": id}])


def _prompt(row: Row[Any]) -> Prompt:
    return Prompt(*row[: len(_NAMES)])


def bring_near(tx: Tx) -> bool:
    """Make prompts ring now that were raised by a clock that was ahead; True if there were any."""
    ahead = (alarms.c.raised_at > tx.now + MOST_AHEAD) & alarms.c.due_at.is_not(None)
    put_right = update(alarms).where(ahead).values(raised_at=tx.now, due_at=tx.now)
    return bool(tx.session.execute(put_right).rowcount)
