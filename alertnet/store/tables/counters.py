"""What was counted, by all processes."""

from sqlalchemy import Column, Float, String, Table

from alertnet.store.tables.base import metadata

counters = Table(
    "counters",
    metadata,
    Column("name", String(64), primary_key=True),  # of `core.monitoring.metrics.Series`
    Column("labels", String(128), primary_key=True),  # their values, a JSON list
    Column("number", Float, nullable=False),
)
