"""What every test may use: a PostgreSQL server, and properties that try the same examples on every machine."""

import gc
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import postgres_url

__all__ = ["Logged", "logged", "postgres_url"]

Logged = Callable[[], list[str]]

settings.register_profile("alertnet", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("alertnet")


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Logged:
    """The lines of the log since it was asked for last, wherever a test before this one has led the log."""

    def read() -> list[str]:
        printed = "".join(capsys.readouterr()).splitlines()
        handed_on = list(caplog.messages)
        caplog.clear()
        return handed_on or printed

    return read


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: looking through it again and again took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
