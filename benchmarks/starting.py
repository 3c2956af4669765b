"""Measures how long the commands take: `--help`, and `serve` from its start until it answers and is ready.

It is the templates that ship, which the tests have checked: the first start on a database would check others.
"""

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
    """Medians in seconds; for the start also its CPU."""
    helps = [_help() for _ in range(HELPS)]
    with Sink() as sink:
        first, later = ([_start(sink, starts) for _ in range(STARTS)] for starts in (1, 2))
    return [
        Figure("--help", median(helps), "s", 0.4),
        Figure("first start to ready", median(seconds for seconds, _ in first), "s", 2),
        Figure("start to ready", median(seconds for seconds, _ in later), "s", 2),
        Figure("processor time of a first start", median(busy for _, busy in first), "s"),
        Figure("processor time of a start", median(busy for _, busy in later), "s"),
    ]


def _help() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "alertnet", "--help"], cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - began


def _start(sink: Sink, starts: int) -> tuple[float, float]:
    """For the last of so many starts, the seconds until it was ready, and its CPU seconds."""
    with program.alertnet(trees({"CO": 7200}), sink.url, starts=starts) as ours:
        return ours.seconds_to_answer, program.cpu_seconds(ours.pid)
