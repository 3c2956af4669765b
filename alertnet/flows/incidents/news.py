"""What has happened since, as far as one contact may see it: news, and its own reports; never another's (A9)."""

from typing import Any

from sqlalchemy import Row, select

from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.messages.page import Event
from alertnet.store.tables import timeline
from alertnet.store.views import recipient_answers

UPDATED = "updated"
MOST = 10
"""The latest that are shown: a page is to come through any line."""


def happened_since(locked: LockedIncident, link: Row[Any], *, reads: bool) -> tuple[Event, ...]:
    """What has happened since, oldest first. `reads`: also what the news are; else only that there are some."""
    session = locked.tx.session
    news = (
        select(timeline.c.at, timeline.c.payload)
        .where(timeline.c.chain == locked.incident.id, timeline.c.kind == UPDATED)
        .order_by(timeline.c.seq)
    )
    own = recipient_answers.reports(session, locked.incident.id, locked.names(link.tree, link.contact))
    events = [
        *(Event(row.at, news=(row.payload or {}).get("text") if reads else None) for row in session.execute(news)),
        *(Event(each.at, action=each.action) for each in own),
    ]
    return tuple(sorted(events, key=lambda event: event.at)[-MOST:])
