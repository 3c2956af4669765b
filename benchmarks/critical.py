"""Measures how long critical incidents wait for the provider in the middle of a burst of moderate ones."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from benchmarks import program
from benchmarks.burst import CONNECTIONS, DELIVER_SECONDS, drive
from benchmarks.client import Client
from benchmarks.figures import Figure, percentile
from benchmarks.sink import Sink
from benchmarks.trees import trees

MODERATE = 3000
GAP_SECONDS = 0.1
"""Seconds between two critical ones: one in ten or twenty of all."""

MOST_MS = 300.0


def measure() -> list[Figure]:
    """Medians and 99th percentiles of both kinds; that of the critical ones has a target."""
    with Sink() as sink, program.alertnet(trees({"CO": 7200}), sink.url) as ours, ThreadPoolExecutor(1) as pool:
        burst = pool.submit(drive, replace(ours, severity="moderate"), MODERATE, CONNECTIONS)
        critical = []
        with Client(replace(ours, severity="critical")) as client:
            while not burst.done():
                raised = client.raise_incident()
                critical.append((raised.ref, raised.sent_at))
                time.sleep(GAP_SECONDS)
        sink.wait_for_all(MODERATE + len(critical), DELIVER_SECONDS)
        grave, others = (
            [(sink.arrivals[ref][0] - at) / 1e6 for ref, at in each] for each in (critical, burst.result())
        )
    return [
        Figure("critical, median", percentile(grave, 50), "ms"),
        Figure("critical, p99", percentile(grave, 99), "ms", MOST_MS),
        Figure("moderate, median", percentile(others, 50), "ms"),
        Figure("moderate, p99", percentile(others, 99), "ms"),
    ]
