"""Reports incidents at an even pace, each again and again under its own key until it is accepted."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from benchmarks.trees import COUNTRIES, report
from tests.processes.installation import Installation

REPORTERS = 8
PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 180


class Load:
    """So many incidents within so many seconds; `accepted`: the references of those answered with a 201."""

    def __init__(self, installation: Installation, incidents: int, seconds: float) -> None:
        self.accepted: dict[str, str] = {}
        """References by the key of the request."""
        self.faults: list[str] = []
        self._installation = installation
        self._incidents = incidents
        self._seconds = seconds
        self._came = threading.Condition()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Report incidents inside the block; afterwards all of them have been accepted or given up."""
        began = time.monotonic()
        with ThreadPoolExecutor(REPORTERS) as reporters:
            for number in range(self._incidents):
                reporters.submit(self._report, number, began + self._seconds * number / self._incidents)
            yield

    def wait_for(self, share: float) -> None:
        with self._came:
            self._came.wait_for(lambda: len(self.accepted) >= share * self._incidents, PATIENCE_SECONDS)

    def _report(self, number: int, at: float) -> None:
        time.sleep(max(0.0, at - time.monotonic()))
        key, body = f"report-{number}", report(COUNTRIES[number % len(COUNTRIES)])
        until = time.monotonic() + PATIENCE_SECONDS
        answer = self._installation.asks("/v1/incidents", body, once=key)
        while answer.status in (0, 409, 503) and time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
            answer = self._installation.asks("/v1/incidents", body, once=key)
        with self._came:
            if answer.status == 201:
                self.accepted[key] = answer.body["ref"]
            else:
                self.faults.append(f"{key} was answered {answer.status}: {answer.body}")
            self._came.notify_all()
