"""What forges and commits run: accepted by the linters of their own formats, and the same as is typed by hand."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
WORKFLOW = ROOT / ".github/workflows/test.yml"
HOOKS = ROOT / ".pre-commit-config.yaml"
MAKEFILE = (ROOT / "Makefile").read_text()

LINTERS = {
    WORKFLOW: (BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
    ROOT / "compose.yaml": (BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec"),
    HOOKS: (BIN / "pre-commit", "validate-config"),
}
SLIPS = {
    WORKFLOW: ("runs-on:", "run-on:"),
    ROOT / "compose.yaml": ("services:", "service:"),
    HOOKS: ("entry:", "entri:"),
}
"""What somebody may mistype in each."""


def read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text()))


def lint(linter: tuple[Path | str, ...], home: Path, *paths: Path) -> tuple[int, set[Path]]:
    """The exit code of that linter, which keeps its own files in a folder of the test, and which files it names."""
    environment = {**os.environ, "PRE_COMMIT_HOME": str(home)}
    done = subprocess.run([*linter, *paths], env=environment, capture_output=True, check=False, text=True)
    return done.returncode, {path for path in paths if str(path) in done.stdout + done.stderr}


def steps() -> list[str]:
    """All that the workflow types."""
    return [step["run"] for job in read(WORKFLOW)["jobs"].values() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("path", LINTERS, ids=lambda path: path.name)
def test_its_own_linter_accepts_it_and_no_slip_in_it(path: Path, tmp_path: Path) -> None:
    mistyped = tmp_path / path.name
    mistyped.write_text(path.read_text().replace(*SLIPS[path], 1))

    assert lint(LINTERS[path], tmp_path, path, mistyped) == (1, {mistyped})


def test_a_commit_runs_what_check_runs_before_the_tests() -> None:
    """The hooks format in place, where `make check` only looks."""
    hooks = [hook for repo in read(HOOKS)["repos"] for hook in repo["hooks"]]
    typed = re.search(r"^check:.*\n((?:\t.*\n)+)", MAKEFILE, re.M)
    assert typed
    by_hand = [line.strip().removeprefix("$(BIN)/").removesuffix(" --check") for line in typed[1].splitlines()]

    assert [hook["entry"].removeprefix(".venv/bin/").removesuffix(" --force-exclude") for hook in hooks] == by_hand[:-1]
    assert by_hand[-1].startswith("python -m pytest")


def test_a_commit_fetches_nothing() -> None:
    """Whatever a hook needs is in .venv, from the pins."""
    repos = read(HOOKS)["repos"]

    assert [repo["repo"] for repo in repos] == ["local"]
    assert {(hook["language"], hook["entry"].split("/")[0]) for hook in repos[0]["hooks"]} == {("system", ".venv")}


def test_every_python_that_make_looks_for_is_tried() -> None:
    tried = read(WORKFLOW)["jobs"]["test"]["strategy"]["matrix"]["python"]

    assert sorted(tried) == sorted(set(re.findall(r"\bpython(3\.\d+)\b", MAKEFILE)))
    assert len(tried) == 4


def test_the_workflow_types_nothing_but_targets_of_make() -> None:
    """What a forge does can be done by hand; git alone is told whose files it may trust."""
    by_make = [step for step in steps() if not step.startswith("git config ")]

    assert by_make == ["make check", "make test"]
    assert all(re.search(rf"^{step.removeprefix('make ')}:", MAKEFILE, re.M) for step in by_make)
