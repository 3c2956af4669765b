"""Nights in which machines, database, network and provider fail keep every promise, and each seed is one night."""

import subprocess
import sys

import pytest

from tests.house.source import ROOT


def simulate(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "simulation", "--jobs", "1", *arguments], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize("nights", [30, pytest.param(300, marks=pytest.mark.long)])
def test_no_night_breaks_a_promise(nights: int) -> None:
    """A1-A12: whatever fails, by the first seeds; `make simulate` lives through more."""
    lived = simulate("--seeds", str(nights))

    assert lived.returncode == 0, lived.stdout + lived.stderr
    assert "every promise was kept" in lived.stdout


def test_a_seed_tells_the_same_story_each_time() -> None:
    """A failing night can be replayed, and looked at as often as it takes."""
    told = [story_of(simulate("--from", "3", "--seeds", "1", "--story").stdout) for _ in range(2)]

    assert "hands over" in told[0]
    assert told[0] == told[1]


def story_of(output: str) -> str:
    """What was told, without how long it took."""
    return "\n".join(line for line in output.splitlines() if " nights a second" not in line)
