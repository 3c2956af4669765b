"""Starts the measured programs as processes: alertnet on a fresh SQLite database, the ceiling, a peer."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.ceiling import reference
from benchmarks.trees import report, trees

ROOT = Path(__file__).parents[1]
START_SECONDS = 180
STOP_SECONDS = 30


ALERTMANAGER = "prometheus-alertmanager"
"""The peer: used to pass on an alert as fast as can be, but keeps alerts only in memory. From Debian's package."""
_HOOK = """\
route: {{receiver: hook, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}}
receivers: [{{name: hook, webhook_configs: [{{url: '{provider}/Messages.json', send_resolved: false}}]}}]
"""
ACCOUNT = (f"AC{0:032x}", "measured")
"""The SID and token of the account at the provider."""
_numbers = count()

Prepare = Callable[[Mapping[str, str]], object]


@dataclass(frozen=True)
class Program:
    """A process that accepts reports at `url` and `path` with the key."""

    pid: int
    url: str
    key: str = ""
    path: str = "/v1/incidents"
    severity: str = "critical"
    worker: int = 0
    """The id of the process that sends, where it is another one."""
    seconds_to_answer: float = 0
    """Seconds from its start to its first answer."""

    def report(self, country: str = "CO") -> tuple[str | None, bytes]:
        """The body of one report; with its reference, where the program does not assign one."""
        if self.path == "/v1/incidents":
            return None, json.dumps({**report(country), "severity": self.severity}).encode()
        # Neither the ceiling's nor alertnet's begin with L: one sink receives all of them.
        ref = f"L{reference(next(_numbers))[1:]}"
        labels = {"alertname": "arrest", "ref": ref}
        return ref, json.dumps([{"labels": labels, "annotations": {"summary": "arrested at the roadblock"}}]).encode()

    def to_json(self) -> str:
        """The program as JSON, for `benchmarks.driver`."""
        return json.dumps(asdict(self))


Starts = Callable[[str], AbstractContextManager[Program]]
"""Starts a program that sends to that provider."""


