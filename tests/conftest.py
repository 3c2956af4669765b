"""What every test may use: a PostgreSQL server, and properties that try the same examples on every machine."""

import gc
import io
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from alertnet.runtime.logging import configure
from tests.postgres import postgres_url

__all__ = ["Logged", "logged", "postgres_url"]

Logged = Callable[[], list[str]]
TESTS = Path(__file__).parent

settings.register_profile("alertnet", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("alertnet")


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
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types.
    """Hands out one test at a time, and together those that share what takes long to set up or to read."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        self.places = ("tests/house/", *shared_fixtures())

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in self.places if nodeid.startswith(place)), nodeid)


def shared_fixtures() -> Iterator[str]:
    """The modules and folders whose tests share a fixture: apart, each worker would set it up, some again and again."""
    for path in sorted(TESTS.rglob("*.py")):
        if 'scope="module"' in path.read_text() and path != Path(__file__):
            place = path.relative_to(TESTS.parent)
            yield f"{place.parent}/" if path.name == "conftest.py" else f"{place}::"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    return Together(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: some test always waits for a process, a browser or a server."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1
