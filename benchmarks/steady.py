"""Measures a hundred incidents a second, whether or not the program keeps up: how long each takes to the provider.

A report counts from when it was meant to be sent, so that a stall counts for all that waits meanwhile.
"""

from contextlib import AbstractContextManager

from benchmarks import program
from benchmarks.burst import drive
from benchmarks.figures import Figure, percentile
from benchmarks.program import Program
from benchmarks.sink import Sink

RATE = 100
INCIDENTS = 1000
CONNECTIONS = 64
WARM_UP = 100


def measure() -> list[Figure]:
    """Medians and 99th percentiles of all programs, and the ratio of the latter."""
    waits = {}
    for name, starts in program.side_by_side().items():
        with Sink() as sink:
            waits[name] = _waits(sink, starts(sink.url))
    p99 = {name: percentile(each, 99) for name, each in waits.items()}
    return [
        *(Figure(f"{name}, median", percentile(each, 50), "ms") for name, each in waits.items()),
        *(Figure(f"{name}, p99", each, "ms") for name, each in p99.items()),
        Figure("alertnet / ceiling, p99", p99["alertnet"] / p99["ceiling"], "x", 3),
    ]


def _waits(sink: Sink, starts: AbstractContextManager[Program]) -> list[float]:
    with starts as of:
        raised = drive(of, WARM_UP + INCIDENTS, CONNECTIONS, RATE)
        sink.wait_for_all(WARM_UP + INCIDENTS, 60)
        return [(sink.arrivals[ref][0] - at) / 1e6 for ref, at in raised[WARM_UP:]]
