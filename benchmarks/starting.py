"""How long the commands take: `--help`, and `serve` from its start until it answers and is ready."""

import subprocess
import sys
import time
from statistics import median

from benchmarks import program
from benchmarks.figures import Figure
from benchmarks.program import ROOT
from benchmarks.sink import Sink
from benchmarks.trees import trees

HELPS, STARTS = 5, 3


def measure() -> list[Figure]:
    """Medians, in seconds; of the start also how much of a processor it takes."""
    helps = [_help() for _ in range(HELPS)]
    with Sink() as sink:
        starts = [_start(sink) for _ in range(STARTS)]
    return [
        Figure("--help", median(helps), "s", 0.4),
        Figure("start to ready", median(seconds for seconds, _ in starts), "s", 2),
        Figure("processor time of a start", median(busy for _, busy in starts), "s"),
    ]


def _help() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "alertnet", "--help"], cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - began


def _start(sink: Sink) -> tuple[float, float]:
    with program.alertnet(trees({"CO": 7200}), sink.url) as ours:
        return ours.seconds_to_answer, program.cpu_seconds(ours.pid)
