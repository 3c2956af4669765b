"""The API for texts from unknown numbers (B5): list them, and assign one to a member."""

from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from alertnet.core.errors import Forbidden, Unknown
from alertnet.flows.sms.quarantine import bind_text, to_show
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.store.views.shapes import IncidentView, moment
from alertnet.web.api.cursor import PAGE, Cursor, page_of, read_cursor
from alertnet.web.api.incidents import showing
from alertnet.web.api.models import Binding
from alertnet.web.auth import Coordinator, InForce
from alertnet.web.door import CoordinatorsDoor
from alertnet.web.forms import IDENTIFIER
from alertnet.web.problems import Router, documented

router = Router(prefix="/v1/quarantine")


class TextInQuarantine(TypedDict):
    """A text of an unknown number. What could be somebody's PIN is replaced by dots."""

    id: str
    at: str
    number: str
    text: str


class QuarantinePage(TypedDict):
    items: list[TextInQuarantine]
    next: str | None


@router.get("", response_model=QuarantinePage, responses=documented(401, 403, 422, 503))
def list_texts(key: Coordinator, runtime: InForce, cursor: Cursor = None) -> Response:
    """The texts of unknown numbers that belong to no member yet, newest first."""
    _of_no_team(key)
    before = read_cursor(router.prefix, cursor)

    def query(tx: Tx) -> QuarantinePage:
        page, next = page_of(router.prefix, inbound.quarantined(tx, before, PAGE + 1), lambda each: (each.at, each.id))
        items = [
            TextInQuarantine(id=each.id, at=moment(each.at), number=each.number, text=each.text)
            for each in to_show(page)
        ]
        return QuarantinePage(items=items, next=next)

    return JSONResponse(runtime.read(query))


@router.post("/{id}", response_model=IncidentView, responses=documented(401, 403, 404, 409, 413, 422, 503))
def bind(id: str, binding: Binding, door: CoordinatorsDoor) -> Response:
    """Assign a text to a member.

    The answer is the incident that holds it now, which may be a text for people to read.
    """
    _of_no_team(door.key)
    if not IDENTIFIER.fullmatch(id):
        raise Unknown("text in quarantine", id[:32])
    edition = door.edition
    return door.carry_out(
        binding, showing(lambda tx: bind_text(tx, edition, id, binding.team, binding.member, by=door.by))
    )


def _of_no_team(key: ApiKey) -> None:
    """Refuse a team's key (`Forbidden`), because nobody knows yet to which team such a text belongs."""
    if key.team is not None:
        raise Forbidden(f"API key {key.id} is of team {key.team}: texts of unknown numbers are no team's")
