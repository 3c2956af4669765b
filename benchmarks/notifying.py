"""Measures the cost of NOTIFY on PostgreSQL: commits a second with it and without, in turn."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from sqlalchemy import Engine, text

from alertnet.runtime.database.wakeups import Notifier
from benchmarks.figures import Figure
from benchmarks.fleet import fleet
from benchmarks.looks import WAITS
from benchmarks.sink import Sink
from benchmarks.trees import trees

THREADS = 8
COMMITS = 1000
TURNS = 5

MAKE = text("CREATE TABLE IF NOT EXISTS committed (id bigint GENERATED ALWAYS AS IDENTITY, words text)")
ADD = text("INSERT INTO committed (words) VALUES (repeat('x', 200))")


def measure() -> list[Figure]:
    """Commits a second by eight threads, with a worker that listens, and the ratio."""
    with Sink() as sink, fleet(trees(WAITS), sink.url) as ours, ours.workers(1):
        engine = ours.runtime.engine
        with engine.begin() as connection:
            connection.execute(MAKE)
        notifier = Notifier(engine)
        speeds: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(TURNS):
            for tells in speeds:
                speeds[tells].append(_speed(engine, notifier.soon if tells else lambda: None))
        notifier.close()
    without, told = (median(each) for each in speeds.values())
    return [
        Figure("without NOTIFY", without, "commits/s"),
        Figure("with NOTIFY", told, "commits/s"),
        Figure("with / without", told / without, "x", at_least=0.95),
    ]


def _speed(engine: Engine, then: Callable[[], None]) -> float:
    """Commits a second, each of one small row, by threads that share them; `then`: called after each."""

    def commit(_: int) -> None:
        with engine.begin() as connection:
            connection.execute(ADD)
        then()

    with ThreadPoolExecutor(THREADS) as pool:
        began = time.monotonic()
        list(pool.map(commit, range(COMMITS)))
        return COMMITS / (time.monotonic() - began)
