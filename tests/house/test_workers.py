"""Workers that share the tests: one that ends early keeps no test from being missed."""

import os
import subprocess
import sys
from pathlib import Path

from tests.house.source import ROOT


def test_a_worker_that_ends_in_the_middle_is_told_by_its_test_and_not_passed_over(tmp_path: Path) -> None:
    """Also if it says that all is well: the tests that were left to it were not tried."""
    (tmp_path / "test_it.py").write_text("def test_well(): ...\ndef test_ends(): __import__('os')._exit(0)\n")
    options = (
        "-c",
        os.devnull,
        "-p",
        "tests.workers",
        "--workers",
        "1",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        tmp_path,
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

    tried = subprocess.run(
        (sys.executable, "-m", "pytest", *options, tmp_path),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (tried.returncode, "1 passed" in tried.stdout) == (1, True), tried.stdout + tried.stderr
    assert "a worker ended with 0 in test_it.py::test_ends" in tried.stdout
