"""What the browser tests need is found or installed before anything needs it, and else named in one line."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NO_LIBRARY = "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file"


class Machine:
    """A machine whose programs are those of a folder: a driver's node that lacks a library, and no Chromium."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "installed"
        self.has("node", f"echo {shlex.quote(NO_LIBRARY)} >&2; exit 127")

    def has(self, name: str, script: str) -> None:
        program = self.folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def prepare(self) -> subprocess.CompletedProcess[str]:
        """What `make browser` runs."""
        environment = {
            "PATH": str(self.folder),
            "PLAYWRIGHT_NODEJS_PATH": str(self.folder / "node"),
            "HOME": os.devnull,
        }
        command = [sys.executable, "-m", "tests.browser.chromium"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may install packages")
@pytest.mark.parametrize("browser", ["chromium-headless-shell", "chromium"])
def test_what_the_driver_needs_is_installed_with_the_lightest_browser_there_is(machine: Machine, browser: str) -> None:
    works, chmod = "printf '#!/bin/sh\\nexit 0\\n'", shutil.which("chmod")
    put = f"for name in node {browser}; do {works} > {machine.folder}/$name; {chmod} 755 {machine.folder}/$name; done"
    machine.has(
        "apt-get",
        f'echo "$@" >> {machine.log}; case "$1 $* " in install*" {browser} "*) {put};; install*) exit 100;; esac',
    )

    done = machine.prepare()

    assert (done.returncode, done.stderr) == (0, "")
    update, *_, installed = machine.log.read_text().splitlines()
    assert update.startswith("update")
    assert {browser, "libatomic1"} <= set(installed.split())


def test_a_machine_that_can_not_install_is_told_what_is_missing_in_one_line(machine: Machine) -> None:
    done = machine.prepare()

    assert done.returncode == 0, "the other tests run"
    (line,) = done.stderr.splitlines()
    assert "NO BROWSER TEST RUNS" in line
    assert "libatomic.so.1" in line
    assert "a Chromium (none is installed)" in line
    assert "apt-get install chromium" in line
