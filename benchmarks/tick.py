"""Compares a tick on SQLite beside a million closed incidents, or 10,000 journeys, with one beside none."""

import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from alertnet.core.directory.routine import USUAL
from alertnet.core.inbound.on_the_road.journey import Journey, JourneyKind, Leg
from alertnet.core.incident import Scope
from alertnet.runtime.logging import configure
from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import Runtime, make_runtime
from alertnet.store.db.tx import Tx
from alertnet.store.queues import journeys
from alertnet.store.upgrade import upgrade
from benchmarks.figures import Figure
from benchmarks.looks import WAITS, compare, fill
from benchmarks.program import settings
from benchmarks.sink import Sink
from benchmarks.trees import COUNTRIES, trees

CLOSED = 1_000_000
JOURNEYS = 10_000
SOONEST = timedelta(hours=1)
"""Until the first is expected, so that none comes due during the measurement."""


def measure() -> list[Figure]:
    """Compare a tick's look beside closed incidents with one beside none; see `looks.compare`."""
    configure(level=logging.WARNING)
    with Sink() as sink, _runtime(sink.url) as young, _runtime(sink.url) as old:
        fill(old, CLOSED)
        return compare(young, old, f"{CLOSED:,} closed")


def measure_journeys() -> list[Figure]:
    """Compare, by CPU time, a tick's look beside journeys under way with one beside none."""
    configure(level=logging.WARNING)
    with Sink() as sink, _runtime(sink.url) as young, _runtime(sink.url) as old:
        old.transact(_set_out, JOURNEYS)
        return compare(young, old, f"{JOURNEYS:,} journeys", clock=time.process_time)


def _set_out(tx: Tx, many: int) -> None:
    """Begin so many journeys, a second apart."""
    for number in range(1, many + 1):
        leg = Leg("L12", tx.now + SOONEST + timedelta(seconds=number), "UTC")
        whose = ("north", f"member-{number}", COUNTRIES[0], Scope.INTERNAL)
        journeys.add(tx, Journey(JourneyKind.JOURNEY, *whose, (leg,), USUAL, tx.now))


@contextmanager
def _runtime(provider: str) -> Iterator[Runtime]:
    """A runtime on its own database."""
    with TemporaryDirectory(prefix="alertnet-bench-") as folder:
        env = settings(Path(folder), trees(WAITS), provider, public_url="http://127.0.0.1:1")
        with closing(make_runtime(read_settings(env))) as runtime:
            upgrade(runtime.engine)
            yield runtime
