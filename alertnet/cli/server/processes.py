"""Running the web and the worker, each in threads of its own, until a signal ends them in good order.

The main thread only waits, and takes the signals: the web server's own handlers would let the process die with them.
"""

import ctypes
import gc
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import structlog
import uvicorn
from starlette.types import ASGIApp

from alertnet import __version__
from alertnet.cli.server.process_end import Fault
from alertnet.core.errors import BadInput
from alertnet.core.limits import MOST_CONNECTIONS
from alertnet.core.monitoring.self_monitoring import Seen
from alertnet.runtime.wiring import Runtime
from alertnet.store.queues import workers
from alertnet.web.app import load_console, make_app
from alertnet.web.connections import Server
from alertnet.worker.platform import THIS_PLATFORM, Platform
from alertnet.worker.service import Worker

RESERVED = 256
"""Files that incoming connections never take.

At most 130 for the database (SQLite's 64 connections), 100 for what is sent and asked at the same time, 26 besides.
"""
_ENDLESS = 10240
"""In place of a limit that is none, which some systems take for no number of files."""

_ARENA_MAX = -8
"""What glibc calls the option in `malloc.h`."""

log = structlog.get_logger(__name__)

NEW_OBJECTS = 20_000
"""So many more than were let go have come before the garbage collector looks for circles among them."""

GRACE_SECONDS = 10  # for answers under way
BACKLOG = 2048
SILENCE = timedelta(seconds=35)
"""Who has given no sign of life for so long, beside others that work, has ended."""


def share_one_heap() -> None:
    """Let all threads take memory from one heap, where the C library is glibc.

    It gives every few threads one of their own, and what is let go in one is of no use to those of another.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def raise_limit() -> int:
    """Let the process open as many files as it is allowed to; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENDLESS if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _ENDLESS if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft
    return wanted


def _connections_within(limit: int) -> int:
    """How many connections may be let in where so many files may be open: a quarter, where that is hardly enough."""
    return min(max(limit - RESERVED, limit // 4), MOST_CONNECTIONS)


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
def web(
    runtime: Runtime, listening: socket.socket, ended: threading.Event, leaving: threading.Event | None = None
) -> Iterator[None]:
    """Answer there while inside; `ended` is set when the web has ended, for whatever reason.

    Once `leaving` is set, which the end does, a front is told to send nothing more here, and open pages are let go.

    Raises:
        Fault: it ended before its time.
    """
    leaving = leaving or threading.Event()
    with answering(make_app(runtime, leaving), listening, ended, GRACE_SECONDS):
        try:
            yield
        finally:
            leaving.set()


@contextmanager
def answering(app: ASGIApp, listening: socket.socket, ended: threading.Event, grace_seconds: int) -> Iterator[None]:
    """The same for any application; at the end what is under way has that long.

    Raises:
        Fault: it ended before its time.
    """
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=grace_seconds,
    )
    server = Server(config, listening, _connections_within(raise_limit()))

    def run() -> None:
        try:
            server.run()
        except BaseException:
            # Python says nothing of a thread that ends by SystemExit, as the server's own start does.
            log.critical("web_failed", exc_info=True)
        finally:
            ended.set()

    thread = threading.Thread(target=run, name="web")
    thread.start()
    try:
        yield
        if not thread.is_alive():
            raise Fault("the web has ended by itself")
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def working(runtime: Runtime, platform: Platform = THIS_PLATFORM) -> Iterator[None]:
    """Send what is due while inside.

    Raises:
        Misconfigured: on SQLite, where another worker runs on the same database.
    """
    worker, gone = Worker(runtime, platform=platform), _gone(runtime)
    worker.start()
    if gone is not None:
        log.warning("worker_gone", started_at=gone.started_at, seen_at=gone.seen_at)
    try:
        yield
    finally:
        worker.stop()


def _gone(runtime: Runtime) -> Seen | None:
    """The last worker that has ended without a word, such as by `kill -9` or without memory."""
    # On SQLite there is one at a time: whoever is still noted as this one begins has ended so.
    silence = timedelta() if runtime.engine.dialect.name == "sqlite" else SILENCE
    seen = runtime.read(lambda tx: workers.seen(tx.session))
    gone = [each for each in seen if each.seen_at + silence <= runtime.now()]
    return max(gone, key=lambda each: each.seen_at, default=None)


def load_the_rest(runtime: Runtime) -> None:
    """Load what no start waits for, in a thread that nobody waits for: else who asks for it first would, at night."""
    try:
        load_console(runtime.settings)
    except Exception:
        log.critical("console_failed", exc_info=True)


def keep_what_is_loaded() -> None:
    """Let the garbage collector pass over all that was loaded to begin with, for it stays to the end.

    Else it looks through all of it from time to time: a tenth of a second, in the middle of an alarm. It looks at new
    objects less often, too: a group of flows makes thousands, which live until its commit and are in no circle.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    gc.enable()


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
