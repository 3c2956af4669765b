"""Tables of the field: journeys and drills (queues by `due_at`), chosen languages, and recordings."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from alertnet.store.db.columns import EncryptedBytes, EncryptedJson, Instant
from alertnet.store.tables.base import index_of_due, metadata

journeys = Table(
    "journeys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),  # `core.inbound.on_the_road.journey.Kind`
    Column("team", String(64), nullable=False),
    Column("member", String(64)),  # None: any of the team
    Column("routine", String(64)),
    Column("roll_call", String(32)),
    Column("status", String(16), nullable=False),  # `core.inbound.on_the_road.journey.Status`
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

drills = Table(
    "drills",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("status", String(16), nullable=False),  # `core.monitoring.drills.DrillStatus`
    Column("drill", EncryptedJson, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("incident_id", String(32), ForeignKey("incidents.id"), index=True),
    Column("planned_at", Instant, nullable=False),
    CheckConstraint("status <> 'planned' OR due_at IS NOT NULL", name="never_forgotten"),
    Index("ix_drills_status", "status", "starts_at"),
)
index_of_due("ix_drills_due", drills)

member_languages = Table(
    "member_languages",
    metadata,
    # What a member chose by SMS; the teams file is not changed.
    Column("owner", String(129), primary_key=True),  # team/member
    Column("language", String(8), nullable=False),
    Column("chosen_at", Instant, nullable=False),
)

recordings = Table(
    "recordings",
    metadata,
    # What a member said in a call after its PIN; fetched from the provider, and then deleted there.
    Column("id", String(34), primary_key=True),  # the provider's
    Column("incident_id", String(32), ForeignKey("incidents.id"), index=True),  # None: it is only to be deleted there
    Column("provider", String(8), nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("audio", EncryptedBytes),  # NULL until it is fetched, and for ever if the provider lost it
    Column("made_at", Instant, nullable=False),
    Column("kept_at", Instant),  # when it was stored, and its deletion at the provider became due
    Column("due_at", Instant),  # when to fetch it, or to delete it at the provider
)
index_of_due("ix_recordings_due", recordings)
