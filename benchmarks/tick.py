"""What a worker's look costs beside 100,000 closed incidents, against one beside none: turn by turn in one run.

An incident is opened, sent and closed by the program's own flows, and its rows are copied under other ids, so that
every table holds what a long life leaves in it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import Column, String, Table, text, update

from alertnet.core.incident import CloseReason
from alertnet.core.notification import AttemptStatus
from alertnet.flows.case import take_up
from alertnet.flows.close_incident import close_incident
from alertnet.flows.open_incident import open_incident
from alertnet.logging import configure
from alertnet.runtime import Runtime, make_runtime
from alertnet.settings import read_settings
from alertnet.store import tables
from alertnet.store.pinned import Edition
from alertnet.store.tx import Tx
from alertnet.store.upgrade import upgrade
from alertnet.web.models import Report
from alertnet.worker import Worker
from benchmarks.figures import Figure
from benchmarks.program import settings
from benchmarks.sink import Sink
from benchmarks.trees import report, trees

CLOSED = 100_000
ROUNDS = 300
WARM_UP = 30
MOST_TIMES_EMPTY = 1.2

COPIED = [table for table in tables.metadata.sorted_tables if table.name not in ("documents", "api_keys", "workers")]
UNIQUE = {"incidents.ref": "printf('%08x', n)", "links.token_hash": "randomblob(32)"}


def measure() -> list[Figure]:
    """Medians of a look that finds nothing and of one that sends an alert, and for both the ratio asked for."""
    configure(level=logging.WARNING)
    with Sink() as sink, _runtime(sink.url) as young, _runtime(sink.url) as old:
        _close_one(old)
        _copy_all(old)
        idle = _in_turns(_looking(young), _looking(old))
        sending = _in_turns(_sending(young), _sending(old))
    return [*_figures("look that finds nothing", *idle), *_figures("look that sends", *sending)]


def _figures(what: str, beside_none: float, beside_all: float) -> Iterator[Figure]:
    yield Figure(f"{what}, none closed", beside_none, "ms")
    yield Figure(f"{what}, {CLOSED:,} closed", beside_all, "ms")
    yield Figure(f"{what}, ratio", beside_all / beside_none, "x", MOST_TIMES_EMPTY)


def _in_turns(*timed: Callable[[], float]) -> list[float]:
    """The median of each, in milliseconds."""
    rounds = [[one() for one in timed] for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
    return [median(column) * 1000 for column in zip(*rounds, strict=True)]


def _looking(runtime: Runtime) -> Callable[[], float]:
    """Times what each tick does: look what is due now, and when something will be."""
    worker = Worker(runtime)

    def look() -> float:
        began = time.perf_counter()
        worker.step()
        worker.next_due()
        return time.perf_counter() - began

    return look


def _sending(runtime: Runtime) -> Callable[[], float]:
    """Times the same where an alert was just queued."""
    look, edition = _looking(runtime), runtime.edition

    def send() -> float:
        runtime.transact(_open, edition)
        return look()

    return send


@contextmanager
def _runtime(provider: str) -> Iterator[Runtime]:
    """A runtime on a database of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="alertnet-bench-")))
        env = settings(folder, trees({"CO": 7200}), provider, public_url="http://127.0.0.1:1")
        runtime = make_runtime(read_settings(env))
        stack.callback(runtime.close)
        upgrade(runtime.engine)
        yield runtime


def _close_one(runtime: Runtime) -> None:
    """Live through one incident, from its opening to its stand-down."""
    worker = Worker(runtime)
    incident = runtime.transact(_open, runtime.edition)
    worker.step()
    runtime.transact(_close, incident)
    worker.step()


def _open(tx: Tx, edition: Edition) -> str:
    facts = Report.model_validate(report("CO")).facts(None)
    return open_incident(tx, edition, facts, by="benchmark").incident.id


def _close(tx: Tx, incident: str) -> None:
    case = take_up(tx, incident)
    close_incident(case, CloseReason.RESOLVED, by="benchmark")
    case.finish()


def _copy_all(runtime: Runtime) -> None:
    """Copy every row of the one incident there is, as that of so many others; nothing of it may be due any more."""
    with runtime.engine.begin() as connection:
        connection.execute(update(tables.attempts).values(due_at=None, status=AttemptStatus.DELIVERED.value))
        for table in COPIED:
            connection.execute(text(_copying(table)), {"closed": CLOSED})


def _copying(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    copies = ", ".join(_copy(column) for column in table.columns)
    own = "WHERE chain <> 'system'" if table is tables.timeline else ""
    return (
        "WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < :closed - 1) "
        f"INSERT INTO {table.name} ({names}) SELECT {copies} FROM copies, (SELECT * FROM {table.name} {own})"
    )


def _copy(column: "Column[object]") -> str:
    """The column's value in the n-th copy. An id begins with its incident's number."""
    if unique := UNIQUE.get(str(column)):
        return unique
    is_id = isinstance(column.type, String) and column.type.length == 32 and (column.primary_key or column.foreign_keys)
    return f"printf('%08x', n) || substr(\"{column.name}\", 9)" if is_id else f'"{column.name}"'
