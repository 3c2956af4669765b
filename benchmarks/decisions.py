"""Measures how late decisions are committed on PostgreSQL when 10,000 escalations fall due within ten seconds.

The incidents of a few countries are opened by the program's own flows and copied. Their second levels are all planned
for one moment, and each row falls due a millisecond after the one before. Messages leave at the provider's pace.
"""

import time
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from alertnet.store.db.tx import Tx
from benchmarks.copies import multiply
from benchmarks.figures import Figure, percentile
from benchmarks.fleet import await_that, fleet
from benchmarks.incidents import open_one
from benchmarks.sink import Sink
from benchmarks.trees import COUNTRIES, trees

ESCALATIONS = 10_000
WINDOW = timedelta(seconds=10)
WORKERS = 2
WAIT_SECONDS = 60
"""Seconds from the opening to the second level; all preparation must be over by then."""

MOST_MS_LATE = 300.0
PATIENCE_SECONDS = 300

# A table of its own, because a decision replaces the due time by the next one.
SPREAD = text(
    "CREATE TABLE planned AS SELECT id, CAST(:first AS timestamptz) + (row_number() OVER (ORDER BY id)) * CAST(:gap AS"
    " interval) AS due_at FROM escalations"
)
PLAN = text("UPDATE escalations SET due_at = planned.due_at FROM planned WHERE planned.id = escalations.id")
# By an index, and rarely, because asking takes CPU from what is measured.
DUE = text("SELECT EXISTS (SELECT FROM escalations WHERE due_at <= :until)")
LOOK_SECONDS = 0.2
LATE = text(
    "SELECT extract(epoch FROM pg_xact_commit_timestamp(escalations.xmin) - planned.due_at) * 1000"
    " FROM escalations JOIN planned USING (id)"
)


def measure() -> list[Figure]:
    """Median and 99th percentile of the lateness by the server's own commit times; the latter has a target."""
    waits = dict.fromkeys(COUNTRIES, WAIT_SECONDS)
    with (
        Sink() as sink,
        fleet(trees(waits), sink.url, server_options="-c track_commit_timestamp=on", rates="sms=1") as ours,
    ):
        runtime = ours.runtime
        for country in COUNTRIES:
            runtime.transact(open_one, runtime.edition, country)
        first = runtime.now() + timedelta(seconds=WAIT_SECONDS)
        with runtime.engine.begin() as connection:
            multiply(connection, ESCALATIONS // len(COUNTRIES) - 1)
            _plan(connection, first)
        with ours.workers(WORKERS):
            if runtime.now() >= first:
                raise RuntimeError(f"the preparations took longer than {WAIT_SECONDS} s")
            until = first + WINDOW
            time.sleep((until - runtime.now()).total_seconds())
            await_that(lambda: not runtime.read(_some_due, until), PATIENCE_SECONDS, LOOK_SECONDS)
            late = runtime.read(lambda tx: [float(value) for value in tx.session.scalars(LATE)])
    return [
        Figure("lateness of the decision, median", percentile(late, 50), "ms"),
        Figure("lateness of the decision, p99", percentile(late, 99), "ms", MOST_MS_LATE),
        Figure("lateness of the decision, most", max(late), "ms"),
        Figure("lateness of the decision, least", min(late), "ms", at_least=0),
        Figure("decisions missing", ESCALATIONS - len(late), "", 0),
    ]


def _some_due(tx: Tx, until: datetime) -> bool:
    return bool(tx.session.scalar(DUE, {"until": until}))


def _plan(connection: Connection, first: datetime) -> None:
    connection.execute(SPREAD, {"first": first, "gap": WINDOW / ESCALATIONS})
    connection.execute(PLAN)
