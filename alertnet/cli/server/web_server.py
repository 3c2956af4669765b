"""Runs the web server in a thread of its own.

The main thread only waits and handles signals: uvicorn's own handlers would kill the process.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog
import uvicorn
from starlette.types import ASGIApp

from alertnet.cli.server.process_end import Fault
from alertnet.cli.server.system import raise_limit
from alertnet.core.errors import BadInput
from alertnet.core.limits import MOST_CONNECTIONS
from alertnet.flows.system.warm_up import warm_up
from alertnet.runtime.database.transactions import DatabaseAway, isolated
from alertnet.runtime.wiring import Runtime
from alertnet.web.app import load_api, load_console, make_app
from alertnet.web.connections import Server

RESERVED = 256
"""File descriptors that incoming connections never take.

At most 130 for the database (SQLite's 64 connections), 100 for concurrent sends and queries, 26 for the rest.
"""

log = structlog.get_logger(__name__)

QUIET_SECONDS = 1.0
"""How long nobody must have asked for anything before the rest is loaded: what has waited for the start goes first."""
MOST_MOMENTS = 60
"""After so many of these moments it is loaded all the same."""

GRACE_SECONDS = 10  # for answers under way
BACKLOG = 2048


def _connections_within(limit: int) -> int:
    """How many connections fit into that limit of open files; at least a quarter of it."""
    return min(max(limit - RESERVED, limit // 4), MOST_CONNECTIONS)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 means any free one. Raises `BadInput` where the address can't be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        allowed = f"an address of this machine with a free port; the system says: {_reason(error)}"
        raise BadInput("--host, --port", f"{host}:{port}", allowed) from None


def _reason(error: OSError) -> str:
    """The system's reason alone; Python adds the address to it."""
    code = error.errno or 0
    return os.strerror(code) if code > 0 else error.strerror or str(error)


@contextmanager
def web(
    runtime: Runtime, listening: socket.socket, ended: threading.Event, leaving: threading.Event | None = None
) -> Iterator[Server]:
    """Serve the web application inside the block; `ended` is set when the server has ended for any reason.

    Once `leaving` is set (at the latest at the end of the block), `/healthz` says so and open pages are closed.
    """
    leaving = leaving or threading.Event()
    with answering(make_app(runtime, leaving), listening, ended) as server:
        try:
            yield server
        finally:
            leaving.set()


@contextmanager
def answering(app: ASGIApp, listening: socket.socket, ended: threading.Event) -> Iterator[Server]:
    """Serve an ASGI application inside the block, with `GRACE_SECONDS` at its end; `Fault` if it ends by itself."""
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
            server.is_up.set()

    thread = threading.Thread(target=run, name="web")
    thread.start()
    server.is_up.wait()
    try:
        yield server
        if not thread.is_alive():
            raise Fault("the web has ended by itself")
    finally:
        server.should_exit = True
        thread.join()


def load_the_rest(runtime: Runtime, server: Server, ended: threading.Event) -> None:
    """Load what the start did not need, so that the first who asks for it at night does not wait.

    It begins once nobody has asked for anything for a moment, since alarms would wait for it.
    """
    for _ in range(MOST_MOMENTS):
        answered = server.server_state.total_requests
        if ended.wait(QUIET_SECONDS):
            return
        if server.server_state.total_requests == answered:
            break
    with suppress(DatabaseAway), isolated(log, "warm_up_failed"):
        runtime.transact(warm_up, runtime.edition)
    try:
        load_api()
        load_console(runtime.settings)
    except Exception:
        log.critical("rest_failed", exc_info=True)
