"""The machine's clock, for what runs without a database."""

from datetime import UTC, datetime


def system_clock() -> datetime:
    """The machine's time; for a database file it is also the database's time."""
    return datetime.now(UTC)
