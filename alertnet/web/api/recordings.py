"""The API for recordings of calls by members (B5), for coordinators only."""

from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from alertnet.core.errors import Unknown
from alertnet.store.db.tx import Tx
from alertnet.store.queues import recordings
from alertnet.store.records import incidents
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.store.views.shapes import moment
from alertnet.web.api.incidents import id_of
from alertnet.web.auth import Coordinator, InForce
from alertnet.web.problems import Router, documented

router = Router(prefix="/v1/incidents/{ref}/recordings")

SOUND = "audio/mpeg"


class RecordingView(TypedDict):
    """A recording; its sound is at its own address."""

    id: str
    at: str
    seconds: int


class RecordingsView(TypedDict):
    items: list[RecordingView]


@router.get("", response_model=RecordingsView, responses=documented(401, 403, 404, 410, 422, 503))
def list_recordings(ref: str, key: Coordinator, runtime: InForce) -> Response:
    """The recordings of an incident, oldest first."""

    def query(tx: Tx) -> RecordingsView:
        found = recordings.of_incident(tx.session, _every_id(tx, ref, key))
        return RecordingsView(
            items=[RecordingView(id=each.id, at=moment(each.made_at), seconds=each.seconds) for each in found]
        )

    return JSONResponse(runtime.read(query))


@router.get(
    "/{id}",
    response_class=Response,
    responses={**documented(401, 403, 404, 410, 422, 503), 200: {"content": {SOUND: {}}}},
)
def hear(ref: str, id: str, key: Coordinator, runtime: InForce) -> Response:
    """The sound of a recording as MP3."""
    sound = runtime.read(lambda tx: recordings.audio(tx.session, _every_id(tx, ref, key), id))
    if sound is None:
        raise Unknown("recording", id[:34])
    return Response(sound, media_type=SOUND)


def _every_id(tx: Tx, ref: str, key: ApiKey) -> tuple[str, ...]:
    return incidents.get(tx.session, id_of(tx, ref, key)).every_id
