"""Runs alertnet on its own PostgreSQL, with as many worker processes as a benchmark wants."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select

from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import Runtime, make_runtime
from alertnet.store.db.tx import Tx
from alertnet.store.tables import workers
from alertnet.store.upgrade import upgrade
from benchmarks.program import environment, settings
from tests.postgres import fresh_database, own_server

START_SECONDS = 60
STOP_SECONDS = 30

Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Fleet:
    """An installation with workers.

    `runtime` is the benchmark's own: it opens incidents, sends nothing, and reads results.
    """

    runtime: Runtime
    _folder: Path
    _env: Mapping[str, str]

    @contextmanager
    def workers(self, count: int, senders: int | None = None, provider: str | None = None) -> Iterator[list[Process]]:
        """Run so many `alertnet worker`s; the block begins when all work, and ends when all have ended.

        `senders`: how many threads each has for SMS; `provider`: used instead of the fleet's.
        """
        command = ["alertnet", "worker"] if senders is None else ["benchmarks.small_worker", str(senders)]
        env = environment(self._env) | ({"ALERTNET_TWILIO_API_URL": provider} if provider else {})
        before = self.runtime.read(_alive)
        with ExitStack() as stack:
            processes = [stack.enter_context(self._process(command, env)) for _ in range(count)]
            await_that(lambda: self.runtime.read(_alive) >= before + count, START_SECONDS)
            yield processes

    @contextmanager
    def _process(self, command: list[str], env: Mapping[str, str]) -> Iterator[Process]:
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=self._folder, env=env, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


@contextmanager
def fleet(
    trees: Mapping[str, str], provider: str, *, server_options: str = "", rates: str = "sms=0"
) -> Iterator[Fleet]:
    """A migrated database on its own server, and the settings that all workers share."""
    with TemporaryDirectory(prefix="alertnet-bench-") as name, own_server(server_options) as server:
        database_url = fresh_database(server.url)
        env = settings(Path(name), trees, provider, "http://127.0.0.1:1", database_url)
        env["ALERTNET_RATES"] = rates
        with closing(make_runtime(read_settings(env))) as runtime:
            upgrade(runtime.engine)
            yield Fleet(runtime, Path(name), env)


def await_that(holds: Callable[[], bool], seconds: float, pause: float = 0.02) -> None:
    """Wait until something holds, checking again after each pause (seconds).

    Raises:
        TimeoutError: it does not in time.
    """
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(f"it did not come about within {seconds} s")
        time.sleep(pause)


def _alive(tx: Tx) -> int:
    return tx.session.scalar(select(func.count()).select_from(workers)) or 0
