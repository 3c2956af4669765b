"""The job queue that others would use on PostgreSQL, with a job for each notification: procrastinate, where installed.

`python -m benchmarks.job_queue prepare` makes its tables. `… defer COUNT` queues so many jobs, each in its own
transaction, and prints a JSON list of [ref, sent_at]. `… work` sends them to JOBS_PROVIDER until it is ended. The
database is JOBS_DATABASE.
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

NAME = "procrastinate"
AT_ONCE = 16


def is_installed() -> bool:
    return find_spec(NAME) is not None


def _app() -> Any:
    """The queue as its documentation sets it up, with as many jobs at once as its pool has connections."""
    library = import_module(NAME)
    return library.App(connector=library.PsycopgConnector(conninfo=os.environ["JOBS_DATABASE"], max_size=AT_ONCE))


async def _prepare() -> None:
    app = _app()
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


async def _never(ref: str) -> None:
    """Stands in for the job where no jobs are worked on."""
    raise NotImplementedError(ref)


async def _defer(count: int) -> list[tuple[str, int]]:
    """Queue so many jobs, `AT_ONCE` at a time, each with the moment at which it was asked for."""
    app, left, asked = _app(), map(reference, range(count)), []
    task = app.task(name="alert")(_never)

    async def defer_on() -> None:
        for ref in left:
            asked.append((ref, time.monotonic_ns()))
            await task.defer_async(ref=ref)

    async with app.open_async():
        await asyncio.gather(*(defer_on() for _ in range(AT_ONCE)))
    return asked


async def _work() -> None:
    app = _app()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:

        async def alert(ref: str) -> None:
            form = {"To": "+15551230000", "From": "+15551230001", "Body": f"URGENT {ref}: arrest. Answer 4711."}
            async with session.post(os.environ["JOBS_PROVIDER"], data=form) as answer:
                await answer.read()

        app.task(name="alert")(alert)
        async with app.open_async():
            await app.run_worker_async(concurrency=AT_ONCE, install_signal_handlers=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["prepare"]:
            asyncio.run(_prepare())
        case ["defer", count]:
            json.dump(asyncio.run(_defer(int(count))), sys.stdout)
        case _:
            asyncio.run(_work())
