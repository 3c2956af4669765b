"""Nights in which machines, database, network and provider fail keep every promise, and each seed is one night."""

import subprocess
import sys

import pytest

from tests.house.source import ROOT

Lived = subprocess.CompletedProcess[str]

FIRST = 2
"""Nights of each run of the tests, from the second on; whoever changes a flow lives through more."""


def simulate(*arguments: str) -> Lived:
    return subprocess.run(
        [sys.executable, "-m", "simulation", "--jobs", "1", *arguments], cwd=ROOT, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def first_nights() -> Lived:
    return simulate("--from", "2", "--seeds", str(FIRST), "--story")


@pytest.fixture(params=[FIRST, pytest.param(300, marks=pytest.mark.long)])
def lived(request: pytest.FixtureRequest) -> Lived:
    return (
        request.getfixturevalue("first_nights") if request.param == FIRST else simulate("--seeds", str(request.param))
    )


def test_no_night_breaks_a_promise(lived: Lived) -> None:
    """A1-A12: whatever fails, by a few seeds; `make simulate` lives through more."""
    assert lived.returncode == 0, lived.stdout + lived.stderr
    assert "every promise was kept" in lived.stdout


def test_a_seed_tells_the_same_story_each_time(first_nights: Lived) -> None:
    """A failing night can be replayed, alone as among others, and looked at as often as it takes."""
    again = simulate("--from", "2", "--seeds", "1", "--story")

    assert "hands over" in story_of(2, again)
    assert story_of(2, again) == story_of(2, first_nights)


def story_of(night: int, lived: Lived) -> str:
    """What was told of that night."""
    _, _, from_there = lived.stdout.partition(f"── night {night} ")
    return from_there.partition("replay: ")[0]
