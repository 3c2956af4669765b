"""An incident's timeline as the outside reads it: a page at a time, and how far each has come."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from alertnet.core.disclosure import without_duress
from alertnet.store.tables import timeline
from alertnet.store.views.shapes import moment


class EntryView(TypedDict):
    """One line of a timeline; `payload` is None once it was purged."""

    seq: int
    at: str
    kind: str
    payload: dict[str, Any] | None
    hash: str


def entries(session: Session, chain: str, after: int, limit: int, *, with_duress: bool = True) -> list[EntryView]:
    """At most that many entries of a chain that come after the seq, in order.

    `with_duress`: for whoever may know that somebody stands beside the team.
    """
    query = select(timeline).where(timeline.c.chain == chain, timeline.c.seq > after)
    rows = session.execute(query.order_by(timeline.c.seq).limit(limit))
    return [_entry(row, with_duress) for row in rows]


def _entry(row: Row[Any], with_duress: bool) -> EntryView:
    kind, payload = (row.kind, row.payload) if with_duress else without_duress(row.kind, row.payload)
    return EntryView(seq=row.seq, at=moment(row.at), kind=kind, payload=payload, hash=row.hash.hex())


def heads(session: Session, chains: Sequence[str]) -> dict[str, int]:
    """The last seq of each of those chains."""
    query = select(timeline.c.chain, func.max(timeline.c.seq).label("seq")).where(timeline.c.chain.in_(chains))
    return {row.chain: row.seq for row in session.execute(query.group_by(timeline.c.chain))}
