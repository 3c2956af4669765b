"""What every test may use: a PostgreSQL server, and properties that try the same examples on every machine."""

import gc

from hypothesis import HealthCheck, settings

from tests.postgres import postgres_url

__all__ = ["postgres_url"]

settings.register_profile("alertnet", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("alertnet")


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: looking through it again and again took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
