"""Running the web and the worker, each in threads of its own, until a signal ends them in good order.

The main thread only waits, and takes the signals: the web server's own handlers would let the process die with them.
"""

import gc
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
import uvicorn
from starlette.types import ASGIApp

from alertnet import __version__
from alertnet.core.errors import BadInput
from alertnet.file_limit import connections_within, raise_limit
from alertnet.machine import THIS_MACHINE, Machine
from alertnet.runtime import Runtime
from alertnet.web.app import make_app
from alertnet.web.connections import Server
from alertnet.worker import Worker

log = structlog.get_logger(__name__)

GRACE_SECONDS = 10  # for answers under way
LISTEN_SECONDS = 0.2  # between two looks for a signal
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
    server = Server(config, listening, connections_within(raise_limit()))

    def run() -> None:
        try:
            server.run()
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


def keep_what_is_loaded() -> None:
    """Let the garbage collector pass over all that was loaded to begin with, for it stays to the end.

    Else it looks through all of it from time to time: a tenth of a second, in the middle of an alarm.
    """
    gc.collect()
    gc.freeze()


def log_start(runtime: Runtime, process: str, listening: socket.socket | None = None) -> None:
    """Say what has begun: which version, on what, with which trees."""
    host, port = listening.getsockname()[:2] if listening else (None, None)
    log.info(
        "started",
        process=process,
        version=__version__,
        host=host,
        port=port,
        public_url=runtime.settings.public_url,
        database=runtime.engine.dialect.name,
        trees=runtime.edition.trees,
    )


class Ending(threading.Event):
    """An event that a signal's handler may announce, in the thread that waits for it.

    A handler runs between two steps of the main thread: it can't take the lock of an event that is being waited for,
    and what comes right before the wait goes unheard by a wait without an end.
    """

    is_announced = False

    def wait(self, timeout: float | None = None) -> bool:
        until = None if timeout is None else time.monotonic() + timeout
        while not self.is_announced:
            left = LISTEN_SECONDS if until is None else min(LISTEN_SECONDS, until - time.monotonic())
            if super().wait(max(left, 0)):
                return True
            if until is not None and time.monotonic() >= until:
                return self.is_announced
        return True


@contextmanager
def until_signalled() -> Iterator[Ending]:
    """An event that SIGINT or SIGTERM announces, in place of what they do otherwise."""
    signalled = Ending()

    def note(_number: int, _frame: FrameType | None) -> None:
        signalled.is_announced = True

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signalled
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
