"""Incidents over HTTP (B5): raising, listing and showing them, and their history."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Query
from pydantic import Field
from pydantic_core import from_json
from starlette import types as asgi
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from alertnet.core.incident import (
    TYPES,
    Affected,
    Certainty,
    Facts,
    IncidentStatus,
    Perpetrator,
    PersonKind,
    Scope,
    Severity,
)
from alertnet.flows.incidents.drills import begin_drill
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.unit.idempotent_request import Act, Show
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx, at_one_moment
from alertnet.store.records import incidents
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.store.records.idempotency import ApiAnswer
from alertnet.store.views import incident_list, incident_view, timeline_view
from alertnet.store.views.shapes import IncidentView
from alertnet.store.views.timeline_view import EntryView
from alertnet.web.api.cursor import PAGE, Cursor, page_of, read_cursor
from alertnet.web.api.fields import (
    FILLED,
    LONGEST_LINE,
    ByItsClock,
    Code,
    Country,
    Filled,
    Line,
    Name,
    Names,
    Narrative,
    TypeCode,
    in_one_line,
    one_of,
)
from alertnet.web.auth import COORDINATE, REPORTS, InForce, KnownKeys, Reader
from alertnet.web.door import IDEMPOTENCY_KEY, Door, InFlight, ReportersDoor
from alertnet.web.middleware import HeadersAsCame, Raising, Way
from alertnet.web.problems import Router, documented

ENTRIES = 500  # Timeline lines in one page.
REPORTED_AT = "/v1/incidents"
_ONCE = IDEMPOTENCY_KEY.lower().encode()

router = Router(route_class=Raising)


class Person(Filled):
    """A person affected, named by a pseudonym."""

    code: Code
    kind: Annotated[PersonKind, one_of(PersonKind)] = PersonKind.OTHER
    nationality: Country | None = None
    name: Line | None = None
    contact: Name | None = None

    def affected(self) -> Affected:
        return Affected(self.code, self.kind, self.nationality, self.name, self.contact)


People = Annotated[list[Person], Field(max_length=100), FILLED]


class Report(Filled):
    """A report that raises an incident."""

    type: TypeCode
    country: Country
    severity: Annotated[Severity, one_of(Severity)] | None = None
    occurred_at: ByItsClock = None
    place: Line | None = None
    summary: Narrative | None = None
    details: Narrative | None = None
    people: People = Field(default_factory=list)
    perpetrator: Annotated[Perpetrator, one_of(Perpetrator)] = Perpetrator.UNKNOWN
    ask: Line | None = None
    consent: Annotated[Scope, one_of(Scope)] = Scope.INTERNAL
    exclude: Annotated[Names, FILLED] = Field(default_factory=list)
    certainty: Annotated[Certainty, one_of(Certainty)] = Certainty.OBSERVED
    drill: bool = False

    def facts(self, team: str | None, *, behind: bool = False) -> Facts:
        """The reported facts. Without a severity, the type's default applies.

        What is too long for a summary stands whole in the details: it keeps the alarm from nobody (A12).
        """
        summary, details = self.summary and in_one_line(self.summary), self.details
        if summary and len(summary) > LONGEST_LINE:
            summary, details = f"{summary[: LONGEST_LINE - 1]}…", "\n\n".join(filter(None, (self.summary, details)))
        return Facts(
            type=self.type,
            severity=self.severity or TYPES[self.type].severity,
            country=self.country,
            consent=self.consent,
            people=tuple(person.affected() for person in self.people),
            perpetrator=self.perpetrator,
            exclude=tuple(self.exclude),
            drill=self.drill,
            certainty=self.certainty,
            occurred_at=self.occurred_at,
            place=self.place,
            summary=summary,
            details=details,
            ask=self.ask,
            team=team,
            behind=behind,
        )


class Page(Filled):
    """Which incidents to list; `cursor` is the `next` of the page before."""

    status: Annotated[IncidentStatus, one_of(IncidentStatus)] | None = None
    cursor: Cursor = None


class IncidentPage(TypedDict):
    items: list[IncidentView]
    next: str | None


class TimelinePage(TypedDict):
    items: list[EntryView]
    next: int | None


@router.post(
    REPORTED_AT,
    status_code=201,
    response_model=IncidentView,
    responses=documented(401, 403, 409, 413, 422, 503),
)
async def raise_incident(report: Report, door: ReportersDoor) -> Response:
    """Raise an incident: when this answers, it is on the record and its first alerts are queued."""
    return await door.carry_out_soon(report, raising(report, door))


def straight_way(runtime: Runtime, in_flight: InFlight, known_keys: KnownKeys) -> Way:
    """The straight way of a report by a known key that has no fault in itself."""

    async def straight(scope: asgi.Scope, headers: HeadersAsCame, body: bytes) -> Response | None:
        scheme, _, text = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        key = known_keys.get(text) if scheme == "Bearer" else None
        if key is None or not key.may(REPORTS) or headers.get(b"content-type") != b"application/json":
            return None
        once = headers.get(_ONCE, b"").decode("latin-1")
        try:
            report = Report.model_validate(from_json(body))
        except (ValueError, RecursionError):
            return None
        return await raise_incident(report, Door(runtime, in_flight, known_keys, key, once, f"POST {REPORTED_AT}"))

    return straight


@router.get("/v1/incidents", response_model=IncidentPage, responses=documented(401, 403, 422, 503))
def list_incidents(page: Annotated[Page, Query()], key: Reader, runtime: InForce) -> Response:
    """Incidents, newest first; a key of a team lists that team's alone."""
    before = read_cursor(REPORTED_AT, page.cursor)

    def query(tx: Tx) -> IncidentPage:
        found = incident_list.page(tx.session, page.status, before, PAGE + 1, key.team)
        listed, next = page_of(REPORTED_AT, found, lambda each: (each.opened_at, each.id))
        ids = [incident.id for incident in listed]
        items = incident_view.of_incidents(tx.session, ids, with_duress=key.may(COORDINATE))
        return IncidentPage(items=[_as_read_by(key, each) for each in items], next=next)

    return JSONResponse(runtime.read(query))


