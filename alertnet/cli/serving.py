"""Running the web and the worker, each in threads of its own, until a signal ends them in good order.

The main thread only waits, and takes the signals: the web server's own handlers would let the process die with them.
"""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from alertnet.core.errors import BadInput
from alertnet.machine import THIS_MACHINE, Machine
from alertnet.runtime import Runtime
from alertnet.web.app import make_app
from alertnet.worker import Worker

GRACE_SECONDS = 10  # for answers under way
BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 means any free one.

    Raises:
        BadInput: nobody can listen there, with the system's reason.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        raise BadInput("--host, --port", f"{host}:{port}", f"an address that is free ({error})") from None


@contextmanager
def web(runtime: Runtime, listening: socket.socket, ended: threading.Event) -> Iterator[None]:
    """Answer there while inside; `ended` is set when the web has ended, for whatever reason.

    Raises:
        RuntimeError: it ended before its time.
    """
    with answering(make_app(runtime), listening, ended, GRACE_SECONDS):
        yield


@contextmanager
def answering(app: ASGIApp, listening: socket.socket, ended: threading.Event, grace_seconds: int) -> Iterator[None]:
    """The same for any application; at the end what is under way has that long.

    Raises:
        RuntimeError: it ended before its time.
    """
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=grace_seconds,
    )
    server = uvicorn.Server(config)

    def run() -> None:
        try:
            server.run(sockets=[listening])
        finally:
            ended.set()

    thread = threading.Thread(target=run, name="web")
    thread.start()
    try:
        yield
        if not thread.is_alive():
            raise RuntimeError("the web ended by itself; the log says why")
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def working(runtime: Runtime, machine: Machine = THIS_MACHINE) -> Iterator[None]:
    """Send what is due while inside.

    Raises:
        Misconfigured: on SQLite, where another worker runs on the same database.
    """
    worker = Worker(runtime, machine=machine)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


@contextmanager
def until_signalled() -> Iterator[threading.Event]:
    """An event that SIGINT or SIGTERM sets, in place of what they do otherwise."""
    signalled = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        signalled.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signalled
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
