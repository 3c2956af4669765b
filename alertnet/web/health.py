"""Whether the program is alive, and whether it can do its work: for load balancers, and for those who keep watch."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from alertnet.runtime import Runtime
from alertnet.store import workers
from alertnet.store.breakers import open_since
from alertnet.store.escalations import unheard
from alertnet.store.tx import Tx
from alertnet.transactions import DatabaseAway
from alertnet.web.auth import InForce

FRESH = timedelta(seconds=10)
"""A worker that was not seen for this long is taken for dead."""

router = APIRouter()


class Alive(TypedDict):
    status: str


class Away(TypedDict):
    """A provider to which nothing is handed for now, by one method; `since` is ISO 8601."""

    method: str
    provider: str
    since: str


class Ready(TypedDict):
    """Whether traffic may come, and what needs a person but stops none.

    `unheard`: open incidents of which nobody at all may be told (A2). `away`: providers that do not work.
    """

    ready: bool
    database: bool
    trees: bool
    worker: bool
    unheard: list[str]
    away: list[Away]


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
        worker, refs, away = runtime.read(_look)
    except DatabaseAway:
        return Ready(ready=False, database=False, trees=trees, worker=False, unheard=[], away=[])
    return Ready(ready=trees and worker, database=True, trees=trees, worker=worker, unheard=refs, away=away)


def _look(tx: Tx) -> tuple[bool, list[str], list[Away]]:
    seen_at = workers.last_seen(tx.session)
    fresh = seen_at is not None and tx.now - seen_at < FRESH
    away = [
        Away(method=method, provider=provider, since=since.isoformat())
        for (method, provider), since in open_since(tx.session).items()
    ]
    return fresh, unheard(tx.session), away
