"""The tables, drawn once for SQLite and PostgreSQL; `escalations`, `attempts` and `alarms` are the queues, by `due_at`.

Everything that names a person, a number, a code or what somebody wrote is an encrypted column; what must be looked up is a keyed
blind index (`…_index`) or a hash beside it. Roles, ids and statuses are in clear: they say nothing of anybody.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

from alertnet.store.columns import Encrypted, EncryptedJson, Instant, Json

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)


def _due(name: str, table: Table) -> Index:
    """An index of what is due alone, so that closed incidents cost the tick nothing."""
    where = text("due_at IS NOT NULL")
    return Index(name, table.c.due_at, postgresql_where=where, sqlite_where=where)


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
    Column("facts", EncryptedJson, nullable=False),
    Column("trees", Json, nullable=False),  # {tree id: document hash} of every tree that serves the country
    Column("templates", String(64), ForeignKey("documents.hash"), nullable=False),
    Column("pruned", Json, nullable=False),
    Column("warnings", Json, nullable=False),
    Column("team", String(64)),
    Column("raised_index", LargeBinary(16)),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("close_reason", String(16)),
    Column("merged_into", String(32), ForeignKey("incidents.id")),
    CheckConstraint("status IN ('open', 'closed')", name="status"),
    Index("ix_incidents_status_opened", "status", "opened_at"),
    Index("ix_incidents_raised", "raised_index", "status"),
)

escalations = Table(
    "escalations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("incident_id", String(32), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("tree", String(64), nullable=False),
    Column("tree_hash", String(64), ForeignKey("documents.hash"), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("level", String(128)),
    Column("round", Integer, nullable=False),
    Column("rank", Integer, nullable=False),  # the severity's: what is overdue runs most severe first
    Column("due_at", Instant),
    Column("state", Json, nullable=False),
    UniqueConstraint("incident_id", "tree"),
    CheckConstraint("status IN ('acknowledged','stopped') OR due_at IS NOT NULL", name="never_forgotten"),
    CheckConstraint(
        "status IN ('scheduled','waiting_for_go','running','acknowledged','unanswered','stopped')", name="status"
    ),
)
_due("ix_escalations_due", escalations)

alarms = Table(
    "alarms",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("incident_id", String(32), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("escalation_id", String(32), ForeignKey("escalations.id")),
    Column("kind", String(16), nullable=False),  # alarm | decision
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
    CheckConstraint("answer IS NOT NULL OR due_at IS NOT NULL", name="repeated_until_answered"),
)
_due("ix_alarms_due", alarms)

codes = Table(
    "codes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("incident_id", String(32), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("tree", String(64)),
    Column("contact", String(64)),  # None for a decision's code, which is any coordinator's
    Column("code", Encrypted, nullable=False),
    Column("code_hash", LargeBinary(16), nullable=False),
    Column("wrong_tries", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("voided_at", Instant),
)

code_numbers = Table(
    "code_numbers",
    metadata,
    Column("code_id", String(32), ForeignKey("codes.id"), primary_key=True),
    Column("number_index", LargeBinary(16), primary_key=True),
    Column("tree", String(64), nullable=False),
    Column("contact", String(64), nullable=False),
    Column("relays", Boolean, nullable=False),
    Index("ix_code_numbers_number", "number_index"),
)

links = Table(
    "links",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("token", Encrypted, nullable=False),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("incident_id", String(32), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("escalation_id", String(32), ForeignKey("escalations.id")),
    Column("alarm_id", String(32), ForeignKey("alarms.id")),
    Column("tree", String(64), nullable=False),
    Column("contact", String(64), nullable=False),
    Column("method", String(8), nullable=False),
    Column("address", Encrypted, nullable=False),
    Column("pin_tries", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("incident_id", String(32), ForeignKey("incidents.id"), index=True),
    Column("escalation_id", String(32), ForeignKey("escalations.id")),
    Column("alarm_id", String(32), ForeignKey("alarms.id")),
    Column("kind", String(16), nullable=False),
    Column("tree", String(64)),
    Column("level", String(128)),
    Column("round", Integer, nullable=False),
    Column("contact", String(64), nullable=False),  # a contact's id, or `team/member`
    Column("method", String(8), nullable=False),
    Column("language", String(8), nullable=False),
    Column("address", Encrypted, nullable=False),
    Column("address_index", LargeBinary(16), nullable=False),
    Column("extension", String(64)),
    Column("trees", Json, nullable=False),
    Column("said", EncryptedJson, nullable=False),
    Column("code_id", String(32), ForeignKey("codes.id")),
    Column("link_id", String(32), ForeignKey("links.id")),
    Column("planned_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("status", String(16), nullable=False),
    Index("ix_notifications_first", "incident_id", "address_index", "method"),
)

served = Table(
    "served",
    metadata,
    # Which escalations a notification counts for, and as which contact and method there (B1: shared contacts).
    Column("notification_id", String(32), ForeignKey("notifications.id"), primary_key=True),
    Column("escalation_id", String(32), ForeignKey("escalations.id"), primary_key=True),
    Column("contact", String(64), nullable=False),
    Column("method", Integer, nullable=False),
    Column("level_index", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Index("ix_served_escalation", "escalation_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("notification_id", String(32), ForeignKey("notifications.id"), nullable=False, index=True),
    Column("incident_id", String(32), ForeignKey("incidents.id"), index=True),
    Column("method", String(8), nullable=False),
    Column("is_alert", Boolean, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("address_index", LargeBinary(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("due_at", Instant),  # when to send it, to give up its lease, or to ask the provider
    Column("lease", String(32)),
    Column("sender", String(64)),
    Column("extra", Boolean, nullable=False),  # the one re-send after an unknown outcome (A5)
    Column("checks", Integer, nullable=False),
    Column("delays", Integer, nullable=False),
    Column("provider_id", String(64), index=True),
    Column("failure", String(32)),
    Column("error", String(64)),
    Column("spoken_code", Encrypted),
    Column("wrong_keys", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("changed_at", Instant, nullable=False),
    CheckConstraint("status NOT IN ('queued','sending','unknown') OR due_at IS NOT NULL", name="never_forgotten"),
)
Index(
    "ix_attempts_due",
    attempts.c.method,
    attempts.c.status,
    attempts.c.due_at,
    postgresql_where=text("due_at IS NOT NULL"),
    sqlite_where=text("due_at IS NOT NULL"),
)

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

inbound = Table(
    "inbound",
    metadata,
    Column("provider_id", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("sender_index", LargeBinary(16), nullable=False),
    Column("sender", Encrypted, nullable=False),
    Column("body", Encrypted, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("known", Boolean, nullable=False),  # False: quarantined, and its sender learnt nothing
    Column("reply", Encrypted),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key_hash", LargeBinary(32), primary_key=True),  # of API key, route and Idempotency-Key
    Column("body_hash", LargeBinary(32), nullable=False),
    Column("incident_id", String(32), ForeignKey("incidents.id")),
    Column("status", Integer, nullable=False),
    Column("answer", EncryptedJson, nullable=False),
    Column("at", Instant, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("hash", LargeBinary(32), nullable=False, unique=True),
    Column("team", String(64)),
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

pins = Table(
    "pins",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(129), nullable=False, index=True),  # team/member or tree/contact
    Column("kind", String(8), nullable=False),  # pin | duress | one_time
    Column("hash", LargeBinary(32), nullable=False),
    Column("used_at", Instant),
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
)

senders = Table(
    "senders",
    metadata,
    Column("name", String(64), primary_key=True),  # channel and number
    Column("free_at", Instant, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seen_at", Instant, nullable=False),
)
