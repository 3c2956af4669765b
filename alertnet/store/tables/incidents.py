"""Tables of incidents: facts, escalations and alarms (two of the queues), answers, and the history."""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    CompoundSelect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    UniqueConstraint,
    func,
    select,
    text,
)

from alertnet.core.incident import IncidentStatus
from alertnet.store.db.columns import Encrypted, EncryptedJson, EscalationState, Instant, Json, ReadableJson
from alertnet.store.db.lookups import is_among
from alertnet.store.tables.base import WHERE_DUE, PartialIndex, check_each, index_of_due, metadata

documents = Table(
    "documents",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("content", Encrypted, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("ref", String(8), nullable=False, unique=True),
    Column("status", String(8), nullable=False),
    Column("type", String(32), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("country", String(2), nullable=False),
    Column("facts", ReadableJson, nullable=False),
    Column("trees", Json, nullable=False),  # {tree id: document hash} of every tree that serves the country
    Column("templates", String(64), ForeignKey("documents.hash"), nullable=False),
    Column("pruned", Json, nullable=False),
    Column("warnings", Json, nullable=False),
    Column("wider", ReadableJson),  # consent that a coordinator has yet to apply
    Column("proposed", ReadableJson),  # what news would change, until a coordinator decides
    Column("replanned_at", Instant),
    Column("team", String(64)),
    Column("raised_index", LargeBinary(16)),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("close_reason", String(16)),
    Column("merged_into", String(32), ForeignKey("incidents.id")),  # of a text
    Column("part_of", String(32)),  # the incident that acts for it
    Column("merged", ReadableJson),  # which incidents are part of this one, and its facts without them
    Column("held_at", Instant),  # since when it must not be purged
    Column("purged_at", Instant),  # since when nothing of it is shown; see `store.erasure`
    Column("erased_at", Instant),  # when the last of it was erased
    CheckConstraint("status IN ('open', 'closed')", name="status"),
    Index("ix_incidents_status_opened", "status", "opened_at"),
    Index("ix_incidents_raised", "raised_index", "status"),
)
IS_OPEN = incidents.c.status == IncidentStatus.OPEN.value
PartialIndex("ix_incidents_team", *incidents.c["team", "status", "opened_at"], where="team IS NOT NULL")
PartialIndex("ix_incidents_part_of", incidents.c.part_of, where="part_of IS NOT NULL")
PartialIndex("ix_incidents_closed", incidents.c.closed_at, where="closed_at IS NOT NULL")

ACTING = func.coalesce(incidents.c.part_of, incidents.c.id)
"""The incident that acts for a row of `incidents`: itself, unless it was merged into another."""


def with_wholes(few: Select[Any]) -> CompoundSelect[Any]:
    """The ids of those few incidents, and of those that act for them: to be locked together, in the order of ids."""
    parts = incidents.alias("parts")
    return few.union_all(select(parts.c.part_of).where(is_among(parts.c.id, few)))


escalations = Table(
    "escalations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("incident_id", String(32), ForeignKey("incidents.id"), nullable=False),
    Column("tree", String(64), nullable=False),
    Column("tree_hash", String(64), ForeignKey("documents.hash"), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("level", String(128)),
    Column("round", Integer, nullable=False),
    Column("rank", Integer, nullable=False),  # from the severity: overdue escalations run most severe first
    Column("due_at", Instant),
    Column("state", EscalationState, nullable=False),
    UniqueConstraint("incident_id", "tree"),  # also the index for finding those of an incident
    CheckConstraint("status IN ('acknowledged','stopped') OR due_at IS NOT NULL", name="never_forgotten"),
    *check_each(
        "status",
        "status IN ('scheduled','waiting_for_go','running','acknowledged','unanswered','stopped')",
        on_sqlite="status = 'running' OR status = 'scheduled' OR status = 'waiting_for_go'"
        " OR status = 'acknowledged' OR status = 'unanswered' OR status = 'stopped'",
    ),
)
index_of_due("ix_escalations_due", escalations)
PartialIndex("ix_escalations_order", escalations.c.rank, escalations.c.due_at, where=WHERE_DUE)
"""The order of processing; with this index thousands of due rows cost no more per batch than a few."""

alarms = Table(
    "alarms",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("incident_id", String(32), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("escalation_id", String(32), ForeignKey("escalations.id")),
    Column("kind", String(16), nullable=False),  # PromptKind
    Column("subject", String(32), nullable=False),
    Column("about", String(128)),
    Column("level", Integer),
    Column("contacts", Integer),
    Column("automatic_at", Instant),
    Column("code_id", String(32), ForeignKey("codes.id")),
    Column("asked", Integer, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("answer", String(16)),
    Column("answered_by", String(64)),
    Column("answered_at", Instant),
    Index("ix_alarms_code", "code_id"),
    CheckConstraint("answer IS NOT NULL OR due_at IS NOT NULL", name="repeated_until_answered"),
)
index_of_due("ix_alarms_due", alarms)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("incident_id", String(32), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("tree", String(64), nullable=False),
    Column("contact", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("via", String(8), nullable=False),
    Column("at", Instant, nullable=False),
    Column("address", Encrypted),
    Column("by", Encrypted),  # name or function given on the page, or who vouched
    Column("note", Encrypted),
    Column("revoked_at", Instant),
)

actions = Table(
    "actions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("incident_id", String(32), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("tree", String(64), nullable=False),
    Column("contact", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("note", Encrypted),
)

timeline = Table(
    "timeline",
    metadata,
    Column("chain", String(32), primary_key=True),  # an incident's id, or `system`
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(48), nullable=False),
    Column("payload", EncryptedJson),
    Column("salt", LargeBinary(16)),
    Column("digest", LargeBinary(32), nullable=False),  # H(salt, payload), which outlives both
    Column("hash", LargeBinary(32), nullable=False),
    Index("ix_timeline_at", "at"),
)

IS_EDITION = text("kind = 'trees_in_force'")
"""Queries must use exactly these words, so that the index is used: each process looks twice a second."""
PartialIndex("ix_timeline_editions", timeline.c.seq, where=IS_EDITION)

chain_heads = Table(
    "chain_heads",
    metadata,
    Column("chain", String(32), primary_key=True),  # only `system`: its chain stores the ends of the others
    Column("length", Integer, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
)
