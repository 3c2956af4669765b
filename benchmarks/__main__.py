"""`python -m benchmarks [NAME…]`: runs the benchmarks, all or those named, and holds their figures to the targets.

Exit code 1 where one is missed.
"""

import argparse
import sys

from rich.console import Console
from rich.table import Table

from benchmarks import (
    burst,
    claiming,
    decisions,
    latency,
    memory,
    punctuality,
    route,
    scaling,
    takeover,
    tick,
    trees_at_scale,
)
from benchmarks.figures import Figure

BENCHMARKS = {
    "latency": latency.measure,
    "burst": burst.measure,
    "route": route.measure,
    "punctuality": punctuality.measure,
    "memory": memory.measure,
    "tick": tick.measure,
    "journeys": tick.measure_journeys,
    "scaling": scaling.measure,
    "decisions": decisions.measure,
    "claiming": claiming.measure,
    "takeover": takeover.measure,
    "trees": trees_at_scale.measure,
}


def main() -> int:
    """Run what was asked for; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure speed, and hold it to the targets."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; all if none is named")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark {unknown[0]!r} (there are: {', '.join(BENCHMARKS)})")
    console = Console()
    table = Table("benchmark", "figure", "measured", "target", "")
    missed = False
    for name in names:
        with console.status(f"{name} …"):
            figures = BENCHMARKS[name]()
        for figure in figures:
            table.add_row(name, *_cells(figure))
            missed = missed or figure.missed
        table.add_section()
    console.print(table)
    return int(missed)


def _cells(figure: Figure) -> tuple[str, str, str, str]:
    measured = f"{figure.value:.2f} {figure.unit}"
    return figure.name, measured, figure.target, figure.target and ("MISSED" if figure.missed else "met")


if __name__ == "__main__":
    sys.exit(main())
