"""Reports incidents as fast as they are taken, over a number of connections, in a process of its own.

`python -m benchmarks.driver URL KEY COUNT CONNECTIONS` prints a JSON list of [ref, sent_at], in nanoseconds of
CLOCK_MONOTONIC.
"""

import asyncio
import json
import sys
import time

import aiohttp
import uvloop

from benchmarks.trees import report


async def raise_all(url: str, key: str, count: int, connections: int) -> list[tuple[str, int]]:
    """Report so many incidents; the reference of each, and when its request was sent."""
    body = json.dumps(report("CO")).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    left = iter(range(count))
    raised: list[tuple[str, int]] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections), headers=headers) as session:

        async def report_on() -> None:
            for _ in left:
                sent_at = time.monotonic_ns()
                async with session.post(f"{url}/v1/incidents", data=body) as answer:
                    if answer.status != 201:
                        raise RuntimeError(f"{answer.status}: {await answer.text()}")
                    raised.append(((await answer.json())["ref"], sent_at))

        await asyncio.gather(*(report_on() for _ in range(connections)))
    return raised


if __name__ == "__main__":
    url, key, count, connections = sys.argv[1:]
    json.dump(uvloop.run(raise_all(url, key, int(count), int(connections))), sys.stdout)
