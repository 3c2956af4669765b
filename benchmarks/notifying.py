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
COMMITS = 3000
PAIRS = 11
"""Each is a turn with and one without, of which now this, now that is the first; what the machine does in between
differs more from minute to minute than they do."""

MAKE = text("CREATE TABLE IF NOT EXISTS committed (id bigint GENERATED ALWAYS AS IDENTITY, words text)")
ADD = text("INSERT INTO committed (words) VALUES (repeat('x', 200))")


def measure() -> list[Figure]:
    """Commits a second by eight threads, with a worker that listens, and the ratio."""
    with Sink() as sink, fleet(trees(WAITS), sink.url) as ours, ours.workers(1):
        engine = ours.runtime.engine
        with engine.begin() as connection:
            connection.execute(MAKE)
        notifier = Notifier(engine)
        _speed(engine, notifier.soon)
        pairs = [_pair(engine, notifier, tells_first=bool(place % 2)) for place in range(PAIRS)]
        notifier.close()
    return [
        Figure("without NOTIFY", median(without for without, _ in pairs), "commits/s"),
        Figure("with NOTIFY", median(told for _, told in pairs), "commits/s"),
        Figure("with / without", median(told / without for without, told in pairs), "x", at_least=0.95),
    ]


def _pair(engine: Engine, notifier: Notifier, *, tells_first: bool) -> tuple[float, float]:
    """Commits a second without NOTIFY and with it, right after one another."""
    speeds = {
        tells: _speed(engine, notifier.soon if tells else lambda: None) for tells in (tells_first, not tells_first)
    }
    return speeds[False], speeds[True]


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
