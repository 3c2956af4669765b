"""Measures what it costs to hear from the provider what has become of messages: two statuses of each."""

import asyncio
import time

import aiohttp
import uvloop
from twilio.request_validator import RequestValidator

from benchmarks import program
from benchmarks.burst import DELIVER_SECONDS, drive
from benchmarks.figures import Figure, percentile
from benchmarks.sink import Sink
from benchmarks.trees import trees

MESSAGES, CONNECTIONS = 2000, 8
STATUSES = ("sent", "delivered")
SETTLE_SECONDS = 1
"""So long the outcome of the last message may take to be recorded."""

Signed = tuple[str, dict[str, str], dict[str, str]]
"""A status as it is brought: its URL, fields and headers."""


def measure() -> list[Figure]:
    """Statuses a second, the CPU for each, and how long the provider waits for an answer."""
    with Sink() as sink, program.alertnet(trees({"CO": 7200}), sink.url) as of:
        drive(of, MESSAGES, CONNECTIONS)
        sink.wait_for_all(MESSAGES, DELIVER_SECONDS)
        time.sleep(SETTLE_SECONDS)
        brought = [[_signed(url, sid, status) for status in STATUSES] for url, sid in sink.callbacks]
        before, began = program.cpu_seconds(of.pid), time.monotonic()
        waits = uvloop.run(_bring(brought))
        seconds, cpu = time.monotonic() - began, program.cpu_seconds(of.pid) - before
    return [
        Figure("statuses a second", len(waits) / seconds, "1/s"),
        Figure("CPU for each", cpu * 1000 / len(waits), "ms"),
        Figure("answer, p99", percentile(waits, 99), "ms"),
    ]


def _signed(url: str, sid: str, status: str) -> Signed:
    """What the provider sends, beside what nobody reads."""
    account, token = program.ACCOUNT
    fields = {"AccountSid": account, "ApiVersion": "2010-04-01", "SmsSid": sid, "SmsStatus": status}
    fields |= {"MessageSid": sid, "MessageStatus": status, "To": "+573005550002", "From": "+573005550001"}
    return url, fields, {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, fields)}


async def _bring(brought: list[list[Signed]]) -> list[float]:
    """Bring all of them, those of one message one after the other; the milliseconds until each answer."""
    left, waits = iter(brought), list[float]()
    async with aiohttp.ClientSession() as session:

        async def bring() -> None:
            for of_one in left:
                for url, fields, headers in of_one:
                    began = time.monotonic()
                    async with session.post(url, data=fields, headers=headers) as answer:
                        if answer.status >= 300:
                            raise RuntimeError(f"{answer.status}: {await answer.text()}")
                    waits.append((time.monotonic() - began) * 1000)

        await asyncio.gather(*(bring() for _ in range(CONNECTIONS)))
    return waits
