"""Who is on duty and off it beside the rotas of the trees."""

from sqlalchemy import Boolean, Column, Index, String, Table

from alertnet.store.db.columns import Instant
from alertnet.store.tables.base import metadata

arrangements = Table(
    "arrangements",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tree", String(64), nullable=False),
    Column("contact", String(64), nullable=False),
    Column("officer", String(129), nullable=False),  # team/member
    Column("is_on", Boolean, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("ix_arrangements_ends", "ends_at"),
)
