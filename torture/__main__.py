"""`python -m torture [TRIAL…]`: runs all or the named trials; exit code 1 where the promise is broken."""

import argparse
import sys

from rich.console import Console
from rich.table import Table

from torture.reckoning import Reckoning
from torture.trials import TRIALS, Plan

COLUMNS = ("trial", "seed", "accepted", "lost", "next told", "extra", "unmarked", "late", "latest", "")
EXPLAINED = """\
next told: alerts that failed after two doubts, and the next in turn was told.
extra: messages sent once more, marked as such; unmarked: without that mark.
late: alerts that left over 5 s after their moment; latest: by how much.\
"""
PLAIN_WIDTH = 100
SHOWN = 20
"""The most faults of a trial that are listed."""


def main() -> int:
    """Run what was asked for; returns the exit code."""
    asked = _parse()
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    table = Table(*COLUMNS)
    broken = False
    for name in asked.trials or TRIALS:
        for seed in range(asked.seed, asked.seed + asked.times):
            with console.status(f"{name}, seed {seed} …"):
                found = TRIALS[name](Plan(asked.seconds, asked.incidents, seed))
            table.add_row(name, str(seed), *_cells(found))
            for fault in found.faults[:SHOWN]:
                console.print(f"{name}, seed {seed}: {fault}")
            broken = broken or bool(found.faults)
    console.print(table, EXPLAINED, sep="\n")
    return int(broken)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m torture", description="Try to make alertnet lose an alert.")
    parser.add_argument("trials", nargs="*", metavar="TRIAL", help=f"{', '.join(TRIALS)}; all if none is named")
    parser.add_argument("--seconds", type=float, default=60, help="how long incidents are reported in each")
    parser.add_argument("--incidents", type=int, default=600, help="how many are reported in each")
    parser.add_argument("--seed", type=int, default=1, help="where chance begins")
    parser.add_argument("--times", type=int, default=1, help="how often each is run, with one seed after another")
    asked = parser.parse_args()
    if unknown := [name for name in asked.trials if name not in TRIALS]:
        parser.error(f"no trial {unknown[0]!r} (there are: {', '.join(TRIALS)})")
    return asked


def _cells(found: Reckoning) -> tuple[str, ...]:
    counts = (found.accepted, found.lost, found.handed_over, found.marked, found.unmarked, found.late)
    verdict = "BROKEN" if found.faults else "kept"
    return *map(str, counts), f"{found.latest.total_seconds():.1f} s", verdict


if __name__ == "__main__":
    sys.exit(main())
