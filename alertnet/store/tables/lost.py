"""What the database that a backup has replaced had told people, as far as the provider's books show it."""

from sqlalchemy import Column, Index, LargeBinary, String, Table

from alertnet.store.db.columns import Instant
from alertnet.store.tables.base import metadata

lost_codes = Table(
    "lost_codes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("ref", String(8), nullable=False, index=True),
    Column("number_index", LargeBinary(16), nullable=False),
    Column("code_hash", LargeBinary(16), nullable=False),
    Column("lasts_until", Instant, nullable=False),
    Column("answered_at", Instant),  # its coordinators were alarmed that an answer to it came
    Index("ix_lost_codes_held", "code_hash", "number_index"),
)
