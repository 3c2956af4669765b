"""`python -m benchmarks [NAME…]`: runs all or the named benchmarks and compares their figures with the targets.

Exit code 1 where a target is missed.
"""

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import (
    acknowledged,
    burst,
    claiming,
    console,
    critical,
    decisions,
    latency,
    memory,
    notifying,
    postgres,
    punctuality,
    route,
    scaling,
    slow_provider,
    snapshot,
    starting,
    statuses,
    steady,
    takeover,
    tick,
    trees_at_scale,
)
from benchmarks.figures import Figure
from benchmarks.results import HEAD, machine, picture, results, to_json

BENCHMARKS = {
    "latency": latency.measure,
    "steady": steady.measure,
    "burst": burst.measure,
    "critical": critical.measure,
    "slow": slow_provider.measure,
    "acknowledged": acknowledged.measure,
    "starting": starting.measure,
    "postgres": postgres.measure,
    "route": route.measure,
    "punctuality": punctuality.measure,
    "memory": memory.measure,
    "tick": tick.measure,
    "journeys": tick.measure_journeys,
    "scaling": scaling.measure,
    "decisions": decisions.measure,
    "claiming": claiming.measure,
    "console": console.measure,
    "statuses": statuses.measure,
    "snapshot": snapshot.measure,
    "notifying": notifying.measure,
    "takeover": takeover.measure,
    "trees": trees_at_scale.measure,
}


def main() -> int:
    """Run what was asked for; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure speed, and hold it to the targets."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; all if none is named")
    parser.add_argument("--rounds", type=int, default=1, help="how often each is measured, turn by turn")
    parser.add_argument("--json", type=Path, help="write what was measured to that file, and a picture beside it")
    given = parser.parse_args()
    names = given.names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark {unknown[0]!r} (there are: {', '.join(BENCHMARKS)})")
    console, load = Console(), os.getloadavg()[0]
    rounds: dict[str, list[list[Figure]]] = {name: [] for name in names}
    for number in range(given.rounds):
        for name in names:
            with console.status(f"{name} ({number + 1} of {given.rounds}) …"):
                rounds[name].append(BENCHMARKS[name]())
    found = [each for name in names for each in results(name, rounds[name])]
    table = Table(*HEAD)
    for each in found:
        table.add_row(*each.cells)
    console.print(table)
    if given.json:
        given.json.write_text(to_json(machine(load), given.rounds, found))
        given.json.with_suffix(".svg").write_text(picture(found))
    return int(any(each.figure.missed for each in found))


if __name__ == "__main__":
    sys.exit(main())
