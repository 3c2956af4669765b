"""The ceiling: the smallest program on this stack that does the work durably. alertnet is compared with it.

POST → one transaction, shared by all that wait (SQLite, WAL, FULL) → 201 → POST to the provider → a mark that it was
sent. Nothing is answered before it is on disk, and a restart sends what was not sent.
"""

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import aiohttp
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

SENDERS = 32
SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

TABLE = "CREATE TABLE IF NOT EXISTS alerts (id INTEGER PRIMARY KEY, summary TEXT, sent INTEGER)"
ADD = "INSERT INTO alerts (summary, sent) VALUES (?, 0)"
MARK = "UPDATE alerts SET sent = 1 WHERE id = ?"


class Report(BaseModel):
    type: str
    country: str
    summary: str


@dataclass(frozen=True)
class Write:
    """One statement on its way to the disk; `done`, where somebody waits for it, gets the id of the row."""

    statement: str
    value: str | int
    done: "asyncio.Future[int] | None" = None


@dataclass
class Ceiling:
    """The writer thread with its queue, and the senders with theirs."""

    database: str
    provider: str
    writes: SimpleQueue[Write | None] = field(default_factory=SimpleQueue)
    alerts: "asyncio.Queue[int]" = field(default_factory=asyncio.Queue)

    async def accept(self, report: Report) -> str:
        """The reference of the alert, once it is on disk."""
        written = asyncio.get_running_loop().create_future()
        self.writes.put(Write(ADD, report.summary, written))
        id = await written
        self.alerts.put_nowait(id)
        return reference(id)

    def write(self, loop: asyncio.AbstractEventLoop) -> None:
        """Commit what has come together, until None comes."""
        connection = sqlite3.connect(self.database, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(TABLE)
        for (id,) in connection.execute("SELECT id FROM alerts WHERE sent = 0"):
            loop.call_soon_threadsafe(self.alerts.put_nowait, id)
        while group := self._next_group():
            connection.execute("BEGIN IMMEDIATE")
            rows: list[Any] = [connection.execute(each.statement, (each.value,)).lastrowid for each in group]
            connection.execute("COMMIT")
            for each, row in zip(group, rows, strict=True):
                if each.done:
                    loop.call_soon_threadsafe(each.done.set_result, row)
        connection.close()

    async def send(self, session: aiohttp.ClientSession) -> None:
        """Give alert after alert to the provider, each until it is accepted."""
        while True:
            id = await self.alerts.get()
            body = f"URGENT {reference(id)}: arrest. Answer 4711."
            form = {"To": "+15551230000", "From": "+15551230001", "Body": body}
            while not await self._is_taken(session, form):
                await asyncio.sleep(0.1)
            self.writes.put(Write(MARK, id))

    async def _is_taken(self, session: aiohttp.ClientSession, form: dict[str, str]) -> bool:
        try:
            async with session.post(self.provider, data=form) as answer:
                await answer.read()
                return answer.status < 300
        except aiohttp.ClientError:
            return False

    def _next_group(self) -> list[Write]:
        """What is queued, after waiting for the first; empty at the end."""
        group: list[Write] = []
        write = self.writes.get()
        while write is not None:
            group.append(write)
            try:
                write = self.writes.get_nowait()
            except Empty:
                break
        return group


def reference(id: int) -> str:
    """The reference of an alert from its number. alertnet's never begin with O, so the sink can tell them apart."""
    signs = [SIGNS[id // len(SIGNS) ** place % len(SIGNS)] for place in (3, 2, 1, 0)]
    return "O-" + "".join(signs)


def make_app(database: str, provider: str) -> FastAPI:
    """The application, with one route."""
    ceiling = Ceiling(database, provider)

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        writer = threading.Thread(target=ceiling.write, args=(asyncio.get_running_loop(),))
        writer.start()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=SENDERS)) as session:
            senders = [asyncio.create_task(ceiling.send(session)) for _ in range(SENDERS)]
            yield
            for sender in senders:
                sender.cancel()
        ceiling.writes.put(None)
        writer.join()

    app = FastAPI(lifespan=running)

    @app.post("/v1/incidents", status_code=201)
    async def raise_incident(report: Report) -> dict[str, str]:
        return {"ref": await ceiling.accept(report)}

    @app.get("/healthz")
    async def is_alive() -> dict[str, str]:
        return {"status": "ok"}

    return app


def main() -> None:
    """Serve on CEILING_PORT, with the database CEILING_DATABASE, sending to CEILING_PROVIDER."""
    app = make_app(os.environ["CEILING_DATABASE"], os.environ["CEILING_PROVIDER"])
    uvicorn.run(app, port=int(os.environ["CEILING_PORT"]), loop="uvloop", http="httptools", access_log=False)


if __name__ == "__main__":
    main()
