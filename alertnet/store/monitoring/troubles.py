"""Recorded troubles: one row for each part in trouble, from its first notice until it is over."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from alertnet.core.monitoring.self_monitoring import Part
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.tables import troubles

_IS_OPEN = troubles.c.over_at.is_(None)
_IS_DEAF = troubles.c.part == Part.INBOUND.value
_OPEN = select(troubles).where(_IS_OPEN, troubles.c.part.in_([*Part])).order_by(troubles.c.began_at, troubles.c.part)


def open_troubles(session: Session) -> dict[Part, datetime | None]:
    """The parts whose trouble is not over, oldest first, each with since when it has not been seen.

    Parts that only a later version knows are left out.
    """
    return {Part(row.part): row.clear_since for row in session.execute(_OPEN)}


def deaf_since(session: Session) -> datetime | None:
    """Since when nothing can be received; None: it can."""
    return session.scalar(select(troubles.c.began_at).where(_IS_OPEN, _IS_DEAF))


def deaf_times(session: Session, since: datetime) -> list[tuple[datetime, datetime]]:
    """From when until when nothing could be received, for times that ended after that moment."""
    query = select(troubles.c.began_at, troubles.c.over_at).where(_IS_DEAF, troubles.c.over_at > since)
    return [(row.began_at, row.over_at) for row in session.execute(query.order_by(troubles.c.began_at))]


def begin(tx: Tx, part: Part) -> None:
    row = {"id": tx.entropy.id(), "part": part.value, "began_at": tx.now, "clear_since": None, "over_at": None}
    tx.session.execute(troubles.insert().values(row))


def clear(tx: Tx, parts: Collection[Part], *, is_clear: bool = True) -> None:
    """Note that these troubles are not seen from now on, or (`is_clear` False) have come back."""
    _change(tx, parts, clear_since=tx.now if is_clear else None)


def end(tx: Tx, parts: Collection[Part]) -> None:
    _change(tx, parts, over_at=tx.now)


def _change(tx: Tx, parts: Collection[Part], **values: object) -> None:
    if parts:
        names = [part.value for part in parts]
        tx.session.execute(update(troubles).where(_IS_OPEN, troubles.c.part.in_(names)).values(values))
