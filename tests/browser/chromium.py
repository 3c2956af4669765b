"""A Chromium for the browser tests, and what the driver beside it needs: found, else installed where that may be done.

    python -m tests.browser.chromium

Debian's packages first, since they need no download besides; then playwright's own.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import debian

LIGHT = "chromium-headless-shell"
"""The same browser without its windows: the tests take half the processor's time in it."""
NAMES = (LIGHT, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
"""The tests run as root in containers, and the browser has no business with anything but this machine."""
UNSEEN = ["--disable-gpu", "--in-process-gpu"]
"""What nobody looks at needs no process of its own that draws it: it took a tenth of the browser's time."""
SETTING = "ALERTNET_TEST_CHROMIUM"
"""The variable that says where a Chromium is."""
DRIVER = (sys.executable, "-m", "playwright")
PACKAGES = ("fonts-noto-core", "libatomic1", "libstdc++6")
"""Debian's, beside a browser: letters for it, and the libraries that the driver's node is linked against."""
REMEDY = (
    f"On Debian, as root: apt-get install chromium {' '.join(PACKAGES)}. "
    f"Elsewhere: python -m playwright install --with-deps chromium. Or say in {SETTING} where one is."
)
VERSION_SECONDS = 60
"""How long a program may take to say its version, on a machine that does much else."""


class Missing(Exception):
    """What the browser tests lack, in one line."""


def find() -> str:
    """Where a Chromium is that runs on this machine, as the driver does.

    Raises:
        Missing: it or the driver doesn't, and why.
    """
    driver = debian.fault_of(*DRIVER, "--version", seconds=VERSION_SECONDS)
    path, chromium = _first_that_runs(_candidates(driver_runs=not driver))
    faults = {"the driver's node": driver, "a Chromium": chromium}
    lacks = [f"{what} ({fault})" for what, fault in faults.items() if fault]
    if not lacks:
        return path
    raise Missing(f"NO BROWSER TEST RUNS. Missing: {' and '.join(lacks)}. {REMEDY}")


def install() -> str:
    """Where one is now: Debian's for root, the light one if there is any, else playwright's where it can be downloaded.

    Raises:
        Missing: as `find`, and what the installers said.
    """
    said: list[str] = []
    if debian.may_install() and not shutil.which(LIGHT) and SETTING not in os.environ:
        said = debian.install((LIGHT, *PACKAGES))
    for put in _installers():
        try:
            return find()
        except Missing:
            said = put()
    try:
        return find()
    except Missing as missing:
        news = [f"Installing ended with: {fault}" for fault in said[-1:] if fault not in str(missing)]
        raise Missing(" ".join([str(missing), *news])) from None


def _installers() -> Iterator[Callable[[], list[str]]]:
    if debian.may_install():
        yield lambda: debian.install(("chromium", *PACKAGES))
    yield lambda: [fault for fault in [debian.fault_of(*DRIVER, "install", "chromium")] if fault]


def _first_that_runs(programs: Iterable[str]) -> tuple[str, str]:
    """The first that does, else why none does."""
    faults = []
    for path in programs:
        fault = debian.fault_of(path, "--version", seconds=VERSION_SECONDS)
        if not fault:
            return path, ""
        faults.append(fault)
    return "", "; ".join(faults) or "none is installed"


def _candidates(driver_runs: bool) -> Iterator[str]:
    if named := os.environ.get(SETTING):
        yield named
        return
    yield from (path for name in NAMES if (path := shutil.which(name)))
    if driver_runs:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
        if Path(path).exists():
            yield path


if __name__ == "__main__":
    try:
        install()
    except Missing as missing:
        sys.stderr.write(f"*** {missing}\n")
