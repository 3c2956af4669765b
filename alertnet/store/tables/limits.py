"""What was used of the limits that all processes count together."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from alertnet.store.db.columns import Instant, Json
from alertnet.store.tables.base import metadata

limit_usage = Table(
    "limit_usage",
    metadata,
    Column("name", String(32), primary_key=True),  # of `core.limits.Limit`
    Column("key", LargeBinary(16), primary_key=True),  # blind index of the number, owner or incident
    Column("until", Json, nullable=False),  # when each use gives its room back: ISO 8601, ascending
    Column("dropped", Integer, nullable=False),
    Column("closings", Integer, nullable=False),
    Column("closed_until", Instant),
    Column("lasts_until", Instant, nullable=False),
    Index("ix_limit_usage_lasts_until", "lasts_until"),
)
