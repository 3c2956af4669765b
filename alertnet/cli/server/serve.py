"""`alertnet serve` and `alertnet worker`: the long-running processes."""

import gc
import os
import socket
import sys
import threading
import time
import warnings
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet import __version__

if TYPE_CHECKING:
    from alertnet.runtime.wiring import Runtime

Host = Annotated[
    str, typer.Option(metavar="ADDRESS", help="The address to listen on; 0.0.0.0 for all of this machine.")
]
Port = Annotated[
    int, typer.Option(metavar="PORT", min=0, max=65535, help="The port to listen on; 0 for any that is free.")
]
Drain = Annotated[
    float,
    typer.Option(
        metavar="SECONDS", min=0, max=60, help="How long to go on answering after a signal, while /healthz says 503."
    ),
]
WithWorker = Annotated[
    bool,
    typer.Option(
        "--worker/--no-worker", help="Whether this process also sends; without, run `alertnet worker` beside it."
    ),
]


UNWANTED = ("rich", "charset_normalizer", "chardet", "greenlet", "pydantic.v1", "watchfiles")
"""Modules that libraries import if present but don't need (11 MB).

They are coloured tracebacks, guesses of encodings, green threads, models of another version of pydantic, and a server
that restarts when its source changes.
"""


def serve(host: Host = "127.0.0.1", port: Port = 8000, with_worker: WithWorker = True, drain: Drain = 0) -> None:
    """Answer the API, the provider and the contacts, and send; until SIGTERM or Ctrl-C."""
    load_lightly()
    from alertnet.cli.server.process_end import logged_end, needed_threads, until_signalled, wait_for
    from alertnet.cli.server.system import add_up_no_memory, keep_what_is_loaded, lay_in_large_pages, share_one_heap
    from alertnet.cli.startup import checked_runtime
    from alertnet.runtime.logging import configure

    share_one_heap()
    add_up_no_memory()
    configure()
    name = "serve" if with_worker else "serve --no-worker"
    with logged_end(name), ExitStack() as stack:
        runtime = stack.enter_context(checked_runtime())
        # Only now, so that what is wrong is told sooner, and that the memory of the checks is used again.
        load_fastapi()
        from alertnet.cli.server.web_server import listen, load_the_rest, web

        listening = stack.enter_context(listen(host, port))
        ended = stack.enter_context(until_signalled())
        if with_worker:
            load_scheduler()
            from alertnet.cli.server.working import working

            stack.enter_context(working(runtime))
        leaving = threading.Event()
        server = stack.enter_context(web(runtime, listening, ended, leaving))
        _log_start(runtime, name, listening)
        threads = needed_threads()
        keep_what_is_loaded()
        lay_in_large_pages(ended)
        load_the_rest(runtime, server, ended)
        keep_what_is_loaded()
        wait_for(ended, threads)
        leaving.set()
        time.sleep(drain)


def worker() -> None:
    """Send what is due, beside `serve --no-worker` and other workers on PostgreSQL; until SIGTERM or Ctrl-C."""
    load_lightly()
    load_scheduler()
    from alertnet.cli.server.process_end import logged_end, needed_threads, until_signalled, wait_for
    from alertnet.cli.server.system import keep_what_is_loaded, lay_in_large_pages, raise_limit, share_one_heap
    from alertnet.cli.server.working import log, working
    from alertnet.cli.startup import checked_runtime
    from alertnet.flows.system.warm_up import warm_up
    from alertnet.runtime.database.transactions import DatabaseAway, isolated
    from alertnet.runtime.logging import configure

    share_one_heap()
    configure()
    raise_limit()
    with logged_end("worker"), checked_runtime() as runtime, until_signalled() as ended, working(runtime):
        _log_start(runtime, "worker")
        threads = needed_threads()
        with suppress(DatabaseAway), isolated(log, "warm_up_failed"):
            runtime.transact(warm_up, runtime.edition)
        keep_what_is_loaded()
        lay_in_large_pages(ended)
        wait_for(ended, threads)


def load_lightly() -> None:
    """Load the program without garbage collection and without modules that it does not need.

    Until `keep_what_is_loaded` the collector would take a sixth of the time and find no garbage. Nor are other
    packages looked through for plugins of pydantic, which would see each report.
    """
    gc.disable()
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    leave_out_unwanted()


def leave_out_unwanted() -> None:
    """Keep libraries from loading what only they want; whoever wants it as well must have loaded it before."""
    warnings.filterwarnings("ignore", "Unable to find acceptable character detection")
    for name in UNWANTED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def load_fastapi() -> None:
    """Load FastAPI, with the models of its description left to be built once somebody asks for that."""
    from pydantic import BaseModel

    BaseModel.model_config["defer_build"] = True
    import fastapi.openapi.models  # noqa: F401

    del BaseModel.model_config["defer_build"]


def load_scheduler() -> None:
    """Load APScheduler with its own triggers alone: it would look through all packages three times for others."""
    from importlib import metadata

    of_all = metadata.entry_points
    metadata.entry_points = metadata.distribution("apscheduler").entry_points.select  # type: ignore[assignment]
    import apscheduler.schedulers.base  # noqa: F401

    metadata.entry_points = of_all


def _log_start(runtime: "Runtime", process: str, listening: socket.socket | None = None) -> None:
    import structlog

    host, port = listening.getsockname()[:2] if listening else (None, None)
    structlog.get_logger(__name__).info(
        "started",
        process=process,
        version=__version__,
        host=host,
        port=port,
        public_url=runtime.settings.public_url,
        database=runtime.engine.dialect.name,
        trees=runtime.edition.trees,
    )
