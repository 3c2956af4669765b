"""Recordings of members in calls: a queue of those to fetch from the provider, and to delete there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from alertnet.core.codec import value
from alertnet.store.db.engine import insert_once
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx, is_id
from alertnet.store.tables import recordings

_SHOWN: Select[Any] = select(
    *recordings.c["id", "incident_id", "provider", "seconds", "made_at", "kept_at", "due_at"],
    recordings.c.audio.is_not(None).label("is_kept"),
)


@value
class Recording:
    """A recording without its sound. `due_at`: when to fetch it or, once it `is_over`, to delete it at the provider."""

    id: str
    incident: str | None
    """None: it belongs to no incident."""
    provider: str
    seconds: int
    made_at: datetime
    kept_at: datetime | None
    due_at: datetime | None
    is_kept: bool

    @property
    def is_over(self) -> bool:
        """Whether only deleting it at the provider is left to do."""
        return self.is_kept or self.incident is None


def add(tx: Tx, id: str, incident: str | None, provider: str, seconds: int, made_at: datetime) -> bool:
    """Add a recording to fetch from that provider; without an incident it is only deleted there. False: it is known.

    `made_at`: when its call came.
    """
    row = {
        "id": id,
        "incident_id": incident,
        "provider": provider,
        "seconds": seconds,
        "made_at": made_at,
        "due_at": tx.now,
    }
    tx.leaves_due()
    return insert_once(tx.session, recordings, row)


def due(tx: Tx, limit: int) -> list[Recording]:
    """The recordings with something to do, in the order of due times."""
    query = _SHOWN.where(recordings.c.due_at.is_not(None), recordings.c.due_at <= tx.now)
    return [Recording(*row) for row in tx.session.execute(query.order_by(recordings.c.due_at).limit(limit))]


def hold(session: Session, id: str) -> Recording | None:
    """The recording, locked until the transaction ends, before its incident."""
    row = session.execute(_SHOWN.where(recordings.c.id == id).with_for_update()).first()
    return Recording(*row) if row else None


def known_of(session: Session, ids: Sequence[str]) -> set[str]:
    """Those of these recordings that we know."""
    return set(session.scalars(select(recordings.c.id).where(recordings.c.id.in_(ids))))


def of_incident(session: Session, ids: Sequence[str]) -> Sequence[Recording]:
    """The recordings of an incident that can be played, oldest first; `ids`: `Incident.every_id`."""
    query = _SHOWN.where(recordings.c.incident_id.in_(ids), recordings.c.audio.is_not(None))
    return [Recording(*row) for row in session.execute(query.order_by(recordings.c.made_at, recordings.c.id))]


def audio(session: Session, ids: Sequence[str], id: str) -> bytes | None:
    """The sound of a recording of the incident with those `ids`; None where there is none."""
    query = select(recordings.c.audio).where(recordings.c.id == id, recordings.c.incident_id.in_(ids))
    return session.scalar(query) if is_id(id) else None


def keep(tx: Tx, id: str, sound: bytes) -> None:
    """Store the fetched sound; the recording is now to be deleted at the provider."""
    tx.session.execute(
        update(recordings).where(recordings.c.id == id).values(audio=sound, kept_at=tx.now, due_at=tx.now)
    )
    tx.leaves_due()


def put_off(tx: Tx, id: str, until: datetime | None) -> None:
    """Try again at that moment; None: nothing is left to do."""
    tx.session.execute(update(recordings).where(recordings.c.id == id).values(due_at=until))
