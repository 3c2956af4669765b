"""Incidents over HTTP (B5): raising, listing and showing them, and their history."""

import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.routing import APIRoute
from pydantic_core import from_json
from sqlalchemy.orm import Session
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from alertnet.core.errors import Unknown
from alertnet.flows.incidents.drills import begin_drill
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.unit.idempotent_request import Act, Show
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.store.records.editions import Edition
from alertnet.store.records.idempotency import ApiAnswer
from alertnet.store.views import incident_view, timeline_view
from alertnet.store.views.shapes import IncidentView
from alertnet.store.views.timeline_view import EntryView
from alertnet.web.api.cursor import cursor_of, read_cursor
from alertnet.web.api.models import Page, Report
from alertnet.web.auth import REPORTS, InForce, Raiser, Reader, known_key
from alertnet.web.idempotency import IDEMPOTENCY_FORM, IDEMPOTENCY_KEY, ByDoor, door_of
from alertnet.web.problems import documented

PAGE = 50  # Incidents in one page.
ENTRIES = 500  # Timeline lines in one page.
COORDINATE = "coordinate"
"""Without this scope a key sees no texts, and duress as a true PIN: the team may have the key with it (B4)."""
REF = re.compile(r"[A-Za-z]-[A-Za-z0-9]{4}", re.ASCII)

router = APIRouter()


class IncidentPage(TypedDict):
    items: list[IncidentView]
    next: str | None


class TimelinePage(TypedDict):
    items: list[EntryView]
    next: int | None


async def raise_incident(report: Report, key: Raiser, door: ByDoor) -> Response:
    """Raise an incident: when this answers, it is on the record and its first alerts are queued."""
    return await door.carry_out_soon(key, report, raising(report, key, door.runtime.edition))


class Straight(APIRoute):
    """A route that takes a report with no fault in itself directly, and leaves all others to FastAPI.

    FastAPI looks in each request for everything that a route might ask for, which took half of the web's part of an
    alarm.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle_any = super().get_route_handler()

        async def handle(request: Request) -> Response:
            key, once = known_key(request), request.headers.get(IDEMPOTENCY_KEY)
            if key is not None and key.may(REPORTS) and (once is None or IDEMPOTENCY_FORM.fullmatch(once)):
                report = await _report(request)
                if report is not None:
                    return await raise_incident(report, key, await door_of(request, once))
            return await handle_any(request)

        return handle


async def _report(request: Request) -> Report | None:
    """The report, where it has no fault; else None."""
    if request.headers.get("Content-Type") == "application/json":
        with suppress(ValueError, RecursionError, ClientDisconnect):
            return Report.model_validate(from_json(await request.body()))
    return None


router.add_api_route(
    "/v1/incidents",
    raise_incident,
    methods=["POST"],
    status_code=201,
    response_model=IncidentView,
    responses=documented(401, 403, 409, 413, 422, 503),
    route_class_override=Straight,
)


@router.get("/v1/incidents", response_model=IncidentPage, responses=documented(401, 403, 422, 503))
def list_incidents(page: Annotated[Page, Query()], key: Reader, runtime: InForce) -> Response:
    """Incidents, newest first; a key of a team lists that team's alone."""
    before = read_cursor(page.cursor) if page.cursor else None

    def query(tx: Tx) -> IncidentPage:
        found = incidents.page(tx.session, page.status, before, PAGE + 1, key.team)
        last = found[PAGE - 1] if len(found) > PAGE else None
        items = incident_view.of_incidents(tx.session, [incident.id for incident in found[:PAGE]])
        next = cursor_of(last.opened_at, last.id) if last else None
        return IncidentPage(items=[_as_read_by(key, each) for each in items], next=next)

    return JSONResponse(runtime.read(query))


@router.get("/v1/incidents/{ref}", response_model=IncidentView, responses=documented(401, 403, 404, 422, 503))
def show_incident(ref: str, key: Reader, runtime: InForce) -> Response:
    """One incident: who is told, by what, and who has answered; with `coordinate` also place, people, texts."""

    def query(tx: Tx) -> IncidentView:
        id = id_of(tx.session, ref, key)
        show = incident_view.for_coordinators if key.may(COORDINATE) else incident_view.of_incident
        return _as_read_by(key, show(tx.session, id))

    return JSONResponse(runtime.read(query))


@router.get("/v1/incidents/{ref}/timeline", response_model=TimelinePage, responses=documented(401, 403, 404, 422, 503))
def show_timeline(
    ref: str, key: Reader, runtime: InForce, cursor: Annotated[int, Query(ge=0, lt=2**31)] = 0
) -> Response:
    """The incident's history from its beginning, or from after the seq that `cursor` names."""

    def query(tx: Tx) -> TimelinePage:
        items, last = timeline_view.entries(
            tx.session, id_of(tx.session, ref, key), cursor, ENTRIES, with_duress=key.may(COORDINATE)
        )
        return TimelinePage(items=items, next=last if last - cursor == ENTRIES else None)

    return JSONResponse(runtime.read(query))


def _as_read_by(key: ApiKey, incident: IncidentView) -> IncidentView:
    """The incident as that key may read it: what contacts wrote of their actions is for those who may coordinate."""
    if key.may(COORDINATE):
        return incident
    return {**incident, "actions": [{**each, "note": None} for each in incident["actions"]]}


def raising(report: Report, key: ApiKey, edition: Edition) -> Act:
    """Opens an incident by that key; the answer is made from what was written."""

    def act(tx: Tx) -> tuple[LockedIncident, Show]:
        begin = begin_drill if report.drill else open_incident
        locked = begin(tx, edition, report.facts(key.team), by=f"key {key.id}")
        return locked, lambda _: opened(locked)

    return act


def opened(locked: LockedIncident) -> ApiAnswer:
    """The incident that was just opened, as an answer, with its place."""
    incident = incident_view.of_opened(locked.incident, locked.pruned(), locked.work.pending)
    return ApiAnswer(201, incident, f"/v1/incidents/{locked.incident.ref}")


def shown(session: Session, id: str) -> ApiAnswer:
    """The incident as an answer, as of now."""
    return ApiAnswer(200, incident_view.of_incident(session, id), None)


def id_of(session: Session, ref: str, key: ApiKey) -> str:
    """The id of the incident with that reference, if the key may know of it. Every route here uses this.

    Raises:
        Unknown: there is none, or it is another team's; the two look the same.
    """
    if not REF.fullmatch(ref):
        raise Unknown("incident", ref[:32])
    return incidents.id_of(session, ref, key.team)
