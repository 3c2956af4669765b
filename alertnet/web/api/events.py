"""An incident's timeline as it is written, as Server-Sent Events; whoever was cut off goes on after `Last-Event-ID`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import api_keys
from alertnet.store.views import timeline_view
from alertnet.store.views.timeline_view import EntryView
from alertnet.web.api.event_broadcast import Live
from alertnet.web.api.incidents import DURESS_SCOPE, id_of
from alertnet.web.auth import Credentials, InForce, Reader, throttle_of
from alertnet.web.problems import documented

ENTRIES = 100  # read at once

router = APIRouter()


async def followed(request: Request, ref: str, key: Reader, runtime: InForce) -> AsyncIterator[str]:
    """The chain of the incident, followed until the stream ends."""
    chain = await asyncio.to_thread(runtime.read, lambda tx: id_of(tx.session, ref, key))
    live = await live_of(request)
    with throttle_of(request).streaming(key.id):
        async with live.following(chain, key.id):
            yield chain


async def live_of(request: Request) -> Live:
    """The one listener of this process."""
    live: Live = request.app.state.live
    return live


@router.get(
    "/v1/incidents/{ref}/events",
    response_class=EventSourceResponse,
    responses=documented(401, 403, 404, 422, 429, 503),
)
async def follow(
    chain: Annotated[str, Depends(followed)],
    live: Annotated[Live, Depends(live_of)],
    key: Reader,
    runtime: InForce,
    given: Credentials,
    last_event_id: Annotated[int, Header(ge=0, lt=2**31)] = 0,
) -> AsyncIterator[ServerSentEvent]:
    """Each entry of the timeline: `id` is its seq, `event` its kind, `data` the entry."""
    text = given.credentials if given else ""
    seq = last_event_id
    while (entries := await asyncio.to_thread(_entries, runtime, text, chain, seq)) is not None:
        for entry in entries:
            seq = entry["seq"]
            yield ServerSentEvent(data=entry, event=entry["kind"], id=str(seq))
        if not entries:
            await live.beyond(chain, seq, key.id)


def _entries(runtime: Runtime, key: str, chain: str, seq: int) -> list[EntryView] | None:
    """What comes after the seq; None ends the stream: the key was revoked since, or the database is away."""

    def query(tx: Tx) -> list[EntryView] | None:
        found = api_keys.find(tx.session, key)
        if found is None:
            return None
        return timeline_view.entries(tx.session, chain, seq, ENTRIES, with_duress=found.may(DURESS_SCOPE))

    try:
        return runtime.read(query)
    except DatabaseAway:
        return None
