"""Compares claiming on PostgreSQL beside 1,000,000 closed incidents with claiming beside none."""

import logging

from sqlalchemy import text

from alertnet.runtime.logging import configure
from alertnet.runtime.wiring import Runtime
from alertnet.store import tables
from benchmarks.figures import Figure
from benchmarks.fleet import fleet
from benchmarks.looks import WAITS, compare, fill
from benchmarks.sink import Sink
from benchmarks.trees import trees

CLOSED = 1_000_000
LOOKED_AT = (tables.incidents, tables.escalations, tables.alarms, tables.notifications, tables.served, tables.attempts)
"""The tables that a look at the queues reads; codes and history of closed incidents concern other flows."""


def measure() -> list[Figure]:
    """Compare a claim beside closed incidents with one beside none; see `looks.compare`."""
    configure(level=logging.WARNING)
    with Sink() as sink, fleet(trees(WAITS), sink.url) as young, fleet(trees(WAITS), sink.url) as old:
        fill(old.runtime, CLOSED, LOOKED_AT)
        _settle(old.runtime)
        return compare(young.runtime, old.runtime, f"{CLOSED:,} closed")


def _settle(runtime: Runtime) -> None:
    """Vacuum and collect statistics, as the server does by itself in the course of a night."""
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))
