"""Tables for monitoring the program itself: metrics, limits, workers, heartbeats, troubles, postponed rows."""

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, String, Table

from alertnet.store.db.columns import Instant, Json
from alertnet.store.tables.base import PartialIndex, metadata

counters = Table(
    "counters",
    metadata,
    Column("name", String(64), primary_key=True),  # of `core.monitoring.metrics.Series`
    Column("labels", String(128), primary_key=True),  # their values, a JSON list
    Column("number", Float, nullable=False),
)

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

workers = Table(
    "workers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seen_at", Instant, nullable=False),
    Column("started_at", Instant),  # None: of a version that did not store it
)

signs = Table(
    "signs",
    metadata,
    Column("name", String(32), primary_key=True),  # see `store.monitoring.heartbeats`
    Column("at", Instant, nullable=False),
    Column("times", Integer, nullable=False),
)

troubles = Table(
    "troubles",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("part", String(16), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("clear_since", Instant),
    Column("over_at", Instant),
)
PartialIndex("ix_troubles_standing", troubles.c.part, unique=True, where="over_at IS NULL")
"""Each trouble has one row, whichever worker saw it first."""

put_offs = Table(
    "put_offs",
    metadata,
    Column("queue", String(16), primary_key=True),
    Column("row_id", String(32).with_variant(String(34), "postgresql"), primary_key=True),
    Column("since", Instant, nullable=False),  # when it was first due
    Column("until", Instant, nullable=False),  # the due time it was given; with another one it has recovered
)
