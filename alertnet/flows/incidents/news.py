"""What has happened since, as far as one contact may see it: news, and its own reports; never another's (A9)."""

from typing import Any

from sqlalchemy import Row, select

from alertnet.messages.page import Event
from alertnet.store.db.tx import Tx
from alertnet.store.tables import actions, timeline

UPDATED = "updated"
MOST = 10
"""The latest that are shown: a page is to come through any line."""


def happened_since(tx: Tx, link: Row[Any], *, reads: bool) -> tuple[Event, ...]:
    """Oldest first. `reads`: also what the news are, which may name somebody; else only that there are some."""
    news = (
        select(timeline.c.at, timeline.c.payload)
        .where(timeline.c.chain == link.incident_id, timeline.c.kind == UPDATED)
        .order_by(timeline.c.seq)
    )
    own = select(actions.c.at, actions.c.action).where(
        actions.c.incident_id == link.incident_id, actions.c.tree == link.tree, actions.c.contact == link.contact
    )
    events = [
        *(Event(row.at, news=(row.payload or {}).get("text") if reads else None) for row in tx.session.execute(news)),
        *(Event(row.at, action=row.action) for row in tx.session.execute(own)),
    ]
    return tuple(sorted(events, key=lambda event: event.at)[-MOST:])
