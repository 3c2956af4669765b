"""Whether the program is alive, and whether it can do its work: for load balancers, and for those who keep watch."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from alertnet.runtime import Runtime
from alertnet.store import workers
from alertnet.store.escalations import unheard
from alertnet.store.tx import Tx
from alertnet.transactions import DatabaseAway
from alertnet.web.auth import InForce

FRESH = timedelta(seconds=10)
"""A worker that was not seen for this long is taken for dead."""

router = APIRouter()


class Alive(TypedDict):
    status: str


class Ready(TypedDict):
    """`unheard`: open incidents of which nobody at all may be told (A2); they need a person, but stop no traffic."""

    ready: bool
    database: bool
    trees: bool
    worker: bool
    unheard: list[str]


@router.get("/healthz", response_model=Alive)
async def healthz() -> Response:
    """The process answers."""
    return JSONResponse(Alive(status="ok"))


@router.get("/readyz", response_model=Ready, responses={503: {"model": Ready, "description": "Not ready"}})
def readyz(runtime: InForce) -> Response:
    """The database answers, trees are in force, a worker was seen a moment ago."""
    ready = _ready(runtime)
    return JSONResponse(ready, 200 if ready["ready"] else 503)


def _ready(runtime: Runtime) -> Ready:
    trees = bool(runtime.edition.trees)
    try:
        worker, refs = runtime.read(_look)
    except DatabaseAway:
        return Ready(ready=False, database=False, trees=trees, worker=False, unheard=[])
    return Ready(ready=trees and worker, database=True, trees=trees, worker=worker, unheard=refs)


def _look(tx: Tx) -> tuple[bool, list[str]]:
    seen_at = workers.last_seen(tx.session)
    fresh = seen_at is not None and tx.now - seen_at < FRESH
    return fresh, unheard(tx.session)
