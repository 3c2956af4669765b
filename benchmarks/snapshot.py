"""Measures the effect of a long open snapshot, as of pg_dump, on incidents at a steady rate on PostgreSQL.

It keeps overwritten rows from being removed, and their number makes looks slower. A burst writes as many as five
minutes at that rate do, on two servers, one of which has such a snapshot open. Then the rate is measured on both in
turn.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import psycopg

from benchmarks import program
from benchmarks.burst import CONNECTIONS, DELIVER_SECONDS, drive
from benchmarks.figures import Figure, percentile
from benchmarks.program import Program
from benchmarks.sink import Sink
from benchmarks.trees import COUNTRIES, trees
from tests.postgres import fresh_database, own_server

RATE = 20
TURNS = 10
SECONDS = 2
OPEN_SECONDS = 300
PATIENCE_SECONDS = 60

LOOK = "SELECT count(*) FROM attempts"


def measure() -> list[Figure]:
    """The 99th percentiles without and with it, their ratio, and the share delivered in time with it."""
    with (
        Sink() as sink,
        _program(sink) as (ours, _),
        Sink() as held_sink,
        _program(held_sink) as (held, url),
        closing(psycopg.connect(url.replace("postgresql+psycopg", "postgresql"))) as dump,
    ):
        dump.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        dump.execute(LOOK)
        _burst(sink, ours)
        _burst(held_sink, held)
        turns = [(_waits(sink, ours), _waits(held_sink, held)) for _ in range(TURNS)]
    without, under = ([wait for turn in turns for wait in turn[place]] for place in (0, 1))
    return [
        Figure("without it, p99", percentile(without, 99), "ms"),
        Figure("under it, p99", percentile(under, 99), "ms"),
        Figure("p99, ratio", percentile(under, 99) / percentile(without, 99), "x", 1.5),
        Figure("delivered under it", len(under) / (RATE * SECONDS * TURNS) * 100, "%", at_least=95),
    ]


@contextmanager
def _program(sink: Sink) -> Iterator[tuple[Program, str]]:
    """The program on its own server, and its database."""
    with own_server() as server:
        url = fresh_database(server.url)
        with program.alertnet(trees(dict.fromkeys(COUNTRIES, 7200)), sink.url, database_url=url) as ours:
            yield ours, url


def _burst(sink: Sink, ours: Program) -> None:
    raised = drive(ours, RATE * (OPEN_SECONDS - SECONDS * TURNS), CONNECTIONS)
    sink.wait_for_all(len(raised), DELIVER_SECONDS)


def _waits(sink: Sink, ours: Program) -> list[float]:
    """Milliseconds from when each was meant to be reported to the provider, for those that arrived."""
    known = len(sink.arrivals)
    raised = drive(ours, RATE * SECONDS, CONNECTIONS, RATE)
    with suppress(TimeoutError):
        sink.wait_for_all(known + len(raised), PATIENCE_SECONDS)
    return [(sink.arrivals[ref][0] - at) / 1e6 for ref, at in raised if ref in sink.arrivals]
