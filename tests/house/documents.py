"""The documents read as text: their tables, what stands in code spans, the commands that they show, where they lead."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.source import PROGRAM, ROOT

HISTORY = "CHANGELOG.md"
"""What it names may have gone since."""


@cache
def tracked() -> frozenset[str]:
    """Every file of the repository by its path, and every folder."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    files = [Path(name) for name in listed.split("\0") if name]
    return frozenset(str(each) for file in files for each in (file, *file.parents))


def documents() -> dict[str, str]:
    """The text of each document by its path: those that say how it is now."""
    names = sorted(name for name in tracked() if name.endswith(".md") and name != HISTORY)
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in names}


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next of its rank or above."""
    _, found, after = text.partition(f"{heading}\n")
    assert found, f"there is no {heading!r}"
    rank = len(heading.partition(" ")[0])
    return re.split(rf"^#{{1,{rank}}} ", after, flags=re.M)[0]


def rows(text: str) -> list[list[str]]:
    """The rows of all tables in a text, by their cells, without the lines that only draw the table."""
    lines = [line for line in text.splitlines() if re.match(r"\| ?[^ |-]", line)]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def spans(text: str) -> list[str]:
    """What stands between backticks in one line; whole blocks of code do not."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))


def commands(text: str, program: str = PROGRAM) -> Iterator[list[str]]:
    """The words after that program's name in each command that a text shows, in a span or in a line of code."""
    shown = [*spans(text), *(line.strip() for line in text.splitlines() if line.startswith("    "))]
    for line in shown:
        name, _, rest = line.removeprefix(".venv/bin/").partition(" ")
        if name == program:
            yield re.split(r" [>#|] ", rest)[0].split()


def links(text: str) -> list[str]:
    """Where a text leads within the repository: a relative path, a heading, or both."""
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]


def anchors(text: str) -> set[str]:
    """The names by which the headings of a text are reached."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
