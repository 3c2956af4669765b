"""The API for journeys (B5): announce, check in, list and cancel them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

from fastapi import Query
from starlette.responses import JSONResponse, Response

from alertnet.core.directory.contact_tree import Network, Team
from alertnet.core.directory.routine import Risk
from alertnet.core.errors import BadInput, Forbidden, Unknown
from alertnet.core.inbound.on_the_road.journey import LONGEST_DELAY, Journey
from alertnet.flows.credentials.known_numbers import member_of
from alertnet.flows.journeys.check_in import RoadNews, announce_journey, cancel_journey, check_in_by_key
from alertnet.flows.unit.idempotent_request import Act, Show
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.queues import journeys
from alertnet.store.queues.journeys import StoredJourney
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.store.records.idempotency import ApiAnswer
from alertnet.store.views.journey_view import JourneyView, Overview, of_journeys, overview
from alertnet.store.views.shapes import moment
from alertnet.web.api.cursor import PAGE, page_of, read_cursor
from alertnet.web.api.models import CheckIn, JourneyPage, Plan, Said
from alertnet.web.auth import COORDINATE, InForce, Reader
from alertnet.web.door import CoordinatorsDoor, ReportersDoor
from alertnet.web.problems import Router, documented

router = Router(prefix="/v1/journeys")


@router.post("", status_code=201, response_model=JourneyView, responses=documented(401, 403, 409, 413, 422, 503))
def announce(plan: Plan, door: ReportersDoor) -> Response:
    """Announce a journey. From now on the team is awaited at each leg in turn."""
    network = door.network

    def act(tx: Tx) -> tuple[None, Show]:
        team, zone = _traveller(plan, door.key, network)
        journey = plan.journey(team, zone, tx.now)
        _check_times(journey, tx.now)
        return None, partial(_shown, id=announce_journey(tx, journey, door.by), status=201, team=door.key.team)

    return door.carry_out(plan, act)


@router.get("", response_model=Overview, responses=documented(401, 403, 422, 503))
def list_journeys(page: Annotated[JourneyPage, Query()], key: Reader, runtime: InForce) -> Response:
    """What is awaited of the field, routines included, soonest first. A team's key lists only that team's."""
    after = read_cursor(router.prefix, page.cursor)

    def query(tx: Tx) -> Overview:
        found = journeys.page(tx.session, page.status, after, PAGE + 1, key.team)
        shown, next = page_of(router.prefix, found, lambda each: (each.journey.awaited.expected_at, each.id))
        return overview(tx.session, shown, next, key.team)

    return JSONResponse(runtime.read(query))


@router.get("/{id}", response_model=JourneyView, responses=documented(401, 403, 404, 422, 503))
def show_journey(id: str, key: Reader, runtime: InForce) -> Response:
    """One journey: what is awaited next, when it was last heard of, and the incident that its silence opened."""

    def query(tx: Tx) -> JourneyView:
        return of_journeys(tx.session, [_known(tx.session, id, key)], key.team)[0]

    return JSONResponse(runtime.read(query))


@router.post("/{id}/check-ins", response_model=JourneyView, responses=documented(401, 403, 404, 409, 413, 422, 503))
def check_in(id: str, said: CheckIn, door: ReportersDoor) -> Response:
    """Record a check-in. In high risk only a coordinator may, because a key does not prove who speaks."""

    def do(tx: Tx, stored: StoredJourney) -> None:
        if stored.journey.terms.risk is Risk.HIGH and not door.key.may(COORDINATE):
            raise Forbidden("in high risk a one-time PIN by SMS proves a check-in, or a key with scope 'coordinate'")
        heard = RoadNews(said.kind.verb, tx.now, delay=_until(said, stored.journey, tx.now))
        check_in_by_key(tx, id, heard, door.by)

    return door.carry_out(said, _on(id, door.key, do))


@router.delete("/{id}", response_model=JourneyView, responses=documented(401, 403, 404, 409, 422, 503))
def cancel(id: str, door: CoordinatorsDoor) -> Response:
    """Cancel a journey. An incident that it has opened stays open."""
    return door.carry_out(None, _on(id, door.key, lambda tx, _: cancel_journey(tx, id, door.by)))


def _on(id: str, key: ApiKey, do: Callable[[Tx, StoredJourney], None]) -> Act:
    def act(tx: Tx) -> tuple[None, Show]:
        do(tx, _known(tx.session, id, key))
        return None, partial(_shown, id=id, status=200, team=key.team)

    return act


def _known(session: Session, id: str, key: ApiKey) -> StoredJourney:
    """The journey of that id. Another team's journey counts as unknown to a key of a team."""
    stored = journeys.find(session, id, key.team)
    if stored is None:
        raise Unknown("journey", id[:32])
    return stored


def _shown(session: Session, id: str, status: int, team: str | None) -> ApiAnswer:
    stored = journeys.find(session, id)
    assert stored is not None
    place = f"{router.prefix}/{id}" if status == 201 else None
    return ApiAnswer(status, of_journeys(session, [stored], team)[0], place)


def _traveller(plan: Plan, key: ApiKey, network: Network) -> tuple[Team, str]:
    """The team of a journey and the zone of its times. A team's key may announce only for its own team."""
    if key.team not in (None, plan.team):
        raise Forbidden(f"API key {key.id} speaks for team {key.team!r} alone")
    if plan.team not in network.teams:
        raise BadInput("team", plan.team, sorted(network.teams))
    team = network.teams[plan.team]
    if plan.member is not None and plan.member not in team.members:
        raise BadInput("member", plan.member, sorted(team.members))
    return team, member_of(network, team.id, None)[0].words.timezone


def _check_times(journey: Journey, now: datetime) -> None:
    before = now
    for place, leg in enumerate(journey.legs):
        if leg.expected_at <= before:
            raise BadInput(f"legs.{place}.expected_at", moment(leg.expected_at), f"a moment after {moment(before)}")
        before = leg.expected_at
    for place, gap in enumerate(journey.gaps):
        if not timedelta() < gap.ends_at - gap.begins_at <= LONGEST_DELAY:
            raise BadInput(f"gaps.{place}.ends_at", moment(gap.ends_at), "at most 24h after `begins_at`")


def _until(said: CheckIn, journey: Journey, now: datetime) -> datetime | None:
    """The new expected moment of a postponed journey, at most `LONGEST_DELAY` ahead."""
    if (said.kind is Said.EXTEND) != (said.until is not None):
        raise BadInput("until", said.until and moment(said.until), "a moment with kind 'extend', and only with that")
    latest = max(journey.awaited.expected_at, now) + LONGEST_DELAY
    if said.until is not None and not now < said.until <= latest:
        raise BadInput("until", moment(said.until), f"a moment to come, at the latest {moment(latest)}")
    return said.until
