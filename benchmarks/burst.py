"""A burst: thousands of incidents as fast as they are taken, by alertnet and by the ceiling, one after the other."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import program
from benchmarks.figures import Figure, percentile
from benchmarks.memory import megabytes
from benchmarks.program import ROOT, Program
from benchmarks.sink import Sink
from benchmarks.trees import trees

INCIDENTS = 3000
CONNECTIONS = 16
DELIVER_SECONDS = 300


@dataclass(frozen=True)
class Burst:
    """What came of one burst."""

    delivered_per_second: float
    waits: list[float]
    """From each report to the provider, in milliseconds."""
    cpu_milliseconds: float
    """Of the program, for each notification."""
    kilobytes_written: float
    """To files, for each notification."""
    megabytes: float
    """Resident when all was delivered."""


def measure() -> list[Figure]:
    """Delivered a second, waits, CPU and memory of both, and their ratios."""
    with Sink() as sink, program.ceiling(sink.url) as least:
        ceiling = _burst(sink, least)
    with Sink() as sink, program.alertnet(trees({"CO": 7200}), sink.url) as ours:
        alertnet = _burst(sink, ours)
    return [
        Figure("ceiling, delivered a second", ceiling.delivered_per_second, "1/s"),
        Figure("alertnet, delivered a second", alertnet.delivered_per_second, "1/s"),
        Figure("ceiling, p99", percentile(ceiling.waits, 99), "ms"),
        Figure("alertnet, p99", percentile(alertnet.waits, 99), "ms"),
        Figure("ceiling, CPU for each", ceiling.cpu_milliseconds, "ms"),
        Figure("alertnet, CPU for each", alertnet.cpu_milliseconds, "ms"),
        Figure("ceiling, written for each", ceiling.kilobytes_written, "kB"),
        Figure("alertnet, written for each", alertnet.kilobytes_written, "kB"),
        Figure(
            "alertnet / ceiling, delivered",
            alertnet.delivered_per_second / ceiling.delivered_per_second,
            "x",
            at_least=0.2,
        ),
        Figure("alertnet / ceiling, CPU", alertnet.cpu_milliseconds / ceiling.cpu_milliseconds, "x", 6),
        Figure("alertnet / ceiling, memory", alertnet.megabytes / ceiling.megabytes, "x", 1.6),
    ]


def _burst(sink: Sink, of: Program) -> Burst:
    before, written = _cpu_seconds(of.pid), _bytes_written(of.pid)
    command = [sys.executable, "-m", "benchmarks.driver", of.url, of.key or "-", str(INCIDENTS), str(CONNECTIONS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    raised = json.loads(done.stdout)
    sink.wait_for_all(INCIDENTS, DELIVER_SECONDS)
    arrived = {ref: sink.arrivals[ref][0] for ref, _ in raised}
    seconds = (max(arrived.values()) - min(sent_at for _, sent_at in raised)) / 1e9
    return Burst(
        INCIDENTS / seconds,
        [(arrived[ref] - sent_at) / 1e6 for ref, sent_at in raised],
        (_cpu_seconds(of.pid) - before) * 1000 / INCIDENTS,
        (_bytes_written(of.pid) - written) / 1000 / INCIDENTS,
        megabytes(of.pid, "VmRSS"),
    )


def _cpu_seconds(pid: int) -> float:
    """What the process has used of processors, from the process table of Linux."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _bytes_written(pid: int) -> int:
    """What the process has sent to disks, from the process table of Linux."""
    counts = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(counts["write_bytes"])
