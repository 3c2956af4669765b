"""`python -m simulation`: runs so many nights, beginning at one seed, and reports those that break a promise.

For each of those it prints the story and the command that replays it. Exit code 1 if there is one.
"""

import argparse
import os
import shlex
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulation.world.chance import SHARES

if TYPE_CHECKING:
    from simulation.nights import Told

HASH_SEED = "0"
"""The order of text in sets differs between runs of Python unless this is set.

With it, a seed gives the whole night.
"""
_WANTED = f"what comes in each night that it can come in, beside what the seed gives: {', '.join(SHARES)}"


def main() -> int:
    """Run the nights that were asked for; returns the exit code."""
    given = _arguments()
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:
        again = [sys.executable, "-m", "simulation", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": HASH_SEED})
    # Imported only now: the process that merely restarts itself need not load it all, which takes seconds.
    from simulation.nights import live_in_processes

    seeds = range(given.first, given.first + given.seeds)
    began = time.monotonic()
    broken = taken = 0
    for told in live_in_processes(seeds, given.jobs, given.wanted):
        taken += told.taken
        broken += bool(told.breaks)
        if told.breaks or given.story:
            _print(told, given.wanted)
        if told.breaks and given.stop:
            return 1
    seconds = time.monotonic() - began
    print(f"{len(seeds)} nights, {taken} messages, {seconds:.0f} s ({len(seeds) / seconds:.1f} nights a second)")
    print(f"{broken} nights broke a promise" if broken else "every promise was kept")
    return int(broken > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulation",
        description="Live through nights in which machines, database, network and provider fail, and check A1-A12.",
        epilog="example: python -m simulation --from 4711 --seeds 1 --story",
    )
    parser.add_argument("--seeds", type=int, default=200, metavar="N", help="how many nights (default: 200)")
    parser.add_argument("--from", type=int, default=1, metavar="K", dest="first", help="the first seed (default: 1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="J", help="processes (default: all)")
    parser.add_argument("--with", nargs="+", default=[], choices=SHARES, metavar="WHAT", dest="wanted", help=_WANTED)
    parser.add_argument("--stop", action="store_true", help="stop at the first night that breaks a promise")
    parser.add_argument("--story", action="store_true", help="tell the story of every night")
    return parser.parse_args()


def _print(told: "Told", wanted: Sequence[str]) -> None:
    print(f"── night {told.seed} " + "─" * 60)
    print(told.story)
    for each in told.breaks:
        print(f"night {told.seed} breaks {each.promise}: {each.how}")
    also = shlex.join(["--with", *wanted]) if wanted else ""
    print(f"replay: python -m simulation --from {told.seed} --seeds 1 --story {also}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
