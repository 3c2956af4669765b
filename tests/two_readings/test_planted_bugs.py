"""The second reading finds bugs that were put in on purpose: it tells what a copy with one of them does otherwise."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

COPIED = ("alertnet", "tests")
STEPS, LEVELS = "alertnet/core/escalation/contact_steps.py", "alertnet/core/escalation/levels.py"
STATE = "alertnet/core/escalation/state.py"
BUGS = {
    "a repeat rings in quiet hours": (STEPS, " and reach.held_until(used.method, at) == at", ""),
    "what fails brings the next to ring in quiet hours": (
        STEPS,
        "if reach.held_until(method_index, at) != at:",
        "if False:",
    ),
    "a level that quiet hours hold back is over as soon": (
        LEVELS,
        "max(min(held) - min(first), timedelta())",
        "timedelta()",
    ),
    "whom quiet hours spare is told in no later round": (
        LEVELS,
        "progress.reopened or contact_steps.is_put_off(progress, reach)",
        "progress.reopened",
    ),
    "who has passed it on is told again": (STATE, "if not self.relayed or contact not in self.answers:", "if True:"),
    "who passes it on to one has passed it on to all": (STATE, " if id == contact)", " if id)"),
    "whoever relays to two makes them one": (
        "alertnet/core/directory/contact.py",
        " and not each.relays)",
        ")",
    ),
}
"""By what they do: in which file what text becomes which other."""


def test_every_bug_still_has_its_place() -> None:
    """The long test puts each in by its text: what has changed since is to be written anew."""
    places = {name: (ROOT / file).read_text().count(text) for name, (file, text, _) in BUGS.items()}

    assert places == dict.fromkeys(BUGS, 1)


@pytest.mark.long
@pytest.mark.parametrize("name", BUGS)
def test_a_bug_that_was_put_in_on_purpose_is_found(name: str, tmp_path: Path) -> None:
    """By the cases that are compared, up to the first that is read otherwise."""
    file, text, becomes = BUGS[name]
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    source = (tmp_path / file).read_text()
    (tmp_path / file).write_text(source.replace(text, becomes))

    compare = [sys.executable, "-m", "pytest", "-q", "-x", "tests/two_readings/test_two_readings.py"]
    ran = subprocess.run(compare, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})

    assert ran.returncode == 1, ran.stdout[-500:] + ran.stderr[-500:]
    assert "test_the_program_and_a_second_reading_of_the_design_agree" in ran.stdout
