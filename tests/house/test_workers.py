"""Workers that share the tests: one that ends early keeps no test from being missed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

PATIENCE = 60
"""Seconds until a run counts as one without end."""


def tried(folder: Path, tests: str) -> "subprocess.CompletedProcess[str]":
    """How a worker tries these tests, once nobody is left who could write of it."""
    (folder / "test_it.py").write_text(tests)
    options = ("-c", os.devnull, "-p", "tests.workers", "--workers", "1", "-p", "no:cacheprovider", "--rootdir", folder)
    return subprocess.run(
        (sys.executable, "-m", "pytest", *options, folder),
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_a_worker_that_ends_in_the_middle_is_told_by_its_test_and_not_passed_over(tmp_path: Path) -> None:
    """Also if it says that all is well: the tests that were left to it were not tried."""
    run = tried(tmp_path, "def test_well(): ...\ndef test_ends(): __import__('os')._exit(0)\n")

    assert (run.returncode, "1 passed" in run.stdout) == (1, True), run.stdout + run.stderr
    assert "a worker ended with 0 in test_it.py::test_ends" in run.stdout


@pytest.mark.long
def test_no_worker_outlives_a_run_that_is_killed(tmp_path: Path) -> None:
    """It would wait for tests for ever, and keep the servers that it has."""
    run = tried(tmp_path, "import os\ndef test_well(): ...\ndef test_kills(): os.kill(os.getppid(), 9)\n")

    assert run.returncode == -9
