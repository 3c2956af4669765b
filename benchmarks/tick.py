"""What a tick costs on SQLite beside 100,000 closed incidents, against one beside none."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from alertnet.runtime.logging import configure
from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import Runtime, make_runtime
from alertnet.store.upgrade import upgrade
from benchmarks.figures import Figure
from benchmarks.looks import WAITS, compare, fill
from benchmarks.program import settings
from benchmarks.sink import Sink
from benchmarks.trees import trees

CLOSED = 100_000


def measure() -> list[Figure]:
    """Compare a tick's look beside closed incidents with one beside none; see `looks.compare`."""
    configure(level=logging.WARNING)
    with Sink() as sink, _runtime(sink.url) as young, _runtime(sink.url) as old:
        fill(old, CLOSED)
        return compare(young, old, CLOSED)


@contextmanager
def _runtime(provider: str) -> Iterator[Runtime]:
    """A runtime on a database of its own."""
    with TemporaryDirectory(prefix="alertnet-bench-") as folder:
        env = settings(Path(folder), trees(WAITS), provider, public_url="http://127.0.0.1:1")
        with closing(make_runtime(read_settings(env))) as runtime:
            upgrade(runtime.engine)
            yield runtime
