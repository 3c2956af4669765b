"""What every test may use: a PostgreSQL server, and properties that try the same examples on every machine."""

import gc
import io
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis.internal import charmap
from hypothesis.internal.conjecture import providers
from hypothesis.internal.intervalsets import IntervalSet

from alertnet.runtime.logging import configure
from tests.database import each_database, postgres, sqlite_url
from tests.postgres import postgres_url
from tests.workers import pytest_addoption, pytest_runtestloop

__all__ = [
    "Logged",
    "each_database",
    "logged",
    "postgres",
    "postgres_url",
    "pytest_addoption",
    "pytest_runtestloop",
    "sqlite_url",
]

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
    "alertnet", max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
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


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: looking through it again and again took a tenth of the time."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(100_000, 50, 100)
