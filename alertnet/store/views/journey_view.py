"""What the outside sees of journeys (B5): who is awaited, where, by when, and what has become of it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from alertnet.core.directory.durations import duration_text
from alertnet.core.monitoring.self_monitoring import Part
from alertnet.store.monitoring import troubles
from alertnet.store.queues.journeys import StoredJourney
from alertnet.store.tables import incidents
from alertnet.store.views.shapes import moment


class LegView(TypedDict):
    to: str | None
    expected_at: str
    timezone: str


class GapView(TypedDict):
    """A span in which nothing can be heard."""

    begins_at: str
    ends_at: str


class JourneyView(TypedDict):
    """A journey; `legs`: those ahead. `due_at`: of what follows next if nothing is heard; `incident`: its reference.

    `member` None: any of the team will do. `heard_at`: when it was last heard of.
    """

    id: str
    kind: str
    team: str
    member: str | None
    status: str
    risk: str
    incident_after: str
    legs: list[LegView]
    gaps: list[GapView]
    people: list[str]
    began_at: str
    heard_at: str | None
    due_at: str | None
    incident: str | None


class Overview(TypedDict):
    """Journeys by when they are expected. `unheard_since`: since when what is sent to us is known not to arrive."""

    items: list[JourneyView]
    next: str | None
    unheard_since: str | None


def overview(session: Session, stored: Sequence[StoredJourney], next: str | None) -> Overview:
    """A page of those journeys, in that order; `next`: what asks for the page after it."""
    since = troubles.since(session, Part.INBOUND)
    return Overview(items=of_journeys(session, stored), next=next, unheard_since=moment(since) if since else None)


def of_journeys(session: Session, stored: Sequence[StoredJourney]) -> list[JourneyView]:
    """Those journeys, in that order."""
    ids = {each.incident for each in stored if each.incident}
    query = select(incidents.c.id, incidents.c.ref).where(incidents.c.id.in_(ids))
    refs = {row.id: row.ref for row in session.execute(query)} if ids else {}
    return [_view(each, refs.get(each.incident) if each.incident else None) for each in stored]


def _view(stored: StoredJourney, ref: str | None) -> JourneyView:
    journey = stored.journey
    return JourneyView(
        id=stored.id,
        kind=journey.kind.value,
        team=journey.team,
        member=journey.member,
        status=stored.status.value,
        risk=journey.terms.risk.value,
        incident_after=duration_text(journey.terms.incident_after),
        legs=[LegView(to=leg.to, expected_at=moment(leg.expected_at), timezone=leg.timezone) for leg in journey.legs],
        gaps=[GapView(begins_at=moment(gap.begins_at), ends_at=moment(gap.ends_at)) for gap in journey.gaps],
        people=list(journey.people),
        began_at=moment(journey.began_at),
        heard_at=moment(journey.heard_at) if journey.heard_at else None,
        due_at=moment(stored.due_at) if stored.due_at else None,
        incident=ref,
    )
