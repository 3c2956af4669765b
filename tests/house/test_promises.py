"""The promises and the outside that code and tests cite by number stand in the documents."""

import re
from pathlib import Path

from tests.house.source import ROOT

CITED = re.compile(r"(?<![\w+#])[AB]\d{1,2}(?![\w.-])")
CITING = ("alertnet", "migrations", "tests", "simulation", "torture", "benchmarks")


def stated() -> set[str]:
    """Every number that has a heading."""
    texts = [(ROOT / "docs" / name).read_text() for name in ("promises.md", "interface.md")]
    return {number for text in texts for number in re.findall(r"^## ([AB]\d+) ", text, re.M)}


def docstrings(path: Path) -> str:
    """The docstrings and comments of a module, roughly: what stands in quotes of three, or after a #."""
    return "\n".join(re.findall(r'""".*?"""|#[^\n]*', path.read_text(), re.S))


def test_every_number_that_is_cited_is_stated() -> None:
    """Whoever reads "A5" in a test finds its words by one search."""
    cited: dict[str, str] = {}
    for folder in CITING:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for number in CITED.findall(docstrings(path)):
                cited.setdefault(number, str(path.relative_to(ROOT)))

    assert {"A1", "A5", "B3"} <= set(cited)
    assert {number: where for number, where in cited.items() if number not in stated()} == {}


def test_nothing_cites_an_issue() -> None:
    """Issues come and go and stand nowhere in the repository."""
    phrase = re.compile(r"\b(?:[Ii]ssues? \d|design [AB]\d)")

    found = {
        str(path.relative_to(ROOT)): line.strip()
        for folder in CITING
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in path.read_text().splitlines()
        if phrase.search(line) and path != Path(__file__)
    }

    assert phrase.search("Issue 3: the heartbeat")
    assert found == {}
