"""Nights in which machines, database, network and provider fail keep every promise, and each seed is one night."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.house.source import ROOT

Lived = subprocess.CompletedProcess[str]

FIRST = 2
"""The night of each run of the tests; whoever changes a flow lives through more."""


def simulate(*arguments: str) -> Lived:
    return subprocess.run(
        [sys.executable, "-m", "simulation", "--jobs", "1", *arguments], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "nights", [("--from", str(FIRST), "--seeds", "1"), pytest.param(("--seeds", "300"), marks=pytest.mark.long)]
)
def test_no_night_breaks_a_promise(nights: Sequence[str]) -> None:
    """A1-A12: whatever fails, by one seed; `make simulate` lives through more."""
    lived = simulate(*nights)

    assert lived.returncode == 0, lived.stdout + lived.stderr
    assert "every promise was kept" in lived.stdout


@pytest.mark.long
def test_a_seed_tells_the_same_story_each_time() -> None:
    """A failing night can be replayed, alone as among others, and looked at as often as it takes."""
    alone, among_others = (
        simulate("--from", first, "--seeds", seeds, "--story") for first, seeds in (("2", "1"), ("1", "2"))
    )

    assert "hands over" in story_of(2, alone)
    assert story_of(2, alone) == story_of(2, among_others)


def story_of(night: int, lived: Lived) -> str:
    """What was told of that night."""
    _, _, from_there = lived.stdout.partition(f"── night {night} ")
    return from_there.partition("replay: ")[0]
