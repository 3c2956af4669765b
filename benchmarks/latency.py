"""Measures the time from the POST to the provider: alertnet, the ceiling and a peer in turn."""

import random
import time
from contextlib import ExitStack
from statistics import median

from benchmarks import program
from benchmarks.client import Client
from benchmarks.figures import Figure, percentile
from benchmarks.sink import Sink

TURNS = 300
WARM_UP = 50
MOST_TIMES_THE_CEILING = 2.5

GAP_SECONDS = 0.005
JITTER_SECONDS = 0.02
"""Seconds of random pause, so that no incident meets another's leftovers, nor always the same moment of a tick."""


def measure() -> list[Figure]:
    """Medians and 99th percentiles of all programs; the ratio of the medians has a target."""
    waits: dict[str, list[float]] = {}
    with Sink() as sink, ExitStack() as stack:
        clients = {
            name: stack.enter_context(Client(stack.enter_context(starts(sink.url))))
            for name, starts in program.side_by_side().items()
        }
        for turn in range(WARM_UP + TURNS):
            for name, client in clients.items():
                wait = _time(sink, client)
                if turn >= WARM_UP:
                    waits.setdefault(name, []).append(wait)
    ratio = median(waits["alertnet"]) / median(waits["ceiling"])
    return [
        *(Figure(f"{name}, median", median(each), "ms") for name, each in waits.items()),
        *(Figure(f"{name}, p99", percentile(each, 99), "ms") for name, each in waits.items()),
        Figure("alertnet / ceiling, medians", ratio, "x", MOST_TIMES_THE_CEILING),
    ]


def _time(sink: Sink, client: Client) -> float:
    """Milliseconds until an incident raised now reaches the provider."""
    raised = client.raise_incident()
    arrived_at = sink.wait(raised.ref)
    time.sleep(GAP_SECONDS + random.random() * JITTER_SECONDS)
    return (arrived_at - raised.sent_at) / 1e6
