"""How long from the POST until the provider has the message: alertnet against the ceiling, turn by turn in one run."""

import random
import time
from statistics import median

from benchmarks import program
from benchmarks.client import Client
from benchmarks.figures import Figure, percentile
from benchmarks.sink import Sink
from benchmarks.trees import report, trees

PAIRS = 300
WARM_UP = 50
MOST_TIMES_THE_CEILING = 4.0

GAP_SECONDS = 0.005
JITTER_SECONDS = 0.02
"""Between two incidents, so that none meets what another left to be done, nor always the same moment of a tick."""


def measure() -> list[Figure]:
    """Medians and 99th percentiles of both, and what is asked of them: the ratio of the medians."""
    waits = {"CO": 7200}
    with (
        Sink() as sink,
        program.ceiling(sink.url) as least,
        program.alertnet(trees(waits), sink.url) as ours,
        Client(least.url) as to_least,
        Client(ours.url, ours.key) as to_ours,
    ):
        pairs = [(_time(sink, to_least), _time(sink, to_ours)) for _ in range(WARM_UP + PAIRS)][WARM_UP:]
    ceiling, alertnet = ([pair[place] for pair in pairs] for place in (0, 1))
    return [
        Figure("ceiling, median", median(ceiling), "ms"),
        Figure("ceiling, p99", percentile(ceiling, 99), "ms"),
        Figure("alertnet, median", median(alertnet), "ms"),
        Figure("alertnet, p99", percentile(alertnet, 99), "ms"),
        Figure("alertnet / ceiling, medians", median(alertnet) / median(ceiling), "x", MOST_TIMES_THE_CEILING),
    ]


def _time(sink: Sink, client: Client) -> float:
    """Milliseconds until an incident raised now reaches the provider."""
    raised = client.raise_incident(report("CO"))
    arrived_at = sink.wait(raised.ref)
    time.sleep(GAP_SECONDS + random.random() * JITTER_SECONDS)
    return (arrived_at - raised.sent_at) / 1e6
