"""A runtime without trees, and the smallest flows: a worker's row stands for whatever a real flow would keep."""

import asyncio
import threading
from collections.abc import Callable

from sqlalchemy import insert, select, text

from alertnet.runtime.wiring import Clock, Runtime, wire
from alertnet.store.db.tx import Tx
from alertnet.store.tables import workers
from tests.support.program import settings_on

PATIENCE = 20  # seconds until a test that hangs fails


def connect(url: str, clock: Clock | None = None) -> Runtime:
    """What one process has on the database of that URL."""
    return wire(settings_on(url), clock=clock)


def in_one_group(runtime: Runtime, flows: list[Callable[[Tx], object]]) -> list[object]:
    """What comes of each flow: they are asked for in that order, while the writer is held."""
    go = threading.Event()

    async def ask() -> list[object]:
        async def let_go() -> None:
            go.set()

        held = runtime.transact_soon(lambda _: go.wait(PATIENCE))
        return await asyncio.gather(held, *map(runtime.transact_soon, flows), let_go(), return_exceptions=True)

    return asyncio.run(ask())[1:-1]


class Refused(Exception):
    """What a flow of these tests raises."""


def keep(tx: Tx, name: str) -> str:
    tx.session.execute(insert(workers), {"id": name, "seen_at": tx.now})
    return name


def keep_and_refuse(tx: Tx, name: str) -> str:
    keep(tx, name)
    raise Refused(name)


def keep_on_a_full_disk(tx: Tx, name: str) -> None:
    """The file may grow no more: SQLite gives up the whole transaction."""
    pages = tx.session.scalar(text("PRAGMA page_count"))
    tx.session.execute(text(f"PRAGMA max_page_count = {pages}"))
    keep(tx, name * 100_000)


def keep_as_due(tx: Tx, name: str) -> None:
    keep(tx, name)
    tx.leaves_due()


def keep_what_commit_refuses(tx: Tx, name: str) -> None:
    """A broken foreign key that SQLite looks at only when it commits."""
    keep(tx, name)
    tx.session.execute(text("PRAGMA defer_foreign_keys = ON"))
    columns = "code_id, number_index, tree, contact, relays, open"
    row = "'no such code', x'00', 'tree', 'contact', 0, 1"
    tx.session.execute(text(f"INSERT INTO code_numbers ({columns}) VALUES ({row})"))


def kept(tx: Tx) -> list[str]:
    return list(tx.session.scalars(select(workers.c.id).order_by(workers.c.id)))
