"""Starts what is measured as processes of their own: alertnet on a fresh SQLite database, and the ceiling."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
START_SECONDS = 30
STOP_SECONDS = 30


@dataclass(frozen=True)
class Program:
    """A process that answers at `url`, to whoever has the key."""

    pid: int
    url: str
    key: str = ""


def settings(
    folder: Path, trees: Mapping[str, str], provider: str, public_url: str, database_url: str | None = None
) -> dict[str, str]:
    """The settings of alertnet with those trees (texts by file name), written to that folder.

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
        "TWILIO_ACCOUNT_SID": f"AC{0:032x}",
        "TWILIO_AUTH_TOKEN": "measured",
    }


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """These settings in the environment of a process, and none of the developer's own."""
    # None may leak in, neither from the environment nor from a .env in the working folder.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALERTNET_", "TWILIO_"))}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(env)


@contextmanager
def alertnet(trees: Mapping[str, str], provider: str) -> Iterator[Program]:
    """`alertnet serve` on those trees, sending to that provider, with a key that may raise incidents."""
    with TemporaryDirectory(prefix="alertnet-bench-") as name:
        folder, port = Path(name), _free_port()
        url = f"http://127.0.0.1:{port}"
        env = settings(folder, trees, provider, url)
        _run("db", "upgrade", folder=folder, env=env)
        key = _run("keys", "create", "--scope", "raise", folder=folder, env=env).strip()
        with _process(["alertnet", "serve", "--port", str(port)], folder, env, url) as pid:
            yield Program(pid, url, key)


@contextmanager
def ceiling(provider: str) -> Iterator[Program]:
    """The least program that does the same work (see `benchmarks.ceiling`)."""
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
def _process(command: list[str], folder: Path, env: Mapping[str, str], url: str) -> Iterator[int]:
    """A Python module as a process, from when it answers until it has ended as asked; its process id."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, env=environment(env), stdout=output, stderr=output
        )
    try:
        _await_answer(process, url, log)
        yield process.pid
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        # One that hangs must not outlive the benchmark, nor take time from the next.
        process.kill()
        process.wait()
        raise


def _await_answer(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(f"{url}/healthz").close()
        except URLError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not answer:\n{log.read_text()}")


def _run(*command: str, folder: Path, env: Mapping[str, str]) -> str:
    """What a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "alertnet", *command], cwd=folder, env=environment(env), capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"alertnet {' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
