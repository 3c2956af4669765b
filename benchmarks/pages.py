"""Open pages of the console, in their own process: reads all their streams as browsers do.

`python -m benchmarks.pages [[URL, COOKIE], …]` prints a line once each has its first event. When its input ends, it
prints a JSON list: when each incident first was in an event, in nanoseconds of CLOCK_MONOTONIC, and the compressed size
of each event on the wire.
"""

import asyncio
import json
import re
import sys
import time
import zlib

import aiohttp
import uvloop

BORN = re.compile(rb'"incident-([A-Z]-[A-Z2-9]{4})"')


async def follow_all(pages: list[list[str]]) -> tuple[dict[str, int], list[int]]:
    """What all pages received after the first event of each."""
    first: dict[str, int] = {}
    sizes: list[int] = []
    begun = asyncio.Semaphore(0)

    async def follow(session: aiohttp.ClientSession, url: str, cookie: str) -> None:
        async with session.get(url, headers={"Cookie": f"desk={cookie}"}) as answer:
            answer.raise_for_status()
            known, unpack = b"", zlib.decompressobj(wbits=31).decompress
            async for part in answer.content.iter_any():
                at, known = time.monotonic_ns(), known + unpack(part)
                *events, known = known.split(b"\n\n")
                for event in events:
                    if b'"all": true' in event or event.startswith(b"event: still"):
                        begun.release()
                    elif event.startswith(b"id: "):
                        sizes.append(len(part) // len(events))
                        for ref in BORN.findall(event):
                            first.setdefault(ref.decode(), at)

    timeout, connector = aiohttp.ClientTimeout(total=None), aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session:
        following = [asyncio.ensure_future(follow(session, *page)) for page in pages]
        for _ in pages:
            await begun.acquire()
        print("open", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        for each in following:
            each.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    return first, sizes


if __name__ == "__main__":
    json.dump(uvloop.run(follow_all(json.loads(sys.argv[1]))), sys.stdout)