@router.get("/v1/incidents/{ref}", response_model=IncidentView, responses=documented(401, 403, 404, 410, 422, 503))
def show_incident(ref: str, key: Reader, runtime: InForce) -> Response:
    """One incident: who is told, by what, and who has answered; with `coordinate` also place, people, texts."""

    def query(tx: Tx) -> IncidentView:
        id = id_of(tx, ref, key)
        if key.may(COORDINATE):
            return incident_view.for_coordinators(tx.session, id)
        return _as_read_by(key, incident_view.of_incident(tx.session, id, with_duress=False))

    return JSONResponse(runtime.read(query))


@router.get(
    "/v1/incidents/{ref}/timeline", response_model=TimelinePage, responses=documented(401, 403, 404, 410, 422, 503)
)
def show_timeline(
    ref: str, key: Reader, runtime: InForce, cursor: Annotated[int, Query(ge=0, lt=2**31)] = 0
) -> Response:
    """The incident's history from its beginning, or from after the seq that `cursor` names."""

    def query(tx: Tx) -> TimelinePage:
        items, last = timeline_view.entries(
            tx.session, id_of(tx, ref, key), cursor, ENTRIES, with_duress=key.may(COORDINATE)
        )
        return TimelinePage(items=items, next=last if last - cursor == ENTRIES else None)

    return JSONResponse(runtime.read(query))


def _as_read_by(key: ApiKey, incident: IncidentView) -> IncidentView:
    """The incident as that key may read it: what contacts wrote of their actions is for those who may coordinate."""
    if key.may(COORDINATE):
        return incident
    return {**incident, "actions": [{**each, "note": None} for each in incident["actions"]]}


def raising(report: Report, door: Door) -> Act:
    """Opens an incident, at one moment with those of the same commit; the answer is made from what was written."""
    edition = door.edition

    def act(tx: Tx) -> tuple[LockedIncident, Show]:
        behind = not report.drill and door.known_keys.is_ahead_of_its_turn(door.key, tx.now)
        begin = begin_drill if report.drill else open_incident
        locked = begin(at_one_moment(tx), edition, report.facts(door.key.team, behind=behind), by=door.by)
        return locked, lambda _: opened(locked)

    return act


def opened(locked: LockedIncident) -> ApiAnswer:
    """The incident that was just opened, as an answer, with its place."""
    incident = incident_view.of_opened(locked.incident, locked.pruned(), locked.work.pending)
    return ApiAnswer(201, incident, f"/v1/incidents/{locked.incident.ref}")


def showing(change: Callable[[Tx], LockedIncident]) -> Act:
    """Changes an incident, and answers with it as of now."""

    def act(tx: Tx) -> tuple[LockedIncident, Show]:
        locked = change(tx)
        return locked, lambda session: ApiAnswer(200, incident_view.of_incident(session, locked.incident.id), None)

    return act


def id_of(tx: Tx, ref: str, key: ApiKey, *, own: bool = False) -> str:
    """The id of the incident with that reference; `Unknown` where there is none, or the key may not know of it."""
    return incidents.id_of(tx, ref, key.team, own=own)
