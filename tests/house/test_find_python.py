"""`make venv` takes a Python that whoever runs the service may run too."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

FIND = Path(__file__).parents[2] / ".ci/find-python"


def python(folder: Path, mode: int, *, able: bool = True) -> str:
    """A program that says what a Python in that folder would say; its folder has that mode."""
    folder.mkdir()
    program = folder / "python3"
    program.write_text(f"#!/bin/sh\n{f'echo {program}' if able else 'exit 1'}\n")
    program.chmod(0o755)
    folder.chmod(mode)
    return str(program)


def found(*candidates: str) -> tuple[str, str]:
    done = subprocess.run([FIND, *candidates], capture_output=True, text=True, check=False)
    return done.stdout.strip(), done.stderr


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A folder that everybody may enter."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_the_first_that_can_make_an_environment_is_taken(shelf: Path) -> None:
    broken, first, second = (
        python(shelf / "a", 0o755, able=False),
        python(shelf / "b", 0o755),
        python(shelf / "c", 0o755),
    )

    assert found("no-such-python", broken, first, second) == (first, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's environments are for others")
def test_root_passes_over_a_python_that_only_root_may_run(shelf: Path) -> None:
    private, public = python(shelf / "private", 0o700), python(shelf / "public", 0o755)

    assert found(private, public) == (public, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's environments are for others")
def test_root_takes_one_of_its_own_where_there_is_no_other_and_is_told(shelf: Path) -> None:
    private = python(shelf / "private", 0o700)

    chosen, said = found(private)

    assert chosen == private
    assert "root's alone" in said


def test_none_is_found_where_none_can(shelf: Path) -> None:
    broken, able = python(shelf / "a", 0o755, able=False), python(shelf / "b", 0o755)

    assert [found("no-such-python", each)[0] for each in (broken, able)] == ["", able]
