"""The view of journeys for the outside (B5): who is awaited where and when, and what became of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import NotRequired

from sqlalchemy import select
from typing_extensions import TypedDict

from alertnet.core.directory.durations import duration_text
from alertnet.core.inbound.on_the_road.journey import Status
from alertnet.store.db.session import Session
from alertnet.store.monitoring import troubles
from alertnet.store.queues.journeys import RollCallRow, StoredJourney
from alertnet.store.tables import incidents
from alertnet.store.views.shapes import moment


class LegView(TypedDict):
    to: str | None
    expected_at: str
    timezone: str


class GapView(TypedDict):
    """A span in which nothing can be received."""

    begins_at: str
    ends_at: str


class JourneyView(TypedDict):
    """A journey. `legs`: those ahead; `due_at`: when the next step is due if no check-in comes.

    `incident`: its reference.

    `member` None: any of the team may check in. `heard_at`: the last check-in.
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
    """Journeys by expected moment. `unheard_since`: since when messages to us are known not to arrive."""

    items: list[JourneyView]
    next: str | None
    unheard_since: str | None


def overview(session: Session, stored: Sequence[StoredJourney], next: str | None, team: str | None = None) -> Overview:
    """A page of those journeys, in that order. `next`: the cursor of the next page; `team`: that of the reader."""
    since = troubles.deaf_since(session)
    return Overview(items=of_journeys(session, stored, team), next=next, unheard_since=moment(since) if since else None)


class AskedView(TypedDict):
    """A member who was asked. `status`: awaited answered missed; for coordinators only also duress.

    `journey`: the id under which somebody heard of in another way can be checked in.
    """

    member: str
    journey: str
    status: str
    heard_at: str | None
    incident: str | None


class RollCallSummary(TypedDict):
    """A roll-call and its figures; its own page shows who has answered."""

    id: str
    of: str
    raises: bool
    began_at: str
    asked: int
    answered: int
    not_answered: int


class RollCallView(RollCallSummary):
    """A roll-call and its figures; `not_asked`: those whose phones must be left alone.

    For coordinators only: `text`, why they were asked, and `under_duress`, how many of those who `answered`.
    """

    text: str | None
    under_duress: NotRequired[int]
    members: list[AskedView]
    not_asked: list[str]


class RollCallsView(TypedDict):
    """Roll-calls with their figures, newest first. `next`: the cursor of the next page."""

    items: list[RollCallSummary]
    next: str | None


def of_roll_calls(rows: Sequence[RollCallRow], next: str | None) -> RollCallsView:
    items = [
        RollCallSummary(
            id=each.roll_call.id,
            of=each.roll_call.of,
            raises=each.roll_call.raises,
            began_at=moment(each.began_at),
            asked=each.asked,
            answered=each.answered,
            not_answered=each.asked - each.answered,
        )
        for each in rows
    ]
    return RollCallsView(items=items, next=next)


def of_roll_call(
    session: Session,
    asked: Sequence[StoredJourney],
    *,
    for_coordinators: bool,
    team: str | None = None,
    silent: Collection[str] = (),
) -> RollCallView:
    """The roll-call of those journeys, at least one, for a key of that team, or of none.

    Others than coordinators see it as if the true PIN had been given (B4), and of those not asked only the `silent`:
    the reason to leave another phone alone might be duress.
    """
    first = asked[0].journey
    assert first.roll_call is not None
    refs = _refs(session, asked, team)
    not_asked = [owner for owner in first.roll_call.not_asked if team in (None, owner.partition("/")[0])]
    members = [_asked_view(each, refs, for_coordinators=for_coordinators) for each in asked]
    answered = sum(each.status is Status.OVER for each in asked)
    view = RollCallView(
        id=first.roll_call.id,
        of=first.roll_call.of,
        text=first.roll_call.text if for_coordinators else None,
        raises=first.roll_call.raises,
        began_at=moment(first.began_at),
        asked=len(asked),
        answered=answered,
        not_answered=len(asked) - answered,
        members=members,
        not_asked=[owner for owner in not_asked if for_coordinators or owner in silent],
    )
    return {**view, "under_duress": sum(each.journey.duress for each in asked)} if for_coordinators else view


def _asked_view(stored: StoredJourney, refs: Mapping[str, str], *, for_coordinators: bool) -> AskedView:
    journey = stored.journey
    words = {Status.UNDER_WAY: "awaited", Status.MISSED: "missed", Status.OVER: "answered"}
    return AskedView(
        member=journey.owner,
        journey=stored.id,
        status="duress" if for_coordinators and journey.duress else words[stored.status],
        heard_at=moment(journey.heard_at) if journey.heard_at else None,
        incident=refs.get(stored.incident or ""),
    )


def of_journeys(session: Session, stored: Sequence[StoredJourney], team: str | None = None) -> list[JourneyView]:
    """Those journeys, in that order; with `team` only that team's incidents are named."""
    refs = _refs(session, stored, team)
    return [_view(each, refs.get(each.incident or "")) for each in stored]


def _refs(session: Session, stored: Sequence[StoredJourney], team: str | None) -> dict[str, str]:
    """The references of the incidents that those journeys opened, by id; with `team` only of that team."""
    ids = {each.incident for each in stored if each.incident}
    query = select(incidents.c.id, incidents.c.ref).where(incidents.c.id.in_(ids))
    query = query if team is None else query.where(incidents.c.team == team)
    return {row.id: row.ref for row in session.execute(query)} if ids else {}


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
