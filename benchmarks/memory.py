"""Measures the memory of `alertnet serve` at the start and after 10,000 incidents, beside the ceiling, and its growth.

For one process, from Linux's process table.
"""

import re
from pathlib import Path

from benchmarks import program
from benchmarks.burst import CONNECTIONS, DELIVER_SECONDS, drive
from benchmarks.figures import Figure
from benchmarks.program import Program
from benchmarks.sink import Sink
from benchmarks.trees import trees

PARTS = (2500, 2500, 5000)
MOST_TIMES_THE_CEILING = 1.6
MOST_GROWTH = 1.05


def measure() -> list[Figure]:
    """Resident megabytes before the first incident and after each part.

    The ratio to the ceiling, and the growth in the last half.
    """
    with Sink() as sink, program.ceiling(sink.url) as least:
        *_, ceiling = _after_each_part(sink, least)
    with Sink() as sink, program.alertnet(trees({"CO": 7200}), sink.url) as ours:
        before = megabytes(ours.pid, "VmRSS")
        *_, half, after = _after_each_part(sink, ours)
        peak = megabytes(ours.pid, "VmHWM")
    return [
        Figure("resident at start", before, "MB"),
        Figure(f"resident after {sum(PARTS[:-1])} incidents", half, "MB"),
        Figure(f"resident after {sum(PARTS)} incidents", after, "MB"),
        Figure("resident at most", peak, "MB"),
        Figure("alertnet / ceiling, at the end", after / ceiling, "x", MOST_TIMES_THE_CEILING),
        Figure("the end / the middle", after / half, "x", MOST_GROWTH),
    ]


def _after_each_part(sink: Sink, of: Program) -> list[float]:
    held = []
    for part in PARTS:
        known = len(sink.arrivals)
        drive(of, part, CONNECTIONS)
        sink.wait_for_all(known + part, DELIVER_SECONDS)
        held.append(megabytes(of.pid, "VmRSS"))
    return held


def megabytes(pid: int, name: str) -> float:
    """That line of the status of a process, in megabytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1000
