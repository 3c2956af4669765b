"""The API for roll calls: ask everybody whether they are safe, and see who has answered."""

from starlette.responses import JSONResponse, Response

from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput, Forbidden, Unknown
from alertnet.flows.credentials.known_numbers import member_of
from alertnet.flows.journeys.roll_call import Question, call_roll
from alertnet.flows.unit.idempotent_request import Show
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.queues import journeys
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.store.records.idempotency import ApiAnswer
from alertnet.store.views.journey_view import RollCallsView, RollCallView, of_roll_call, of_roll_calls
from alertnet.web.api.cursor import PAGE, Cursor, page_of, read_cursor
from alertnet.web.api.models import Roll
from alertnet.web.auth import COORDINATE, InForce, Reader
from alertnet.web.door import CoordinatorsDoor
from alertnet.web.problems import Router, documented

router = Router(prefix="/v1/roll-calls")


@router.post("", status_code=201, response_model=RollCallView, responses=documented(401, 403, 409, 413, 422, 503))
def begin(roll: Roll, door: CoordinatorsDoor) -> Response:
    """Start a roll call: ask everybody of a team, a country or the network, each in their language."""
    question = _question(roll, door.key)
    network = door.network

    def act(tx: Tx) -> tuple[None, Show]:
        id = call_roll(tx, network, question, door.by)
        return None, lambda session: ApiAnswer(201, _figures(session, id, door.key, network), f"{router.prefix}/{id}")

    return door.carry_out(roll, act)


@router.get("", response_model=RollCallsView, responses=documented(401, 403, 422, 503))
def list_roll_calls(key: Reader, runtime: InForce, cursor: Cursor = None) -> Response:
    """Roll calls and how many have answered, the newest first. A team's key sees those that asked its team."""
    before = read_cursor(router.prefix, cursor)

    def query(tx: Tx) -> RollCallsView:
        found = journeys.roll_calls(tx.session, before, PAGE + 1, key.team)
        return of_roll_calls(*page_of(router.prefix, found, lambda each: (each.began_at, each.roll_call.id)))

    return JSONResponse(runtime.read(query))


@router.get("/{id}", response_model=RollCallView, responses=documented(401, 403, 404, 422, 503))
def show(id: str, key: Reader, runtime: InForce) -> Response:
    """Who has answered a roll call, who has not, and who is not phoned. A team's key sees only its team."""
    return JSONResponse(runtime.read(lambda tx: _figures(tx.session, id, key, runtime.edition.network)))


def _question(roll: Roll, key: ApiKey) -> Question:
    if roll.team and roll.country:
        raise BadInput("country", roll.country, "a team or a country, not both")
    if key.team is not None and roll.team != key.team:
        raise Forbidden(f"API key {key.id} speaks for team {key.team!r} alone")
    return Question(roll.team, roll.country, roll.text, roll.raise_incidents, roll.incident_after)


def _figures(session: Session, id: str, key: ApiKey, network: Network) -> RollCallView:
    return figures(session, id, network, for_coordinators=key.may(COORDINATE), team=key.team)


def figures(
    session: Session, id: str, network: Network, *, for_coordinators: bool, team: str | None = None
) -> RollCallView:
    """The figures of a roll call for this caller, of one `team` if given; `Unknown` where it asked nobody there."""
    asked = journeys.of_roll_call(session, id, team)
    if not asked:
        raise Unknown("roll-call", id[:32])
    everybody = (each for team in network.teams for each in member_of(network, team, None))
    silent = {each.owner for each in everybody if each.member.silent}
    return of_roll_call(session, asked, for_coordinators=for_coordinators, team=team, silent=silent)
