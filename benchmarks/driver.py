"""Reports incidents over several connections from its own process: as fast as they are accepted, or at a rate.

`python -m benchmarks.driver PROGRAM COUNT CONNECTIONS [RATE]` takes a program as JSON and prints a JSON list of [ref,
at]. `at` is in nanoseconds of CLOCK_MONOTONIC: when the request was sent or, at a rate, when it was meant to be sent,
so that a program that stalls can't hide the waits it causes.
"""

import asyncio
import json
import sys
import time

import aiohttp
import uvloop

from benchmarks.program import Program


async def raise_all(of: Program, number: int, connections: int, rate: float) -> list[tuple[str, int]]:
    """Report so many incidents; returns the reference and moment of each."""
    began, left = time.monotonic_ns(), iter(range(number))
    raised: list[tuple[str, int]] = []
    headers = {"Authorization": f"Bearer {of.key}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections), headers=headers) as session:

        async def report(at: int | None = None) -> None:
            ref, body = of.report()
            sent_at = at or time.monotonic_ns()
            async with session.post(of.url + of.path, data=body) as answer:
                text = await answer.text()
                if answer.status >= 300:
                    raise RuntimeError(f"{answer.status}: {text}")
                raised.append((ref or json.loads(text)["ref"], sent_at))

        async def report_on() -> None:
            for _ in left:
                await report()

        if rate:
            reports = []
            for place in left:
                at = began + int(place / rate * 1e9)
                await asyncio.sleep((at - time.monotonic_ns()) / 1e9)
                reports.append(asyncio.ensure_future(report(at)))
            await asyncio.gather(*reports)
        else:
            await asyncio.gather(*(report_on() for _ in range(connections)))
    return raised


if __name__ == "__main__":
    program, *numbers = sys.argv[1:]
    number, connections, *rate = numbers
    given = Program(**json.loads(program))
    json.dump(uvloop.run(raise_all(given, int(number), int(connections), float(rate[0]) if rate else 0)), sys.stdout)
