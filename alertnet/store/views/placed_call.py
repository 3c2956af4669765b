"""A call that we placed, as its webhooks need it: whom it reached, what it may say, which keys were pressed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select

from alertnet.core.codec import from_plain
from alertnet.core.disclosure import Said
from alertnet.core.limits import WrongKeys
from alertnet.core.notification import AttemptStatus, Failure, Kind
from alertnet.store.db.session import Session
from alertnet.store.tables import attempts, notifications


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """One attempt to call, with its notification."""

    incident_id: str | None
    notification: str
    kind: Kind
    tree_id: str | None
    """None for a call to the field, which asks for nothing."""
    contact: str
    method: str
    address: str
    language: str
    said: Said
    prompt_id: str | None
    is_delivered: bool
    """Whether its code was pressed; for a call without a code, whether it was heard."""
    is_wrong_person: bool
    """Whether somebody said in it that the number is a stranger's."""
    wrong_keys: WrongKeys
    spoken_code: str | None
    ended_at: datetime | None
    """When it was heard of last, if nothing more is awaited of it."""

    @property
    def tree(self) -> str:
        assert self.tree_id is not None
        return self.tree_id

    @property
    def prompt(self) -> str:
        """The alarm, decision or task that it rings for."""
        assert self.prompt_id is not None
        return self.prompt_id


_PLACED: Select[Any] = (
    select(
        *notifications.c["id", "incident_id", "kind", "tree", "contact", "method", "address", "language", "said"],
        notifications.c.alarm_id,
        *attempts.c["status", "failure", "wrong_keys", "keyed", "spoken_code", "due_at", "changed_at"],
    )
    .join(attempts, attempts.c.notification_id == notifications.c.id)
    .where(attempts.c.id == bindparam("attempt"))
)


def placed_call(session: Session, attempt: str) -> PlacedCall:
    found = find_call(session, attempt)
    assert found is not None
    return found


def find_call(session: Session, attempt: str) -> PlacedCall | None:
    row = session.execute(_PLACED, {"attempt": attempt}).first()
    if row is None:
        return None
    return PlacedCall(
        incident_id=row.incident_id,
        notification=row.id,
        kind=Kind(row.kind),
        tree_id=row.tree,
        contact=row.contact,
        method=row.method,
        address=row.address,
        language=row.language,
        said=from_plain(Said, row.said),
        prompt_id=row.alarm_id,
        is_delivered=row.status == AttemptStatus.DELIVERED.value,
        is_wrong_person=row.failure == Failure.WRONG_PERSON.value,
        wrong_keys=WrongKeys(row.wrong_keys, tuple(row.keyed or ())),
        spoken_code=row.spoken_code,
        ended_at=row.changed_at if row.due_at is None else None,
    )
