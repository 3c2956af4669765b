"""Job queues that others would use on PostgreSQL, with a job for each notification: procrastinate, awa and pg-boss.

`python -m benchmarks.job_queue NAME prepare` makes the tables of one. `… defer COUNT` queues so many jobs, each in its
own transaction, and prints a JSON list of [ref, sent_at]. `… work` sends them to JOBS_PROVIDER until it is ended. The
database is JOBS_DATABASE. `pg_boss.cjs` does the same in Node.js. A queue need only be installed to be measured.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from benchmarks.ceiling import reference

AT_ONCE = 16
PG_BOSS = Path(__file__).with_name("pg_boss.cjs")

Send = Callable[[str], Awaitable[None]]


class JobQueue(Protocol):
    """A queue in a database."""

    def __init__(self, database: str) -> None: ...

    async def prepare(self) -> None:
        """Make its tables."""
        ...

    async def defer(self, refs: list[str]) -> list[tuple[str, int]]:
        """Queue a job for each reference, `AT_ONCE` at a time, each with the moment at which it was asked for."""
        ...

    async def work(self, send: Send) -> None:
        """Do what is queued, `AT_ONCE` at a time, until the process is ended."""
        ...


class Procrastinate:
    """procrastinate as its documentation sets it up, with as many jobs at once as its pool has connections."""

    def __init__(self, database: str) -> None:
        library = import_module("procrastinate")
        self._app = library.App(connector=library.PsycopgConnector(conninfo=database, max_size=AT_ONCE))

    async def prepare(self) -> None:
        async with self._app.open_async():
            await self._app.schema_manager.apply_schema_async()

    async def defer(self, refs: list[str]) -> list[tuple[str, int]]:
        task = self._app.task(name="alert")(_never)
        async with self._app.open_async():
            return await _defer_each(refs, lambda ref: task.defer_async(ref=ref))

    async def work(self, send: Send) -> None:
        async def alert(ref: str) -> None:
            await send(ref)

        self._app.task(name="alert")(alert)
        async with self._app.open_async():
            await self._app.run_worker_async(concurrency=AT_ONCE, install_signal_handlers=True)


@dataclass
class Alert:
    """The arguments of an awa job."""

    ref: str


class Awa:
    """awa as its documentation sets it up; it works in Rust and calls Python for the job."""

    def __init__(self, database: str) -> None:
        self._client = import_module("awa").AsyncClient(database, max_connections=AT_ONCE)

    async def prepare(self) -> None:
        await self._client.migrate()

    async def defer(self, refs: list[str]) -> list[tuple[str, int]]:
        return await _defer_each(refs, lambda ref: self._client.insert(Alert(ref), queue="alerts"))

    async def work(self, send: Send) -> None:
        @self._client.task(Alert, queue="alerts")  # type: ignore[untyped-decorator]
        async def alert(job: Any) -> None:
            await send(job.args.ref)

        await self._client.start([("alerts", AT_ONCE)])
        await asyncio.Event().wait()


QUEUES: dict[str, type[JobQueue]] = {"procrastinate": Procrastinate, "awa": Awa}


def commands() -> dict[str, list[str]]:
    """The command of each queue that is installed here, by its name."""
    found = {name: [sys.executable, "-m", __spec__.name, name] for name in QUEUES if find_spec(name) is not None}
    node = shutil.which("node")
    if node and subprocess.run([node, PG_BOSS], capture_output=True, check=False).returncode == 0:
        found["pg-boss"] = [node, str(PG_BOSS)]
    return found


async def _never(ref: str) -> None:
    """Stands in for the job where no jobs are worked on."""
    raise NotImplementedError(ref)


async def _defer_each(refs: list[str], defer: Callable[[str], Awaitable[object]]) -> list[tuple[str, int]]:
    left, asked = iter(refs), []

    async def defer_on() -> None:
        for ref in left:
            asked.append((ref, time.monotonic_ns()))
            await defer(ref)

    await asyncio.gather(*(defer_on() for _ in range(AT_ONCE)))
    return asked


async def _work(queue: JobQueue) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:

        async def send(ref: str) -> None:
            form = {"To": "+15551230000", "From": "+15551230001", "Body": f"URGENT {ref}: arrest. Answer 4711."}
            async with session.post(os.environ["JOBS_PROVIDER"], data=form) as answer:
                await answer.read()

        await queue.work(send)


if __name__ == "__main__":
    queue = QUEUES[sys.argv[1]](os.environ["JOBS_DATABASE"])
    match sys.argv[2:]:
        case ["prepare"]:
            asyncio.run(queue.prepare())
        case ["defer", count]:
            json.dump(asyncio.run(queue.defer([reference(number) for number in range(int(count))])), sys.stdout)
        case _:
            asyncio.run(_work(queue))
