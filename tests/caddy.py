"""A real Caddy for the tests, with the file that we deploy: found where there is one, else of Debian's package.

    python -m tests.caddy

Of the package the program alone is taken: no service of its own begins.
"""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import debian
from tests.debian import Missing
from tests.ports import free_port

SETTING = "ALERTNET_TEST_CADDY"
"""The variable that says where one is."""
FOLDER = Path(sys.prefix) / "caddy"
"""Where the program of the package is put."""
CADDYFILE = Path(__file__).parents[1] / "deploy/Caddyfile"
WITHIN_SECONDS = 30


def find() -> str:
    """Where a Caddy is that runs on this machine.

    Raises:
        Missing: there is none, and why.
    """
    path = os.pathsep.join([os.environ.get("PATH", ""), str(FOLDER / "usr/bin")])
    program = os.environ.get(SETTING) or shutil.which("caddy", path=path)
    fault = debian.fault_of(program, "version", seconds=WITHIN_SECONDS) if program else "none is installed"
    if program and not fault:
        return program
    raise Missing(
        f"NO TEST OF THE PROXY RUNS. Missing: Caddy ({fault}). On Debian, as root: apt-get install caddy. "
        f"Or say in {SETTING} where it is."
    )


def install() -> str:
    """Where one is now.

    Raises:
        Missing: as `find`, and what the installer said.
    """
    return debian.found_or_installed(find, _unpack)


def _unpack() -> list[str]:
    debian.fault_of("apt-get", "update", "-qq")
    return debian.unpack("caddy", FOLDER)


@contextmanager
def proxy_before(webs: Sequence[str], config: Path = CADDYFILE, url: str | None = None) -> Iterator[tuple[str, Path]]:
    """The URL of the proxy before those webs (`host:port`), and the file of its log; `url`: where `config` has it.

    Raises:
        Missing: see `find`.
    """
    url = url or f"http://127.0.0.1:{free_port()}"
    with TemporaryDirectory() as name:
        log = Path(name) / "log"
        environment = {"ALERTNET_HOST": url, "ALERTNET_WEBS": " ".join(webs), "HOME": name, "XDG_DATA_HOME": name}
        command = [find(), "run", "--config", str(config), "--adapter", "caddyfile"]
        with log.open("w") as output:
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT, cwd=name)
        try:
            _wait(url, process, log)
            yield url, log
        finally:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + WITHIN_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{url}/metrics", timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)


if __name__ == "__main__":
    try:
        install()
    except Missing as missing:
        sys.stderr.write(f"*** {missing}\n")
