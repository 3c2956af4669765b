"""Runs a function after each commit, to keep up to date what somebody is following."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from alertnet.runtime.wiring import Runtime

GATHER_SECONDS = 0.02
"""How long to wait for further commits, so that one look covers several."""


async def look_after_commits(runtime: Runtime, look: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Call `look` now, after each commit and at least every `seconds` (commits that wake nobody), until cancelled."""
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
