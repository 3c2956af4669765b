"""What a snapshot that is open for minutes, such as pg_dump has, does to incidents at a steady rate on PostgreSQL.

It keeps rows that were written over from being cleared away, and so makes looks slower by their number: a burst writes
as many as five minutes at that rate do, before the rate is measured; once without a snapshot, and once under one.
"""

from contextlib import closing, suppress

import psycopg

from benchmarks import program
from benchmarks.burst import CONNECTIONS, DELIVER_SECONDS, drive
from benchmarks.figures import Figure, percentile
from benchmarks.program import Program
from benchmarks.sink import Sink
from benchmarks.trees import COUNTRIES, trees
from tests.postgres import fresh_database, own_server

RATE = 20
SECONDS = 20
OPEN_SECONDS = 300
PATIENCE_SECONDS = 60

LOOK = "SELECT count(*) FROM attempts"


def measure() -> list[Figure]:
    """The 99th percentiles without it and under it, their ratio, and what was delivered in time of all under it."""
    with (
        Sink() as sink,
        own_server() as server,
        program.alertnet(
            trees(dict.fromkeys(COUNTRIES, 7200)), sink.url, database_url=(url := fresh_database(server.url))
        ) as ours,
    ):
        without = _waits_after_burst(sink, ours)
        with closing(psycopg.connect(url.replace("postgresql+psycopg", "postgresql"))) as dump:
            dump.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            dump.execute(LOOK)
            under = _waits_after_burst(sink, ours)
    return [
        Figure("without it, p99", percentile(without, 99), "ms"),
        Figure("under it, p99", percentile(under, 99), "ms"),
        Figure("p99, ratio", percentile(under, 99) / percentile(without, 99), "x", 1.5),
        Figure("delivered under it", len(under) / (RATE * SECONDS) * 100, "%", at_least=95),
    ]


def _waits_after_burst(sink: Sink, ours: Program) -> list[float]:
    """Milliseconds from when each was meant to be reported until the provider had it, of those that arrived."""
    known = len(sink.arrivals) + len(drive(ours, RATE * (OPEN_SECONDS - SECONDS), CONNECTIONS))
    sink.wait_for_all(known, DELIVER_SECONDS)
    raised = drive(ours, RATE * SECONDS, CONNECTIONS, RATE)
    with suppress(TimeoutError):
        sink.wait_for_all(known + len(raised), PATIENCE_SECONDS)
    return [(sink.arrivals[ref][0] - at) / 1e6 for ref, at in raised if ref in sink.arrivals]
