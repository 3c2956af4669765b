"""A real PgBouncer for the tests, in transaction mode: found where there is one, else taken from Debian's package.

    python -m tests.pgbouncer

Of the package the program alone is taken, and the libraries that it needs are installed: no service of its own begins.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from tests import debian
from tests.debian import Missing
from tests.ports import free_port
from tests.postgres import unprivileged

SETTING = "ALERTNET_TEST_PGBOUNCER"
"""The variable that says where one is."""
FOLDER = Path(sys.prefix) / "pgbouncer"
"""Where the program of the package is put."""
SESSIONS = 3
"""How many there are to lend: fewer than ask for one at once, so that each is lent to many."""
WITHIN_SECONDS = 20


def find() -> str:
    """Where a PgBouncer is that runs on this machine.

    Raises:
        Missing: there is none, and why.
    """
    named = os.environ.get(SETTING)
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", str(FOLDER / "usr/sbin")])
    program = named or shutil.which("pgbouncer", path=path)
    fault = debian.fault_of(program, "--version", seconds=WITHIN_SECONDS) if program else "none is installed"
    if program and not fault:
        return program
    raise Missing(
        f"NO TEST OF A POOLER RUNS. Missing: PgBouncer ({fault}). On Debian, as root: apt-get install pgbouncer. "
        f"Or say in {SETTING} where it is."
    )


def install() -> str:
    """Where one is now.

    Raises:
        Missing: as `find`, and what the installer said.
    """
    return debian.found_or_installed(find, lambda: debian.install(_libraries()) + debian.unpack("pgbouncer", FOLDER))


def _libraries() -> list[str]:
    """What the package needs, as far as a program is linked against it."""
    debian.fault_of("apt-get", "update", "-qq")
    listed = subprocess.run(["apt-cache", "depends", "pgbouncer"], capture_output=True, text=True, check=False)
    needed = [line.partition("Depends: ")[2] for line in listed.stdout.splitlines()]
    return [name for name in needed if name.startswith("lib")]


@contextmanager
def pooler_before(database_url: str) -> Iterator[str]:
    """The URL of the same database by a pooler that lends sessions for one transaction at a time.

    Raises:
        Missing: see `find`.
    """
    program, url, port = find(), make_url(database_url), free_port()
    with TemporaryDirectory() as name:
        home = Path(name)
        home.chmod(0o755)
        server = f"host={url.query['host']} port=5432 user={url.username}"
        (home / "pgbouncer.ini").write_text(
            f"[databases]\n* = {server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
            f"unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = {SESSIONS}\n"
        )
        log = home / "log"
        with log.open("w") as output:
            command = unprivileged([program, str(home / "pgbouncer.ini")])
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        pooled = url.set(host="127.0.0.1", port=port, query={})
        try:
            # By another database: nobody is to be connected to this one yet.
            _wait(pooled.set(database="postgres").render_as_string(hide_password=False), process, log)
            yield pooled.render_as_string(hide_password=False)
        finally:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    engine, until = create_engine(url), time.monotonic() + WITHIN_SECONDS
    while True:
        try:
            engine.connect().close()
            break
        except OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
    engine.dispose()


if __name__ == "__main__":
    try:
        install()
    except Missing as missing:
        sys.stderr.write(f"*** {missing}\n")
