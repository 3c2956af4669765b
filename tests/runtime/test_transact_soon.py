"""Transactions asked for on an event loop: the same promises as for a thread, and the loop goes on meanwhile."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from tests.runtime.flows import Refused, keep, keep_and_refuse, kept


def test_each_gets_its_own_value_or_fault_after_the_commit(runtime: Runtime) -> None:
    async def ask() -> list[object]:
        asked = [runtime.transact_soon(keep, f"worker {number}") for number in range(9)]
        return await asyncio.gather(*asked, runtime.transact_soon(keep_and_refuse, "bad"), return_exceptions=True)

    *values, fault = asyncio.run(ask())

    assert values == [f"worker {number}" for number in range(9)]
    assert isinstance(fault, Refused)
    assert runtime.read(kept) == values


def test_the_loop_goes_on_meanwhile(on_sqlite: Runtime) -> None:
    """The flow ends only once the loop has let it."""

    async def ask() -> str:
        loop, goes_on = asyncio.get_running_loop(), asyncio.Event()
        waits = asyncio.ensure_future(
            on_sqlite.transact_soon(lambda _: asyncio.run_coroutine_threadsafe(goes_on.wait(), loop).result(20))
        )
        await asyncio.sleep(0)
        goes_on.set()
        return f"it went on: {await waits}"

    assert asyncio.run(ask()) == "it went on: True"


def test_slow_hashes_are_made_apart_from_whatever_else_the_loop_waits_for(on_sqlite: Runtime) -> None:
    """B9: whoever has us make many of them holds up no open page; and other way round."""
    asked = (on_sqlite.vault.pin_cost, b"a keyed hash")

    def hashes(tx: Tx) -> bytes:
        return tx.stretch([asked])[asked]

    async def ask() -> bytes:
        goes_on, pool = threading.Event(), ThreadPoolExecutor(1)
        asyncio.get_running_loop().set_default_executor(pool)
        page = asyncio.ensure_future(asyncio.to_thread(goes_on.wait))
        try:
            return await asyncio.wait_for(on_sqlite.transact_soon(hashes), 20)
        finally:
            goes_on.set()
            await page

    assert asyncio.run(ask()) == on_sqlite.vault.stretch(*asked)


def test_what_nobody_waits_for_any_more_is_done_and_keeps_nobody_from_theirs(on_sqlite: Runtime) -> None:
    async def ask() -> str:
        left = asyncio.ensure_future(on_sqlite.transact_soon(keep, "left"))
        await asyncio.sleep(0)
        left.cancel()
        with suppress(asyncio.CancelledError):
            await left
        return await on_sqlite.transact_soon(keep, "stays")

    assert asyncio.run(ask()) == "stays"
    assert set(on_sqlite.read(kept)) == {"left", "stays"}
