"""Measures how long a killed worker's attempts wait (kill -9) until another worker takes them over."""

import signal
import time

from sqlalchemy import func, select

from alertnet.core.notification import AttemptStatus
from alertnet.store.db.tx import Tx
from alertnet.store.tables import attempts
from benchmarks.figures import Figure
from benchmarks.fleet import await_that, fleet
from benchmarks.incidents import open_one
from benchmarks.looks import WAITS
from benchmarks.sink import Sink
from benchmarks.trees import COUNTRIES, trees

SENDERS = 16
MOST_SECONDS = 35.0
PATIENCE_SECONDS = 60
NEVER_SECONDS = 3600


def measure() -> list[Figure]:
    """Seconds from the death of a worker that waits for its provider until the last of its leases is taken over."""
    with (
        Sink(NEVER_SECONDS) as silent,
        Sink() as sink,
        fleet(trees(WAITS), sink.url) as ours,
        ours.workers(1) as (standby,),
        ours.workers(1, SENDERS, provider=silent.url) as (doomed,),
    ):
        # It is stopped while the other one claims.
        standby.send_signal(signal.SIGSTOP)
        for country in COUNTRIES[:SENDERS]:
            ours.runtime.transact(open_one, ours.runtime.edition, country)
        silent.wait_for_all(SENDERS, PATIENCE_SECONDS)
        doomed.kill()
        died_at = time.monotonic()
        standby.send_signal(signal.SIGCONT)
        await_that(lambda: not ours.runtime.read(_leased), PATIENCE_SECONDS)
        taken = time.monotonic() - died_at
    return [Figure(f"the last of {SENDERS} leases taken over", taken, "s", MOST_SECONDS)]


def _leased(tx: Tx) -> int:
    held = attempts.c.status == AttemptStatus.SENDING.value
    return tx.session.scalar(select(func.count()).select_from(attempts).where(held)) or 0
