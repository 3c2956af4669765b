"""Journeys for the console: who is on the road or overdue, where and when next, and what follows on silence."""

from datetime import datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.inbound.on_the_road.journey import JourneyKind, Status
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import troubles
from alertnet.store.queues import journeys
from alertnet.store.queues.journeys import StoredJourney
from alertnet.store.views.journey_view import of_journeys

AHEAD = timedelta(hours=24)
"""A routine is shown this long before it is due."""
MOST = 1000
"""The most journeys shown at once."""


@value
class Awaited:
    """Somebody who is expected to check in. `status`: missed, overdue, on the road, or awaited.

    `next`: what is done at `next_at` if nothing is heard; `ahead`: the later places, each with its time.
    """

    id: str
    who: str
    kind: str
    status: str
    place: str
    expected_at: datetime
    zone: str
    ahead: tuple[str, ...]
    people: tuple[str, ...]
    risk: str
    heard_at: datetime | None
    next: str | None
    next_at: datetime | None
    incident: str | None
    is_routine: bool


@value
class Field:
    """All who are expected to check in, soonest first.

    `unheard_since`: since when incoming messages do not reach us.
    """

    now: datetime
    awaited: tuple[Awaited, ...]
    unheard_since: datetime | None


def of_the_day(tx: Tx, team: str | None = None) -> list[StoredJourney]:
    """Journeys that are overdue or missed, under way, or due within a day; soonest first."""
    found = journeys.page(tx.session, None, None, MOST, team)
    return [each for each in found if not _is_routine(each) or each.journey.awaited.expected_at <= tx.now + AHEAD]


def status_of(stored: StoredJourney, now: datetime) -> str:
    """A journey's state, in one to three words."""
    if stored.status is Status.MISSED:
        return "missed"
    if stored.journey.awaited.expected_at < now:
        return "overdue"
    return "on the road" if stored.journey.kind is JourneyKind.JOURNEY else "awaited"


def read_field(tx: Tx, *, reads: bool) -> Field:
    """Read all who are expected. `reads`: for a user who may read what people wrote, so with places in words too."""
    found = [each for each in of_the_day(tx) if each.journey.kind is not JourneyKind.ROLL_CALL]
    refs = [each["incident"] for each in of_journeys(tx.session, found)]
    awaited = (_awaited(each, ref, tx.now, reads) for each, ref in zip(found, refs, strict=True))
    return Field(tx.now, tuple(awaited), troubles.deaf_since(tx.session))


def _awaited(stored: StoredJourney, incident: str | None, now: datetime, reads: bool) -> Awaited:
    journey, leg = stored.journey, stored.journey.awaited
    is_over = journey.due_at is None
    return Awaited(
        id=stored.id,
        who=journey.owner,
        kind=journey.kind.value,
        status=status_of(stored, now),
        place=leg.shown(now, in_full=reads),
        expected_at=leg.expected_at,
        zone=leg.timezone,
        ahead=tuple(each.shown(now, in_full=reads) for each in journey.legs[1:]),
        people=journey.people,
        risk=journey.terms.risk.value,
        heard_at=journey.heard_at,
        next=None if is_over else journey.ladder[journey.steps][0].value,
        next_at=stored.due_at,
        incident=incident,
        is_routine=_is_routine(stored),
    )


def _is_routine(stored: StoredJourney) -> bool:
    return stored.journey.kind is JourneyKind.ROUTINE
