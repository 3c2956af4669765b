"""Looking anew after commits, for whatever is kept new while somebody follows it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from alertnet.runtime.wiring import Runtime

GATHER_SECONDS = 0.02
"""Commits that come together are looked at together."""


async def look_after_commits(runtime: Runtime, look: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Look now and again after each commit, until cancelled.

    `seconds`: by then is found what commits without waking anybody, or in another process on SQLite.
    """
    woken, loop = asyncio.Event(), asyncio.get_running_loop()

    def hook() -> object:
        return loop.call_soon_threadsafe(woken.set)

    runtime.on_commit.append(hook)
    try:
        while True:
            await look()
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), seconds)
                await asyncio.sleep(GATHER_SECONDS)
            woken.clear()
    finally:
        runtime.on_commit.remove(hook)
