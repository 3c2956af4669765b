"""The API for drills: begin, plan, cancel and report them."""

from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from alertnet.core.errors import BadInput, Unknown
from alertnet.core.monitoring.drills import TookPart
from alertnet.flows.desk.drills import MOST_LISTED, read_drill
from alertnet.flows.incidents.drills import begin_drill, cancel_drill, plan_drill
from alertnet.flows.unit.idempotent_request import Show
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.queues import drills
from alertnet.store.queues.drills import StoredDrill
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.store.records.idempotency import ApiAnswer
from alertnet.store.views.shapes import moment
from alertnet.web.api.incidents import id_of
from alertnet.web.api.models import DrillPlan
from alertnet.web.auth import Coordinator, InForce
from alertnet.web.door import CoordinatorsDoor
from alertnet.web.problems import Router, documented

router = Router(prefix="/v1/drills")


class DrillView(TypedDict):
    """A drill. `ref` is its incident once it was held.

    `why` is the reason it was skipped: `late`, `unknown_name` or the reference of another incident.
    """

    id: str
    status: str
    starts_at: str
    every_months: int | None
    type: str
    country: str
    by: str
    ref: str | None
    why: str | None


class DrillList(TypedDict):
    to_come: list[DrillView]
    past: list[DrillView]


class SumsView(TypedDict):
    """How many were alerted, reached and have answered, and how many addresses are dead."""

    told: int
    reached: int
    answered: int
    dead: int


class FaredView(TypedDict):
    method: str
    tries: int
    arrived: int
    failures: list[str]
    dead: bool


class TookPartView(TypedDict):
    tree: str
    contact: str
    told_at: str
    reached: bool
    answer: str
    via: str
    answered_after_s: int | None
    methods: list[FaredView]


class DrillReportView(TypedDict):
    ref: str
    sums: SumsView
    contacts: list[TookPartView]


@router.post("", status_code=201, response_model=DrillView, responses=documented(401, 403, 409, 413, 422, 503))
def plan(asked: DrillPlan, door: CoordinatorsDoor) -> Response:
    """Begin a drill, or plan one. A planned drill begins by itself; coordinators are told a day before."""
    edition, facts = door.edition, asked.facts(door.key.team)
    if asked.at is None and asked.every_months is not None:
        raise BadInput("every_months", asked.every_months, "with at: when the first one begins")

    def act(tx: Tx) -> tuple[LockedIncident | None, Show]:
        if asked.at is None:
            locked = begin_drill(tx, edition, facts, by=door.by)
            return locked, lambda session: _one(session, locked.incident.id)
        id = plan_drill(tx, edition, facts, asked.at, asked.every_months, by=door.by)
        return None, lambda session: _one(session, id)

    return door.carry_out(asked, act)


@router.get("", response_model=DrillList, responses=documented(401, 403, 503))
def list_drills(key: Coordinator, runtime: InForce) -> Response:
    """The planned drills, the next first, and the last fifty others, the latest first."""

    def query(tx: Tx) -> DrillList:
        to_come, past = drills.to_come(tx.session), drills.past(tx.session, MOST_LISTED)
        return DrillList(
            to_come=[_view(each) for each in to_come if _is_for(key, each)],
            past=[_view(each) for each in past if _is_for(key, each)],
        )

    return JSONResponse(runtime.read(query))


@router.post("/{id}/cancel", response_model=DrillView, responses=documented(401, 403, 404, 409, 422, 503))
def cancel(id: str, door: CoordinatorsDoor) -> Response:
    """Cancel a planned drill and its repetitions."""

    def act(tx: Tx) -> tuple[None, Show]:
        stored = drills.find(tx.session, id)
        if stored is not None and not _is_for(door.key, stored):
            raise Unknown("drill", id[:32])
        cancel_drill(tx, id, by=door.by)
        return None, lambda session: ApiAnswer(200, _one(session, id).body, None)

    return door.carry_out(None, act)


@router.get("/{ref}/report", response_model=DrillReportView, responses=documented(401, 403, 404, 409, 410, 422, 503))
def report(ref: str, key: Coordinator, runtime: InForce) -> Response:
    """Who was reached and how, who was not, how long each answer took, and which addresses are dead."""

    def query(tx: Tx) -> DrillReportView:
        id_of(tx, ref, key)
        found = read_drill(tx, ref)
        sums = found.sums
        its = SumsView(told=sums.told, reached=sums.reached, answered=sums.answered, dead=sums.dead)
        return DrillReportView(ref=found.ref, sums=its, contacts=[_part(each) for each in found.parts])

    return JSONResponse(runtime.read(query))


def _is_for(key: ApiKey, stored: StoredDrill) -> bool:
    return key.team in (None, stored.drill.facts.team)


def _one(session: Session, id: str) -> ApiAnswer:
    """The drill of that id, or of that incident, as an answer."""
    stored = drills.find(session, id)
    assert stored is not None
    return ApiAnswer(201, _view(stored), router.prefix)


def _view(stored: StoredDrill) -> DrillView:
    drill = stored.drill
    return DrillView(
        id=stored.id,
        status=stored.status.value,
        starts_at=moment(drill.starts_at),
        every_months=drill.every_months,
        type=drill.facts.type,
        country=drill.facts.country,
        by=drill.by,
        ref=stored.ref,
        why=drill.why,
    )


def _part(part: TookPart) -> TookPartView:
    return TookPartView(
        tree=part.tree,
        contact=part.contact,
        told_at=moment(part.told_at),
        reached=part.is_reached,
        answer=part.answer,
        via=part.via,
        answered_after_s=None if part.took is None else round(part.took.total_seconds()),
        methods=[
            FaredView(
                method=each.method,
                tries=each.tries,
                arrived=each.arrived,
                failures=list(each.failures),
                dead=each.is_dead,
            )
            for each in part.fared
        ],
    )
