"""What every test may use: a PostgreSQL server, and properties that try the same examples on every machine."""

from hypothesis import HealthCheck, settings

from tests.postgres import postgres_url

__all__ = ["postgres_url"]

settings.register_profile("alertnet", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("alertnet")
