"""What every test may use: a PostgreSQL server, and properties that try the same examples on every machine."""

import atexit
import gc
import importlib
import io
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis.internal import charmap
from hypothesis.internal.conjecture import providers
from hypothesis.internal.intervalsets import IntervalSet
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

from alertnet.cli.server.system import lay_in_large_pages
from alertnet.runtime.logging import configure
from tests.postgres import postgres_url

__all__ = ["Logged", "logged", "postgres_url"]

Logged = Callable[[], list[str]]

MEMORY, ROOM = Path("/dev/shm"), 3 << 30


def _write_into_memory() -> None:
    """Wait for no disk, where memory has a folder with room for what all tests write and may run programs."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    about = os.statvfs(MEMORY)
    if about.f_bavail * about.f_frsize >= ROOM and not about.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


_write_into_memory()

# Else examples were drawn from the numbers and words of whatever modules a worker had loaded by then.
providers._get_local_constants = lambda: providers._local_constants

# In a fresh clone each worker would try every character, for more than a second: all but the surrogates.
charmap.intervals_from_codec = {  # type: ignore[assignment]
    "utf-8": (IntervalSet([(0, 0xD7FF), (0xE000, sys.maxunicode)]), IntervalSet([])),
}.__getitem__

settings.register_profile(
    "alertnet", max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("many", settings.get_profile("alertnet"), max_examples=500)
settings.load_profile("alertnet")

# Until all is collected, which is hardly any garbage.
gc.disable()

# The tracebacks that structlog shows by default, with every variable, take seconds each.
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Logged]:
    """The lines of the log since it was asked for last, wherever a test before this one has led the log."""
    before, stream = structlog.get_config(), io.StringIO()
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )

    def read() -> list[str]:
        lines = [*stream.getvalue().splitlines(), *caplog.messages]
        stream.truncate(stream.seek(0))
        caplog.clear()
        return lines

    yield read
    structlog.configure(**before)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged, as the program writes it."""
    written, before = io.StringIO(), structlog.get_config()
    configure(written)
    yield written
    structlog.configure(**before)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Let each worker import first what no other begins with: in a fresh clone each finds compiled what others have.

    What can't be imported says so where it is collected.
    """
    worker, workers = (os.environ.get(f"PYTEST_XDIST_{name}", "") for name in ("WORKER", "WORKER_COUNT"))
    if worker and session.config.args == session.config.getini("testpaths"):
        modules = sorted(Path(__file__).parent.rglob("test_*.py"))
        first = len(modules) * int(worker.removeprefix("gw")) // int(workers)
        for path in modules[first:] + modules[:first]:
            with suppress(Exception):
                importlib.import_module(".".join(path.relative_to(session.config.rootpath).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: looking through it again and again took a tenth of the time."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(100_000, 50, 100)
    _lie_in_large_pages()


def pytest_runtest_logfinish() -> None:
    """What the tests share is loaded by the first that need it."""
    if next(_done) % LAID_AFTER == 0:
        _lie_in_large_pages()


def _lie_in_large_pages() -> None:
    """Let a worker find what it holds as `serve` does: a fifteenth of a screenplay went to looking where it lies."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        lay_in_large_pages(threading.Event(), pause=0)


LAID_AFTER = 300
"""Tests, until a worker has loaded enough to look again."""
_done = count(1)


def pytest_configure(config: pytest.Config) -> None:
    for plugin in config.pluginmanager.get_plugins():
        # Its module has no name there.
        if type(plugin).__name__ == "WorkerInteractor":
            plugin.sendevent = partial(_say_how_it_went, plugin.sendevent)


def _say_how_it_went(say: Callable[..., None], event: str, **about: Any) -> None:
    """Let a worker send two messages of a test instead of six, since each took a third of a millisecond."""
    report = about.get("data", {})
    is_usual = report.get("outcome") == "passed" and report["when"] != "call" and report["duration"] < 1
    if event not in ("logstart", "logfinish") and not is_usual:
        report.get("keywords", {}).clear()
        say(event, **about)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Let a worker that has told its results end, and not first look through all that it holds and free it.

    What it has promised to tidy at its end it does tidy, such as the folder of what it forks from.
    """
    # What a test of the worker has begun inherits the worker's variables, and is none.
    if hasattr(config, "workerinput"):
        atexit._run_exitfuncs()
        os._exit(0)


class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types.
    """Hands out folders and modules, the largest first, then single screenplays: so the last to end ends soon."""

    SHARING = (
        ("tests/scenarios/test_every_kind.py",),
        ("tests/house/",),
        # The process that has the program imported, from which others are forked.
        ("tests/cli/", "tests/crashes/", "tests/demo/", "tests/deploy/", "tests/processes/"),
        ("tests/browser/",),
    )
    """Places each of which shares what takes long to set up; what takes longest comes last, and is handed out first."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        for first, *_ in self.SHARING:
            if first in self.workqueue:
                self.workqueue.move_to_end(first, last=False)
        place, tests = self.workqueue.popitem(last=False)
        self.assigned_work[node][place] = tests
        node.send_runtest_some([self._numbers[test] for test, is_over in tests.items() if not is_over])

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {test: number for number, test in enumerate(self.collection)}

    def _split_scope(self, nodeid: str) -> str:
        module, _, test = nodeid.partition("::")
        together = f"{module}::{test.partition('[')[0]}" if module.startswith("tests/scenarios/") else module
        return next((places[0] for places in self.SHARING if nodeid.startswith(places)), together)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    return Together(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: some test always waits for a process, a browser or a server."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1
