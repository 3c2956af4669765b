"""`python -m benchmarks.document FILE…`: puts what `--json` has written into docs/performance.md, with its pictures.

Where several files have a figure, the last one counts.
"""

import re
import sys
from pathlib import Path
from typing import Any

from benchmarks.program import ROOT
from benchmarks.results import Result, picture, read

DOCUMENT = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "performance.svg"
MEASURED = re.compile(r"(?<=<!-- measured -->\n).*(?=<!-- end -->)", re.DOTALL)


def main(paths: list[str]) -> None:
    """Write the section and the picture."""
    runs = [read(Path(path)) for path in paths]
    found = {(each.benchmark, each.figure.name): each for _, _, some in runs for each in some}
    text = "".join(_conditions(on, rounds, {each.benchmark for each in some}) for on, rounds, some in runs)
    text += "\n| what | median | least to most | asked | |\n|---|---|---|---|---|\n"
    text += "".join(map(_row, found.values()))
    text += f"\n![Each figure beside what is asked of it]({PICTURE.name})\n"
    DOCUMENT.write_text(MEASURED.sub(lambda _: text, DOCUMENT.read_text()))
    PICTURE.write_text(picture(found.values()))


def _conditions(on: dict[str, Any], rounds: int, benchmarks: set[str]) -> str:
    busy = on["load at the start"]
    state = "a **loaded** machine: read the ratios alone" if busy > on["processors"] / 2 else "a quiet machine"
    return (
        f"- {', '.join(sorted(benchmarks))}: {rounds} rounds on {state} (load {busy} when it began). "
        f"{on['processors']} processors ({on['processor']}), {on['system']}, Python {on['python']}, {on['at'][:10]}.\n"
    )


def _row(each: Result) -> str:
    benchmark, name, *cells = each.cells
    return f"| {benchmark}: {name} | {' | '.join(cells)} |\n"


if __name__ == "__main__":
    main(sys.argv[1:])
