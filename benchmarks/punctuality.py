"""Measures how late messages reach the provider when a thousand incidents' next levels fall due within seconds.

The incidents are raised in slices, each of another country with a shorter wait. All slices fall due in the same few
seconds, and by then the raising is over and disturbs nothing.
"""

import time
from datetime import datetime, timedelta

from benchmarks import program
from benchmarks.client import Client, Raised
from benchmarks.figures import Figure, percentile
from benchmarks.sink import Sink
from benchmarks.trees import trees

INCIDENTS = 1000
WINDOW_SECONDS = 5
COUNTRIES = ("CO", "PE", "EC", "BO", "GT", "HN", "MX", "BR")
REST_SECONDS = 5
"""Seconds between the last incident raised and the first that falls due."""

MOST_MS_LATE = 50.0

WAITS = {
    country: REST_SECONDS + WINDOW_SECONDS * slices_left
    for slices_left, country in zip(range(len(COUNTRIES), 0, -1), COUNTRIES, strict=True)
}
"""Seconds from an incident's opening to its second level, by country."""


def measure() -> list[Figure]:
    """Median and 99th percentile of the lateness; the latter has a target."""
    with (
        Sink() as sink,
        program.alertnet(trees(WAITS), sink.url) as ours,
        Client(ours) as client,
    ):
        raised = _raise_all(client)
        monotonic_less_wall = time.monotonic_ns() - time.time_ns()
        patience = max(WAITS.values()) + 60
        late = [
            (sink.wait(each.ref, arrivals=2, seconds=patience) - _due_at(each, country) - monotonic_less_wall) / 1e6
            for each, country in raised
        ]
    return [
        Figure("lateness, median", percentile(late, 50), "ms"),
        Figure("lateness, p99", percentile(late, 99), "ms", MOST_MS_LATE),
        Figure("lateness, most", max(late), "ms"),
        Figure("lateness, least", min(late), "ms", at_least=0),
    ]


def _raise_all(client: Client) -> list[tuple[Raised, str]]:
    """Raise the incidents at an even pace, slice after slice; each with its country."""
    began = time.monotonic()
    raised = []
    for number in range(INCIDENTS):
        passed = number / INCIDENTS * len(COUNTRIES)
        time.sleep(max(0.0, began + passed * WINDOW_SECONDS - time.monotonic()))
        country = COUNTRIES[int(passed)]
        raised.append((client.raise_incident(country), country))
    return raised


def _due_at(raised: Raised, country: str) -> int:
    """When its second level falls due, in nanoseconds of the machine's time."""
    due_at = datetime.fromisoformat(str(raised.opened_at)) + timedelta(seconds=WAITS[country])
    return round(due_at.timestamp() * 1e6) * 1000
