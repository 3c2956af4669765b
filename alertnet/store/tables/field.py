"""What is awaited of the field: journeys and routines, a queue by `due_at`; and the languages that members chose."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table

from alertnet.store.db.columns import EncryptedJson, Instant
from alertnet.store.tables.base import index_of_due, metadata

journeys = Table(
    "journeys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),  # `core.inbound.journey.Kind`
    Column("team", String(64), nullable=False),
    Column("member", String(64)),  # None: any of the team
    Column("routine", String(64)),
    Column("roll_call", String(32)),
    Column("status", String(16), nullable=False),  # `core.inbound.journey.Status`
    Column("journey", EncryptedJson, nullable=False),
    Column("expected_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("incident_id", String(32), ForeignKey("incidents.id")),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    CheckConstraint("status <> 'under_way' OR due_at IS NOT NULL", name="never_forgotten"),
    Index("ix_journeys_owner", "team", "status", "member"),
    Index("ix_journeys_status", "status", "expected_at"),
    Index("ix_journeys_roll_call", "roll_call"),
)
index_of_due("ix_journeys_due", journeys)

member_languages = Table(
    "member_languages",
    metadata,
    # What a member has chosen by SMS; the teams file stays what it is.
    Column("owner", String(129), primary_key=True),  # team/member
    Column("language", String(8), nullable=False),
    Column("chosen_at", Instant, nullable=False),
)
