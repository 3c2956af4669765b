"""The queue that others would take on PostgreSQL: procrastinate, with a job for each notification.

`python -m benchmarks.job_queue defer COUNT` queues so many and prints a JSON list of [ref, sent_at]; `… work` sends
them to JOBS_PROVIDER until it is ended. The database is JOBS_DATABASE. Only who measures it has it installed.
"""

import asyncio
import json
import os
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import aiohttp

from benchmarks.ceiling import reference

PACKAGE = "procrastinate"
AT_ONCE = 16


def is_installed() -> bool:
    """Whether it can be measured."""
    return find_spec(PACKAGE) is not None


def make_app() -> tuple[Any, Any]:
    """The application of the library, and its one task."""
    library = import_module(PACKAGE)
    app = library.App(connector=library.PsycopgConnector(conninfo=os.environ["JOBS_DATABASE"], max_size=AT_ONCE))
    sessions: list[aiohttp.ClientSession] = []

    async def alert(ref: str) -> None:
        if not sessions:
            sessions.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)))
        form = {"To": "+15551230000", "From": "+15551230001", "Body": f"URGENT {ref}: arrest. Answer 4711."}
        async with sessions[0].post(os.environ["JOBS_PROVIDER"], data=form) as answer:
            await answer.read()

    return app, app.task(name="alert")(alert)


async def defer(count: int) -> list[tuple[str, int]]:
    """Queue so many jobs, each in a transaction of its own; the reference of each, and when it was asked for."""
    app, task = make_app()
    left, asked = iter(range(count)), []

    async def defer_on() -> None:
        for number in left:
            asked.append((reference(number), time.monotonic_ns()))
            await task.defer_async(ref=reference(number))

    async with app.open_async():
        await asyncio.gather(*(defer_on() for _ in range(AT_ONCE)))
    return asked


async def prepare() -> None:
    """Make its tables."""
    app, _ = make_app()
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


async def work() -> None:
    """Send what is queued."""
    app, _ = make_app()
    async with app.open_async():
        await app.run_worker_async(concurrency=AT_ONCE, install_signal_handlers=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["defer", count]:
            json.dump(asyncio.run(defer(int(count))), sys.stdout)
        case ["prepare"]:
            asyncio.run(prepare())
        case _:
            asyncio.run(work())
