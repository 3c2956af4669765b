"""Streams an incident's timeline as Server-Sent Events; a client resumes after its `Last-Event-ID`.

One listener serves all streams of a process. A commit that leaves something due wakes it at once. It finds other
commits, and those of other processes on SQLite, within a second.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Header, HTTPException, Request
from starlette.responses import StreamingResponse

from alertnet.core.limits import EVENT_STREAMS
from alertnet.core.monitoring import metrics
from alertnet.core.monitoring.metrics import once
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import api_keys
from alertnet.store.views import timeline_view
from alertnet.store.views.timeline_view import EntryView
from alertnet.web.after_commits import look_after_commits
from alertnet.web.api.incidents import id_of
from alertnet.web.auth import COORDINATE, InForce, Reader, text_of_key
from alertnet.web.problems import documented
from alertnet.web.throttle import TooOften

LOOK_SECONDS = 1.0
SILENT_SECONDS = 15.0
MOST_FOLLOWERS = 200
RETRY_SECONDS = 30
"""After how many seconds to try another stream; nobody knows when one ends."""
STREAMS = "event_streams"

log = structlog.get_logger(__name__)

ENTRIES = 100  # timeline entries per read

router = APIRouter()


class EventStream(StreamingResponse):
    """Server-Sent Events. FastAPI's own take a line that breaks while something is sent for a fault of ours."""

    media_type = "text/event-stream"


@dataclass
class Live:
    """The open streams of this process: chains, keys, how far each chain has come, and which keys were revoked.

    They end once `leaving` is set.
    """

    runtime: Runtime
    leaving: threading.Event
    _followers: Counter[str] = field(default_factory=Counter)
    _keys: Counter[str] = field(default_factory=Counter)
    _heads: dict[str, int] = field(default_factory=dict)
    _revoked: frozenset[str] = frozenset()
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _listener: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def following(self, chain: str, key_id: str) -> AsyncIterator[None]:
        """Have the listener follow that chain and key in the block; 429 where the key, or all, have too many (B9)."""
        if self._keys[key_id] >= EVENT_STREAMS:
            self.runtime.counting.add(once(metrics.DROPPED, STREAMS))
            raise TooOften(f"API key {key_id} has {EVENT_STREAMS} event streams, as many as it may", RETRY_SECONDS)
        if self._followers.total() >= MOST_FOLLOWERS:
            raise HTTPException(429, "too many event streams are open", {"Retry-After": str(RETRY_SECONDS)})
        self._followers[chain] += 1
        self._keys[key_id] += 1
        if self._listener is None:
            self._listener = asyncio.create_task(look_after_commits(self.runtime, self._look, LOOK_SECONDS))
        try:
            yield
        finally:
            self._followers -= Counter([chain])
            self._keys -= Counter([key_id])
            if not self._followers and self._listener is not None:
                self._listener.cancel()
                self._listener = None

    async def beyond(self, chain: str, seq: int, key_id: str) -> None:
        """Wait until the chain has an entry after that one, the key is revoked, or the process is to end."""

        def is_over() -> bool:
            return self._heads.get(chain, 0) > seq or key_id in self._revoked or self.leaving.is_set()

        async with self._news:
            await self._news.wait_for(is_over)

    async def _look(self) -> None:
        chains, ids = list(self._followers), list(self._keys)
        try:
            heads, revoked = await asyncio.to_thread(
                self.runtime.read,
                lambda tx: (timeline_view.heads(tx.session, chains), api_keys.revoked_of(tx.session, ids)),
            )
        except Exception as error:
            # The streams wait for the next look. If the listener ended here, they would wait for ever.
            log.warning("live_look_failed", error=type(error).__name__)
            return
        async with self._news:
            self._heads, self._revoked = heads, revoked
            self._news.notify_all()


async def followed(request: Request, ref: str, key: Reader, runtime: InForce) -> AsyncIterator[str]:
    """The incident's chain, followed until the stream ends; a FastAPI dependency."""
    chain = await asyncio.to_thread(runtime.read, lambda tx: id_of(tx, ref, key))
    live = await live_of(request)
    async with live.following(chain, key.id):
        yield chain


async def live_of(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


@router.get(
    "/v1/incidents/{ref}/events",
    response_class=EventStream,
    responses=documented(401, 403, 404, 410, 422, 503),
)
async def follow(
    chain: Annotated[str, Depends(followed)],
    live: Annotated[Live, Depends(live_of)],
    key: Reader,
    request: Request,
    last_event_id: Annotated[int, Header(ge=0, lt=2**31)] = 0,
) -> EventStream:
    """Stream each entry of the timeline: `id` is its seq, `event` its kind, `data` the entry."""
    read = partial(_entries, live, text_of_key(request) or "", chain)
    beyond = partial(live.beyond, chain, key_id=key.id)
    return EventStream(_told(read, beyond, last_event_id), headers={"X-Accel-Buffering": "no"})


async def _told(
    read: Callable[[int], tuple[list[EntryView], int] | None], beyond: Callable[[int], Awaitable[None]], seq: int
) -> AsyncIterator[str]:
    """The events after that seq, as they come; a comment where none came for long, so that a dead line is found."""
    while (found := await asyncio.to_thread(read, seq)) is not None:
        entries, last = found
        for entry in entries:
            yield f"event: {entry['kind']}\ndata: {json.dumps(entry)}\nid: {entry['seq']}\n\n"
        if last == seq:
            try:
                await asyncio.wait_for(beyond(seq), SILENT_SECONDS)
            except TimeoutError:
                yield ": ping\n\n"
        seq = last


def _entries(live: Live, key: str, chain: str, seq: int) -> tuple[list[EntryView], int] | None:
    """The entries after that seq, and how far was read; None ends the stream (key revoked, database away, leaving)."""

    def query(tx: Tx) -> tuple[list[EntryView], int] | None:
        found = api_keys.find(tx.session, key)
        if found is None:
            return None
        return timeline_view.entries(tx.session, chain, seq, ENTRIES, with_duress=found.may(COORDINATE))

    try:
        return None if live.leaving.is_set() else live.runtime.read(query)
    except DatabaseAway:
        return None
