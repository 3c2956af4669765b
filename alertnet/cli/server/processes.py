"""Runs the web server and the worker, each in threads of its own, until a signal ends them in good order.

The main thread only waits and handles signals: uvicorn's own handlers would kill the process.
"""

import ctypes
import gc
import mmap
import os
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

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
"""File descriptors that incoming connections never take.

At most 130 for the database (SQLite's 64 connections), 100 for concurrent sends and queries, 26 for the rest.
"""
_ENDLESS = 10240
"""A number of files that stands for no limit, since some systems reject "infinity"."""

_ARENA_MAX = -8
"""The number of the option M_ARENA_MAX in glibc's `malloc.h`."""
_MEMSTATUS = 9
"""The number of the option SQLITE_CONFIG_MEMSTATUS in `sqlite3.h`."""
_COLLAPSE = 25
"""The number of MADV_COLLAPSE in Linux's `mman.h`."""
_SIZE_OF_LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size")

log = structlog.get_logger(__name__)

FULL = 7 / 8
"""The part of a large page that must be in use before it is made one."""
BETWEEN_LARGE_PAGES = 0.02
"""Seconds between two: all at once they held up an alarm for a tenth of a second."""

NEW_OBJECTS = 20_000
"""How many more objects are created than freed before the garbage collector looks for cycles among the new ones."""

GRACE_SECONDS = 10  # for answers under way
BACKLOG = 2048
SILENCE = timedelta(seconds=35)
"""A worker without a sign of life for so long has ended, where several work side by side."""


def share_one_heap() -> None:
    """Make all threads share one heap, where the C library is glibc.

    By default it gives every few threads a heap of their own, and memory freed in one can't be used by the others.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def add_up_no_memory() -> None:
    """Keep SQLite from adding up the memory it takes, under a lock of all its connections; before the first of them.

    Nobody asks for the sum, and an incident takes and gives back memory some three hundred times.
    """
    with suppress(AttributeError, ImportError, OSError):
        import _sqlite3

        sqlite = ctypes.CDLL(_sqlite3.__file__)
        sqlite.sqlite3_shutdown()
        sqlite.sqlite3_config(_MEMSTATUS, 0)
        sqlite.sqlite3_initialize()


def raise_limit() -> int:
    """Raise the limit of open files to the most allowed; gives the new limit."""
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
    """How many connections fit into that limit of open files; at least a quarter of it."""
    return min(max(limit - RESERVED, limit // 4), MOST_CONNECTIONS)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 means any free one.

    Raises:
        BadInput: the address can't be used, with the system's reason.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        allowed = f"an address of this machine with a free port; the system says: {_reason(error)}"
        raise BadInput("--host, --port", f"{host}:{port}", allowed) from None


def _reason(error: OSError | OverflowError) -> str:
    """The system's reason alone; Python adds the address to it."""
    code = getattr(error, "errno", None) or 0
    return os.strerror(code) if code > 0 else getattr(error, "strerror", None) or str(error)


@contextmanager
def web(
    runtime: Runtime, listening: socket.socket, ended: threading.Event, leaving: threading.Event | None = None
) -> Iterator[None]:
    """Serve the web application inside the block; `ended` is set when the server has ended for any reason.

    Once `leaving` is set (at the latest at the end of the block), `/healthz` says so and open pages are closed.

    Raises:
        Fault: the server ended by itself.
    """
    leaving = leaving or threading.Event()
    with answering(make_app(runtime, leaving), listening, ended):
        try:
            yield
        finally:
            leaving.set()


@contextmanager
def answering(app: ASGIApp, listening: socket.socket, ended: threading.Event) -> Iterator[None]:
    """Serve any ASGI application inside the block; requests under way get `GRACE_SECONDS` at the end.

    Raises:
        Fault: the server ended by itself.
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
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = Server(config, listening, _connections_within(raise_limit()))

    def run() -> None:
        try:
            server.run()
        except BaseException:
            # Python logs nothing when SystemExit ends a thread, as a failed start of uvicorn does.
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
    """Run a worker inside the block.

    Raises:
        Misconfigured: on SQLite, another worker runs on the same database.
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
    """The last worker that ended without signing off, as by `kill -9` or out of memory."""
    # SQLite allows one worker at a time, so any other that is still recorded has ended that way.
    silence = timedelta() if runtime.engine.dialect.name == "sqlite" else SILENCE
    seen = runtime.read(lambda tx: workers.seen(tx.session))
    gone = [each for each in seen if each.seen_at + silence <= runtime.now()]
    return max(gone, key=lambda each: each.seen_at, default=None)


def load_the_rest(runtime: Runtime) -> None:
    """Load what the start did not need, so that the first who asks for it at night does not wait."""
    try:
        load_console(runtime.settings)
    except Exception:
        log.critical("console_failed", exc_info=True)


def keep_what_is_loaded() -> None:
    """Exclude everything loaded so far from garbage collection, because it stays until the end.

    Else the collector goes through it from time to time, for a tenth of a second in the middle of an alarm. It also
    looks at new objects less often: a group of flows creates thousands, which live until its commit and form no cycles.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    gc.enable()


def lay_in_large_pages(ended: threading.Event) -> None:
    """Have what is loaded lie in large pages of memory, where Linux can: the processor finds its way sooner.

    What is not full stays in small ones, else its empty parts would take memory too. Ends early once `ended` is set.
    """
    with suppress(AttributeError, OSError):
        size, system = int(_SIZE_OF_LARGE_PAGES.read_text()), ctypes.CDLL(None)
        in_use = (ctypes.c_ubyte * (size // mmap.PAGESIZE))()
        for begin, end in _own_memory():
            for at in range(-(-begin // size) * size, end - size + 1, size):
                is_known = system.mincore(ctypes.c_void_p(at), ctypes.c_size_t(size), in_use) == 0
                if is_known and sum(in_use) >= len(in_use) * FULL:
                    system.madvise(ctypes.c_void_p(at), ctypes.c_size_t(size), _COLLAPSE)
                    if ended.wait(BETWEEN_LARGE_PAGES):
                        return


def _own_memory() -> Iterator[tuple[int, int]]:
    """Where the stretches of memory begin and end that may be written and are of no file."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        stretch, rights, _, _, file, *_ = line.split()
        if rights == "rw-p" and file == "0":
            begin, end = stretch.split("-")
            yield int(begin, 16), int(end, 16)


def log_start(runtime: Runtime, process: str, listening: socket.socket | None = None) -> None:
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
