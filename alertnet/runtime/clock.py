"""The machine's clock, for what runs without a database."""

from datetime import UTC, datetime


def system_clock() -> datetime:
    """The machine's time, which is the database's where the database is a file."""
    return datetime.now(UTC)
