"""`/healthz` and `/readyz`: whether the process is alive, and whether the system can do its work."""

from contextlib import suppress
from datetime import datetime
from typing import NotRequired

from fastapi import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.monitoring.self_monitoring import LATEST, Observed, find_trouble, has_worker, lateness, may_beat
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from alertnet.store.monitoring import heartbeats
from alertnet.store.monitoring.observations import observe
from alertnet.web.auth import InForce
from alertnet.web.problems import Router

router = Router()

_ASK_AGAIN = {"Retry-After": "10"}
"""Seconds (RFC 9110 10.2.3), as with every other 503."""


class Alive(TypedDict):
    status: str


class Away(TypedDict):
    """A provider that gets nothing to send by one method for now; `since` is ISO 8601.

    `fault` is the reason where our account is the cause (`token`, `balance`, `permission` or `settings`), or `paused`
    where we paused it ourselves.
    """

    method: str
    provider: str
    since: str
    fault: NotRequired[str]


class Ready(TypedDict):
    """Whether the system is ready for traffic, and what needs a person without making it unready.

    `heartbeat`: whether it is sent, or would be if its URL were set. `trouble`: the parts in trouble. `late`: by queue,
    how many seconds its oldest row is late, if that is more than tolerated. `inbound_at`: when the inbound path last
    answered its test (ISO 8601). `unheard`: open incidents of which nobody at all may be told (A2). `away`: providers
    that do not work. `fault`: why the database can't be used, in words. Without a database only `trees` and `fault` are
    known.
    """

    ready: bool
    database: bool
    trees: bool
    worker: bool
    heartbeat: bool
    trouble: list[str]
    late: dict[str, int]
    inbound_at: str | None
    unheard: list[str]
    away: list[Away]
    fault: str | None


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", response_model=Alive, responses={503: {"model": Alive, "description": "About to end"}})
async def healthz(request: Request) -> Response:
    """200 while the process answers and is not about to end."""
    if request.app.state.leaving.is_set():
        return JSONResponse(Alive(status="leaving"), 503, _ASK_AGAIN)
    return JSONResponse(Alive(status="ok"))


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", response_model=Ready, responses={503: {"model": Ready, "description": "Not ready"}})
def readyz(runtime: InForce) -> Response:
    """200 while the database answers, trees are in force and a worker is alive. The body names all other trouble."""
    ready = how_it_stands(runtime)
    return JSONResponse(ready) if ready["ready"] else JSONResponse(ready, 503, _ASK_AGAIN)


def how_it_stands(runtime: Runtime) -> Ready:
    """The content of `/readyz`."""
    trees = bool(runtime.edition.trees)
    settings = runtime.settings
    try:
        files, routing = runtime.trees.files, settings.routing
        seen = runtime.read(observe, settings.routes, is_tested=settings.takes_texts, files=files, routing=routing)
        fault = fault_of_writing(runtime, seen)
    except DatabaseAway as fault_of_reading:
        return Ready(
            ready=False,
            database=False,
            trees=trees,
            worker=False,
            heartbeat=False,
            trouble=[],
            late={},
            inbound_at=None,
            unheard=[],
            away=[],
            fault=fault_of_reading.cause,
        )
    return _judged(seen, trees, fault)


def fault_of_writing(runtime: Runtime, seen: Observed) -> str | None:
    """Why the database can't be written, or None; where no worker does so it tries to, since nobody else may."""
    if has_worker(seen) and not runtime.absence.cause:
        return None
    if runtime.absence.is_time_to_try():
        with suppress(DatabaseAway):
            runtime.transact(heartbeats.note, heartbeats.WRITTEN)
    return runtime.absence.cause


def _judged(seen: Observed, trees: bool, fault: str | None) -> Ready:
    found = find_trouble(seen)
    worker = has_worker(seen)
    return Ready(
        ready=trees and worker and fault is None,
        database=fault is None,
        trees=trees,
        worker=worker,
        heartbeat=worker and may_beat(seen, found),
        trouble=sorted(found),
        late={name: round(late.total_seconds()) for name, late in lateness(seen).items() if late > LATEST},
        inbound_at=seen.inbound_at.isoformat() if seen.inbound_at else None,
        unheard=list(seen.unheard),
        away=[_away(route, since, seen.faults.get(route)) for route, since in sorted(seen.away.items())],
        fault=fault,
    )


def _away(route: Route, since: datetime, fault: AccountFault | None) -> Away:
    method, provider = route
    away = Away(method=method, provider=provider, since=since.isoformat())
    return {**away, "fault": fault.value} if fault else away
