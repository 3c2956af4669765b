"""What a snapshot that is open for minutes, such as pg_dump has, does to incidents at a steady rate on PostgreSQL."""

from contextlib import closing, suppress

import psycopg

from benchmarks import program
from benchmarks.burst import drive
from benchmarks.figures import Figure, percentile
from benchmarks.program import Program
from benchmarks.sink import Sink
from benchmarks.trees import COUNTRIES, trees
from tests.postgres import fresh_database, own_server

RATE = 20
CONNECTIONS = 32
SECONDS_BEFORE, SECONDS_UNDER = 60, 300
PATIENCE_SECONDS = 60

LOOK = "SELECT count(*) FROM attempts"


def measure() -> list[Figure]:
    """The 99th percentiles before and in the last minute under it, their ratio, and what was delivered in time."""
    with (
        Sink() as sink,
        own_server() as server,
        program.alertnet(
            trees(dict.fromkeys(COUNTRIES, 7200)), sink.url, database_url=(url := fresh_database(server.url))
        ) as ours,
    ):
        before = _waits(sink, ours, SECONDS_BEFORE)
        with closing(psycopg.connect(url.replace("postgresql+psycopg", "postgresql"))) as dump:
            dump.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            dump.execute(LOOK)
            under = _waits(sink, ours, SECONDS_UNDER)
    last = under[-len(before) :]
    return [
        Figure("before, p99", percentile(before, 99), "ms"),
        Figure("last minute under it, p99", percentile(last, 99), "ms"),
        Figure("p99, ratio", percentile(last, 99) / percentile(before, 99), "x", 1.5),
        Figure("delivered under it", len(under) / (RATE * SECONDS_UNDER) * 100, "%", at_least=95),
    ]


def _waits(sink: Sink, ours: Program, seconds: int) -> list[float]:
    """Milliseconds from when each was meant to be reported until the provider had it, of those that arrived."""
    known = len(sink.arrivals)
    raised = drive(ours, RATE * seconds, CONNECTIONS, RATE)
    with suppress(TimeoutError):
        sink.wait_for_all(known + len(raised), PATIENCE_SECONDS)
    in_order = sorted(raised, key=lambda each: each[1])
    return [(sink.arrivals[ref][0] - at) / 1e6 for ref, at in in_order if ref in sink.arrivals]
