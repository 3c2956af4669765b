"""Compares a worker's look beside many old rows with one beside none, in turn in one run.

An incident of each country is opened, sent and closed by the program's own flows. Its rows are copied under other ids,
so that the tables hold what years leave in them.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from statistics import median

from sqlalchemy import Table, update

from alertnet.core.notification import AttemptStatus
from alertnet.runtime.wiring import Runtime
from alertnet.store import tables
from alertnet.worker.service import Worker
from benchmarks.copies import OF_AN_INCIDENT, multiply
from benchmarks.figures import Figure
from benchmarks.incidents import close_one, open_one
from benchmarks.trees import COUNTRIES

ROUNDS = 300
WARM_UP = 30
MOST_TIMES_EMPTY = 1.2

Clock = Callable[[], float]

WAITS = dict.fromkeys(COUNTRIES, 7200)


def fill(runtime: Runtime, closed: int, of: Iterable[Table] = OF_AN_INCIDENT) -> None:
    """Fill these tables with so many closed incidents, of which nothing is due any more."""
    worker = Worker(runtime)
    incidents = [runtime.transact(open_one, runtime.edition, country) for country in COUNTRIES]
    worker.step()
    for incident in incidents:
        runtime.transact(close_one, incident)
    worker.step()
    with runtime.engine.begin() as connection:
        connection.execute(update(tables.attempts).values(due_at=None, status=AttemptStatus.DELIVERED.value))
        multiply(connection, closed // len(COUNTRIES) - 1, of)


def compare(young: Runtime, old: Runtime, beside: str, clock: Clock = time.perf_counter) -> list[Figure]:
    """Medians of a look that finds nothing and of one that sends an alert, and for both the ratio.

    `beside`: what the old database holds, in words.
    """
    idle = _in_turns(_looking(young, clock), _looking(old, clock))
    sending = _in_turns(_sending(young, clock), _sending(old, clock))
    return [*_figures("look that finds nothing", beside, *idle), *_figures("look that sends", beside, *sending)]


def _figures(what: str, beside: str, beside_none: float, beside_all: float) -> Iterator[Figure]:
    yield Figure(f"{what}, none", beside_none, "ms")
    yield Figure(f"{what}, {beside}", beside_all, "ms")
    yield Figure(f"{what}, ratio", beside_all / beside_none, "x", MOST_TIMES_EMPTY)


def _in_turns(*timed: Callable[[], float]) -> list[float]:
    """The median of each in milliseconds, run in turn."""
    rounds = [[one() for one in timed] for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
    return [median(column) * 1000 for column in zip(*rounds, strict=True)]


def _looking(runtime: Runtime, clock: Clock) -> Callable[[], float]:
    """Times what each tick does: look for what is due now, and for when something will be."""
    worker = Worker(runtime)

    def look() -> float:
        began = clock()
        worker.step()
        worker.next_due()
        return clock() - began

    return look


def _sending(runtime: Runtime, clock: Clock) -> Callable[[], float]:
    """Times the same after an alert was queued."""
    look, edition = _looking(runtime, clock), runtime.edition

    def send() -> float:
        runtime.transact(open_one, edition, COUNTRIES[0])
        return look()

    return send
