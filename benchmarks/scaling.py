"""Compares the deliveries of one, two and four workers, with few senders each and a provider that takes 50 ms.

The same number of alerts is queued each time while the workers wait, and falls due for all at one moment.
"""

import time
from datetime import timedelta

from sqlalchemy import text, update

from alertnet.core.notification import AttemptStatus
from alertnet.store.db.tx import Tx
from alertnet.store.tables import attempts
from benchmarks.figures import Figure
from benchmarks.fleet import Fleet, fleet
from benchmarks.incidents import open_one
from benchmarks.sink import Sink
from benchmarks.trees import COUNTRIES, trees

SENDERS = 2
PROVIDER_SECONDS = 0.05
ALERTS = 480
AT_LEAST = {2: 1.7, 4: 3.0}
PATIENCE_SECONDS = 120

QUEUED = attempts.c.status == AttemptStatus.QUEUED.value


def measure() -> list[Figure]:
    """Alerts delivered a second by one worker, two and four, and the ratios to the first."""
    speeds = {count: _speed(count) for count in (1, *AT_LEAST)}
    return [
        *(Figure(f"{count} x {SENDERS} senders", speed, "a second") for count, speed in speeds.items()),
        *(
            Figure(f"{count} workers / one", speeds[count] / speeds[1], "x", at_least=least)
            for count, least in AT_LEAST.items()
        ),
    ]


def _speed(workers: int) -> float:
    with Sink(PROVIDER_SECONDS) as sink, fleet(trees(dict.fromkeys(COUNTRIES, 7200)), sink.url) as ours:
        for number in range(ALERTS):
            ours.runtime.transact(_open_for_later, ours, COUNTRIES[number % len(COUNTRIES)])
        with ours.workers(workers, SENDERS):
            began = time.monotonic()
            ours.runtime.transact(_let_all_fall_due)
            sink.wait_for_all(ALERTS, PATIENCE_SECONDS)
            return ALERTS / (time.monotonic() - began)


def _open_for_later(tx: Tx, ours: Fleet, country: str) -> None:
    incident = open_one(tx, ours.runtime.edition, country)
    tx.session.execute(
        update(attempts).where(attempts.c.incident_id == incident, QUEUED).values(due_at=tx.now + timedelta(hours=1))
    )


def _let_all_fall_due(tx: Tx) -> None:
    tx.session.execute(update(attempts).where(QUEUED).values(due_at=tx.now))
    tx.session.execute(text("SELECT pg_notify('alertnet', '')"))
