"""What a test needs besides Python, from Debian's packages where they may be installed."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory


class Missing(Exception):
    """What some of the tests lack, in one line."""


def found_or_installed(find: Callable[[], str], install: Callable[[], list[str]]) -> str:
    """What `find` finds, once it was installed where it was not there and may be.

    Raises:
        Missing: as `find`, and what the installer said.
    """
    said: list[str] = []
    try:
        return find()
    except Missing:
        if may_install():
            said = install()
    try:
        return find()
    except Missing as missing:
        raise Missing(" ".join([str(missing), *(f"Installing ended with: {fault}" for fault in said[-1:])])) from None


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
