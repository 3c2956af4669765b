"""What has happened since, as far as one contact may see it: news, and its own reports; never another's (A9)."""

from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.messages.page import Event
from alertnet.store.records import answers, timeline

UPDATED = "updated"
MOST = 10
"""The latest that are shown: a page is to come through any line."""


def happened_since(locked: LockedIncident, tree: str, contact: str, *, reads: bool) -> tuple[Event, ...]:
    """What has happened since, oldest first. `reads`: also what the news are; else only that there are some."""
    session, incident = locked.tx.session, locked.incident.id
    news = timeline.of_kind(session, incident, UPDATED)
    own = answers.reports(session, incident, locked.names(tree, contact))
    events = [
        *(Event(at, news=(payload or {}).get("text") if reads else None) for at, payload in news),
        *(Event(each.at, action=each.action) for each in own),
    ]
    return tuple(sorted(events, key=lambda event: event.at)[-MOST:])
