"""Measures a burst of thousands of incidents as fast as they are accepted: alertnet, the ceiling and a peer in turn."""

import json
import subprocess
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import program
from benchmarks.figures import Figure, percentile
from benchmarks.program import ROOT, Program
from benchmarks.sink import Sink

INCIDENTS = 10_000
CONNECTIONS = 16
DELIVER_SECONDS = 300


@dataclass(frozen=True)
class Burst:
    """The result of one burst."""

    delivered_per_second: float
    waits: list[float]
    """Milliseconds from each report to the provider."""
    cpu_milliseconds: float
    """CPU of the program for each notification, in milliseconds."""
    kilobytes_written: float
    """Kilobytes written to files for each notification."""


def measure() -> list[Figure]:
    """Deliveries a second, waits, CPU and bytes written, for all programs, and the ratios."""
    found = {}
    for name, starts in program.side_by_side().items():
        with Sink() as sink:
            found[name] = _burst(sink, starts(sink.url))
    least, ours = found["ceiling"], found["alertnet"]
    return [
        *(Figure(f"{name}, delivered a second", each.delivered_per_second, "1/s") for name, each in found.items()),
        *(Figure(f"{name}, p99", percentile(each.waits, 99), "ms") for name, each in found.items()),
        *(Figure(f"{name}, CPU for each", each.cpu_milliseconds, "ms") for name, each in found.items()),
        *(Figure(f"{name}, written for each", each.kilobytes_written, "kB") for name, each in found.items()),
        Figure(
            "alertnet / ceiling, delivered", ours.delivered_per_second / least.delivered_per_second, "x", at_least=0.2
        ),
        Figure("alertnet / ceiling, CPU", ours.cpu_milliseconds / least.cpu_milliseconds, "x", 6),
    ]


def drive(of: Program, number: int, connections: int, rate: float = 0) -> list[tuple[str, int]]:
    """Report so many incidents from a separate process; see `benchmarks.driver`.

    Raises:
        RuntimeError: they were not accepted; with the process's output.
    """
    command = [sys.executable, "-m", "benchmarks.driver", of.to_json(), str(number), str(connections), str(rate)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    raised: list[tuple[str, int]] = json.loads(done.stdout)
    return raised


def _burst(sink: Sink, starts: AbstractContextManager[Program]) -> Burst:
    with starts as of:
        before, written = program.cpu_seconds(of.pid), _bytes_written(of.pid)
        raised = drive(of, INCIDENTS, CONNECTIONS)
        sink.wait_for_all(INCIDENTS, DELIVER_SECONDS)
        arrived = {ref: sink.arrivals[ref][0] for ref, _ in raised}
        seconds = (max(arrived.values()) - min(sent_at for _, sent_at in raised)) / 1e9
        return Burst(
            INCIDENTS / seconds,
            [(arrived[ref] - sent_at) / 1e6 for ref, sent_at in raised],
            (program.cpu_seconds(of.pid) - before) * 1000 / INCIDENTS,
            (_bytes_written(of.pid) - written) / 1000 / INCIDENTS,
        )


def _bytes_written(pid: int) -> int:
    """The bytes that the process has sent to disks, from Linux's process table."""
    counts = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(counts["write_bytes"])