def settings(
    folder: Path, trees: Mapping[str, str], provider: str, public_url: str, database_url: str | None = None
) -> dict[str, str]:
    """Settings for alertnet with those trees (texts by file name), which are written to that folder.

    The database is a file beside them unless another is given.
    """
    (folder / "contact_trees").mkdir()
    for name, text in trees.items():
        (folder / "contact_trees" / name).write_text(text)
    return {
        "ALERTNET_DATABASE_URL": database_url or f"sqlite:///{folder / 'alertnet.db'}",
        "ALERTNET_PUBLIC_URL": public_url,
        "ALERTNET_CONTACT_TREES": str(folder / "contact_trees"),
        "ALERTNET_MESSAGE_TEMPLATES": str(ROOT / "message_templates"),
        "ALERTNET_SECRET_KEY": "measured and thrown away afterwards",
        "ALERTNET_TWILIO_API_URL": provider,
        "ALERTNET_TWILIO_FROM": "+573005550001",
        "ALERTNET_RATES": "sms=0,calls=0",
        "TWILIO_ACCOUNT_SID": ACCOUNT[0],
        "TWILIO_AUTH_TOKEN": ACCOUNT[1],
    }


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process with these settings, and none of the developer's own."""
    # No other setting may leak in, neither from the environment nor from a .env in the working folder. The program is
    # compiled once, as in its image, even where compiled files are turned off.
    others = ("ALERTNET_", "TWILIO_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(env)


@contextmanager
def alertnet(
    trees: Mapping[str, str],
    provider: str,
    database_url: str | None = None,
    prepare: Prepare | None = None,
    starts: int = 1,
) -> Iterator[Program]:
    """`alertnet serve` on those trees, sending to that provider, with a key that may raise incidents.

    `prepare`: called before on the new database, with its settings. On a database other than its own file a `worker`
    beside it sends. `starts`: how often to start it on that database; the last one is used.
    """
    with TemporaryDirectory(prefix="alertnet-bench-") as name, ExitStack() as stack:
        folder, port = Path(name), _free_port()
        url = f"http://127.0.0.1:{port}"
        env = settings(folder, trees, provider, url, database_url)
        _run("db", "upgrade", folder=folder, env=env)
        key = _run("keys", "create", "--scope", "raise,coordinate", folder=folder, env=env).strip()
        if prepare is not None:
            prepare(env)
        command, sends = ["alertnet", "serve", "--port", str(port)], 0
        if database_url:
            command.append("--no-worker")
            log = stack.enter_context((folder / "worker.log").open("wb"))
            worker = [sys.executable, "-m", "alertnet", "worker"]
            process = subprocess.Popen(worker, cwd=folder, env=environment(env), stdout=log, stderr=log)
            stack.callback(_end, process)
            sends = process.pid
        for _ in range(starts - 1):
            with _process(command, folder, env, url, "/readyz"):
                pass
        began = time.monotonic()
        with _process(command, folder, env, url, "/readyz") as pid:
            yield Program(pid, url, key, worker=sends, seconds_to_answer=time.monotonic() - began)


@contextmanager
def ceiling(provider: str) -> Iterator[Program]:
    """The smallest program that does the same work (see `benchmarks.ceiling`)."""
    with TemporaryDirectory(prefix="ceiling-bench-") as name:
        folder, port = Path(name), _free_port()
        url = f"http://127.0.0.1:{port}"
        env = {
            "CEILING_PORT": str(port),
            "CEILING_DATABASE": str(folder / "ceiling.db"),
            "CEILING_PROVIDER": f"{provider}/Messages.json",
        }
        with _process(["benchmarks.ceiling"], folder, env, url) as pid:
            yield Program(pid, url)


@contextmanager
def alertmanager(provider: str) -> Iterator[Program]:
    """The peer, which gives each alert to the provider as a webhook."""
    with TemporaryDirectory(prefix="peer-bench-") as name:
        folder, port = Path(name), _free_port()
        (folder / "hook.yml").write_text(_HOOK.format(provider=provider))
        url = f"http://127.0.0.1:{port}"
        options = {"config.file": "hook.yml", "storage.path": "data", "log.level": "warn", "cluster.listen-address": ""}
        command = [ALERTMANAGER, *(f"--{key}={value}" for key, value in options.items())]
        command.append(f"--web.listen-address=127.0.0.1:{port}")
        with _command(command, folder, os.environ, f"{url}/-/healthy") as pid:
            yield Program(pid, url, path="/api/v2/alerts")


def side_by_side() -> dict[str, Starts]:
    """What starts each program that is compared, by its name, given the provider; the peer where it is installed."""
    programs: dict[str, Starts] = {"ceiling": ceiling, "alertnet": partial(alertnet, trees({"CO": 7200}))}
    return programs | ({"Alertmanager": alertmanager} if shutil.which(ALERTMANAGER) else {})


@contextmanager
def _process(
    command: list[str], folder: Path, env: Mapping[str, str], url: str, alive: str = "/healthz"
) -> Iterator[int]:
    """Run a Python module as a process, from its first answer until it has ended as asked; gives its process id."""
    with _command([sys.executable, "-m", *command], folder, environment(env), f"{url}{alive}") as pid:
        yield pid


@contextmanager
def _command(command: list[str], folder: Path, env: Mapping[str, str], alive: str) -> Iterator[int]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output)
    try:
        _await_answer(process, alive, log)
        yield process.pid
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        # A hanging process must not outlive the benchmark, nor take CPU from the next.
        process.kill()
        process.wait()
        raise


def _await_answer(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(url).close()
        except URLError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not answer:\n{log.read_text()}")


def _run(*command: str, folder: Path, env: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "alertnet", *command], cwd=folder, env=environment(env), capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"alertnet {' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """CPU seconds used by the process and its ended children, from Linux's process table."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
