"""The results of a run: each figure with its spread over the rounds, the machine, a file, a table, and a picture."""

import json
import os
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from math import log10
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure

HEAD = ("benchmark", "figure", "median", "least to most", "target", "")
WIDTH, ROW, LEFT, MOST = 900, 22, 330, 10.0
"""Sizes of the picture in pixels; a bar ends at `MOST` times its target."""


@dataclass(frozen=True)
class Result:
    """A figure with its values from the rounds of a run."""

    benchmark: str
    figure: Figure
    """Its value is the median."""
    least: float
    most: float

    @property
    def cells(self) -> tuple[str, ...]:
        """A row of the table."""
        each, verdict = self.figure, "missed" if self.figure.missed else "met"
        spread = f"{self.least:.2f} to {self.most:.2f}"
        return (
            self.benchmark,
            each.name,
            f"{each.value:.2f} {each.unit}".strip(),
            spread,
            each.target,
            verdict * bool(each.target),
        )

    @property
    def times_the_target(self) -> float | None:
        """The figure as a multiple of its limit (below 1 is good); None where there is no target."""
        each = self.figure
        if each.at_most is not None:
            return each.value / max(each.at_most, 1e-9)
        return None if each.at_least is None else each.at_least / max(each.value, 1e-9)


def results(benchmark: str, rounds: Iterable[list[Figure]]) -> list[Result]:
    """The results of a benchmark from its rounds, which give the same figures."""
    found = []
    for alike in zip(*rounds, strict=True):
        values, first = [each.value for each in alike], alike[0]
        figure = Figure(first.name, median(values), first.unit, first.at_most, first.at_least)
        found.append(Result(benchmark, figure, min(values), max(values)))
    return found


def machine(load: float) -> dict[str, Any]:
    """The machine that it ran on; `load`: how many processes wanted a CPU when it began."""
    known = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"^model name\s*: (.*)$", known, re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "load at the start": round(load, 1),
    }


def to_json(on: Mapping[str, Any], rounds: int, found: Iterable[Result]) -> str:
    """The file with everything about a run."""
    rows = [
        {"benchmark": each.benchmark, **vars(each.figure), "least": each.least, "most": each.most} for each in found
    ]
    return json.dumps({"machine": on, "rounds": rounds, "figures": rows}, indent=1)


def read(path: Path) -> tuple[dict[str, Any], int, list[Result]]:
    """Read what `to_json` has written: the machine, the rounds, the results."""
    kept = json.loads(path.read_text())
    found = [
        Result(row.pop("benchmark"), least=row.pop("least"), most=row.pop("most"), figure=Figure(**row))
        for row in kept["figures"]
    ]
    return kept["machine"], kept["rounds"], found


def picture(found: Iterable[Result]) -> str:
    """Every figure that has a target, as a bar on a logarithmic axis; a bar beyond the line misses it."""
    rows = [(each, times) for each in found if (times := each.times_the_target) is not None]
    scale = (WIDTH - LEFT - 70) / (2 * log10(MOST))
    line = LEFT + scale * log10(MOST)
    height = ROW * (len(rows) + 1)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" '
        f'font-size="12"><rect width="{WIDTH}" height="{height}" fill="#fff"/>'
    ]
    for place, (each, times) in enumerate(rows):
        top, length = ROW * place + 4, scale * (log10(min(max(times, 1 / MOST), MOST)) + log10(MOST))
        colour = "#c0392b" if each.figure.missed else "#2e7d54"
        name = escape(f"{each.benchmark}: {each.figure.name}")
        drawn.append(f'<text x="{LEFT - 8}" y="{top + 12}" text-anchor="end">{name}</text>')
        drawn.append(f'<rect x="{LEFT}" y="{top}" width="{max(length, 1):.0f}" height="{ROW - 8}" fill="{colour}"/>')
        drawn.append(f'<text x="{LEFT + length + 6:.0f}" y="{top + 12}">{times:.2f}</text>')
    drawn.append(f'<path d="M{line:.0f} 0V{ROW * len(rows)}" stroke="#222"/>')
    words = "what is asked: less is better"
    drawn.append(f'<text x="{line:.0f}" y="{height - 7}" text-anchor="middle">{words}</text></svg>')
    return "\n".join(drawn) + "\n"
