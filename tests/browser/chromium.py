"""A Chromium for the browser tests: found where there is one, else installed where that may be done.

    python -m tests.browser.chromium

Debian's package first, since it needs no download besides; then playwright's own.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
"""The tests run as root in containers, and the browser has no business with anything but this machine."""
MISSING = (
    "There is no Chromium on this machine: NO BROWSER TEST RAN. Install one (on Debian: apt-get install chromium; "
    "elsewhere: python -m playwright install chromium), or say where it is in ALERTNET_TEST_CHROMIUM."
)
APT = (
    ["apt-get", "update", "-qq"],
    ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-core"],
)


def find() -> str | None:
    """Where a Chromium is; None where there is none."""
    named = os.environ.get("ALERTNET_TEST_CHROMIUM")
    if named:
        return named
    installed = next((path for name in NAMES if (path := shutil.which(name))), None)
    return installed or _of_playwright()


def install() -> bool:
    """Whether there is one now: Debian's for root, else playwright's where it can be downloaded."""
    if not find() and shutil.which("apt-get") and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in APT:
            subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
    if not find():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return find() is not None


def _of_playwright() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    if not install():
        sys.stderr.write(f"\n*** {MISSING}\n\n")
