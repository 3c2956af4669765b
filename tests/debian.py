"""What a test needs besides Python, from Debian's packages where they may be installed."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

WITHIN_SECONDS = 90
"""How long a program may take to say its version, or to be up."""


class Missing(Exception):
    """What some of the tests lack, in one line."""


@dataclass(frozen=True)
class Program:
    """A program found where there is one, else taken from its package, so that no service of its own begins.

    `setting`: the variable that says where one is. `lacking`: what does not run without it.
    """

    name: str
    called: str
    setting: str
    lacking: str
    says_version: str = "--version"

    def find(self) -> str:
        """Where one is that runs on this machine.

        Raises:
            Missing: there is none, and why.
        """
        ours = (str(self._folder / each) for each in ("usr/bin", "usr/sbin"))
        path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *ours])
        program = os.environ.get(self.setting) or shutil.which(self.name, path=path)
        fault = fault_of(program, self.says_version, seconds=WITHIN_SECONDS) if program else "none is installed"
        if program and not fault:
            return program
        raise Missing(
            f"{self.lacking}. Missing: {self.called} ({fault}). On Debian, as root: apt-get install {self.name}. "
            f"Or say in {self.setting} where it is."
        )

    def needed(self) -> str:
        """Where one is; without one the test is left out."""
        try:
            return self.find()
        except Missing as missing:
            pytest.skip(str(missing))

    def install(self) -> str:
        """Where one is now, once it was installed where it was not there and may be.

        Raises:
            Missing: as `find`, and what the installer said.
        """
        said: list[str] = []
        try:
            return self.find()
        except Missing:
            if may_install():
                said = install(self._libraries()) + unpack(self.name, self._folder)
        try:
            return self.find()
        except Missing as missing:
            raise Missing(" ".join([str(missing), *(f"Installing ended with: {said[-1]}" for _ in said[:1])])) from None

    def main(self) -> None:
        """Install it, or say what is missing."""
        try:
            self.install()
        except Missing as missing:
            sys.stderr.write(f"*** {missing}\n")

    @property
    def _folder(self) -> Path:
        return Path(sys.prefix) / self.name

    def _libraries(self) -> list[str]:
        """What the package needs, as far as a program is linked against it."""
        fault_of("apt-get", "update", "-qq")
        listed = subprocess.run(["apt-cache", "depends", self.name], capture_output=True, text=True, check=False)
        needed = [line.partition("Depends: ")[2] for line in listed.stdout.splitlines()]
        return [name for name in needed if name.startswith("lib")]


@contextmanager
def running(
    command: Sequence[str | Path], folder: Path, is_up: Callable[[], bool], env: Mapping[str, str] | None = None
) -> Iterator[Path]:
    """The file of what it says, while it runs; it is up when this begins, and killed at the end."""
    log, until = folder / "log", time.monotonic() + WITHIN_SECONDS
    with log.open("w") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
    try:
        while not is_up():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield log
    finally:
        process.kill()
        process.wait()


def may_install() -> bool:
    """Whether this machine is one of Debian's kind, and we are its root."""
    return bool(shutil.which("apt-get")) and os.geteuid() == 0


def install(packages: Sequence[str]) -> list[str]:
    """Install them without asking; what went wrong."""
    # A list of packages that can't be renewed may be good enough: whether it was is seen by the next command.
    options = ("-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300")
    commands = (("apt-get", "update", "-qq"), ("apt-get", "install", *options, *packages))
    return [fault for command in commands if (fault := fault_of(*command))]


def unpack(package: str, target: Path) -> list[str]:
    """Put the files of a package into a folder, so that no service of its own begins; what went wrong."""
    with TemporaryDirectory() as folder:
        fault = fault_of("apt-get", "download", "-qq", package, folder=folder)
        found = next(Path(folder).glob(f"{package}_*.deb"), None)
        if found is None:
            return [fault]
        unpacked = fault_of("dpkg-deb", "--extract", str(found), str(target))
        return [unpacked] if unpacked else []


def fault_of(*command: str, seconds: float | None = None, folder: str | None = None) -> str:
    """The last line that the command says when it fails; empty when it succeeds."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        return str(fault)
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return (said or [f"exit code {done.returncode}"])[-1] if done.returncode else ""
