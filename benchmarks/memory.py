"""How much memory `alertnet serve` holds after a thousand incidents, from the process table of Linux."""

import re
from pathlib import Path

from benchmarks import program
from benchmarks.client import Client
from benchmarks.figures import Figure
from benchmarks.sink import Sink
from benchmarks.trees import trees

INCIDENTS = 1000
MOST_MB = 150.0


def measure() -> list[Figure]:
    """Megabytes resident before the first incident, and after the last has been sent; and the most there ever were."""
    with (
        Sink() as sink,
        program.alertnet(trees({"CO": 7200}), sink.url) as ours,
        Client(ours) as client,
    ):
        before = megabytes(ours.pid, "VmRSS")
        raised = [client.raise_incident() for _ in range(INCIDENTS)]
        for each in raised:
            sink.wait(each.ref, seconds=60)
        after, peak = megabytes(ours.pid, "VmRSS"), megabytes(ours.pid, "VmHWM")
    return [
        Figure("resident at start", before, "MB"),
        Figure(f"resident after {INCIDENTS} incidents", after, "MB", MOST_MB),
        Figure("resident at most", peak, "MB", MOST_MB),
    ]


def megabytes(pid: int, name: str) -> float:
    """What that line of the status of a process says, in megabytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1000
