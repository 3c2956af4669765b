"""What goes out: codes and links, notifications, and their attempts (the other queue); who sends, and how fast."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from alertnet.core.notification import CLASSES
from alertnet.store.db.columns import Encrypted, EncryptedJson, Instant, Json
from alertnet.store.tables.base import WHERE_DUE, metadata

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
    Column("alarm_id", String(32)),  # of one coordinator alone, in place of the alarm's own code, which it has lost
    Index("ix_codes_hash", "code_hash"),
)

code_numbers = Table(
    "code_numbers",
    metadata,
    Column("code_id", String(32), ForeignKey("codes.id"), primary_key=True),
    Column("number_index", LargeBinary(16), primary_key=True),
    Column("tree", String(64), nullable=False),
    Column("contact", String(64), nullable=False),
    Column("relays", Boolean, nullable=False),
    Column("open", Boolean, nullable=False),  # of an open incident: closed ones must not be searched for ever
    Column("code_hash", LargeBinary(16)),  # the code's own; None where it is void
    Column("voided_at", Instant),  # for this number alone, which tried wrong ones
    Index("ix_code_numbers_number", "number_index", "open"),
)
IS_OF_OPEN, IS_OF_CLOSED = text("open"), text("NOT open")
"""Asked for in these very words, so that the indexes serve."""
Index(
    "ix_code_numbers_open",
    code_numbers.c.code_hash,
    code_numbers.c.number_index,
    code_numbers.c.open,  # SQLite looks at no row for what stands in the index itself
    unique=True,
    postgresql_where=IS_OF_OPEN,
    sqlite_where=IS_OF_OPEN,
)  # Two workers that draw the same code for a number at the same moment: one of them draws again.
Index("ix_code_numbers_closed", code_numbers.c.code_hash, postgresql_where=IS_OF_CLOSED, sqlite_where=IS_OF_CLOSED)

guesses = Table(
    "guesses",
    metadata,
    # A row for a number that sent or keyed wrong codes in an incident; held by whoever holds the incident.
    Column("incident_id", String(32), ForeignKey("incidents.id"), primary_key=True),
    Column("number_index", LargeBinary(16), primary_key=True),
    Column("until", Json, nullable=False),  # when each wrong try counts no more: ISO 8601, ascending
    Column("tries", Integer, nullable=False),  # in all
    Column("renewed_at", Instant),  # its codes were made afresh, as they are once
    Column("locked_at", Instant),  # since then its codes count no more
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
    Column("acknowledgement_id", String(32)),  # the answer that a coordinator can take back there
    Column("tree", String(64), nullable=False),
    Column("contact", String(64), nullable=False),
    Column("method", String(8), nullable=False),
    Column("address", Encrypted, nullable=False),
    Column("pin_tries", Integer, nullable=False),  # no longer read: an earlier version counts here what it hears
    Column("created_at", Instant, nullable=False),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("incident_id", String(32), ForeignKey("incidents.id")),
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

notice_links = Table(
    "notice_links",
    metadata,
    # The page of a notice: it shows what the notification says, and what to do about it.
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("notification_id", String(32), ForeignKey("notifications.id"), nullable=False),
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
    Column("provider", String(8)),  # whom it was handed to; of a queued one: who has just turned it away
    Column("extra", Boolean, nullable=False),  # the one re-send after an unknown outcome (A5)
    Column("checks", Integer, nullable=False),
    Column("delays", Integer, nullable=False),
    Column("provider_id", String(64)),
    Column("failure", String(32)),
    Column("error", String(64)),
    Column("spoken_code", Encrypted),
    Column("wrong_keys", Integer, nullable=False),
    Column("keyed", Json),  # keyed hashes of the wrong ones, so that a webhook that comes twice counts once
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
    postgresql_where=WHERE_DUE,
    sqlite_where=WHERE_DUE,
)
WAS_TAKEN = text("provider_id IS NOT NULL")
Index("ix_attempts_provider_id", attempts.c.provider_id, postgresql_where=WAS_TAKEN, sqlite_where=WAS_TAKEN)
IS_QUEUED = text("status = 'queued'")
"""Asked for in these very words, so that the index serves."""
Index(
    "ix_attempts_order",
    attempts.c.method,
    attempts.c.rank,
    attempts.c.due_at,
    attempts.c.created_at,
    attempts.c.id,
    postgresql_where=IS_QUEUED,
    sqlite_where=IS_QUEUED,
)  # The order in which they are sent: a claim sorts nothing, however many are due; it passes over what waits for later.
IS_NO_FIRST_ALERT = text(f"(NOT is_alert OR rank % {CLASSES} = 1)")
"""It asks, tells or says again (`core.notification.is_repeat`), so that another message may take it along."""
_MAY_GO_ALONG = text(f"{IS_QUEUED} AND {IS_NO_FIRST_ALERT}")
Index(
    "ix_attempts_beside",
    attempts.c.address_index,
    attempts.c.due_at,
    postgresql_where=_MAY_GO_ALONG,
    sqlite_where=_MAY_GO_ALONG,
)  # What else waits for a phone: of thousands of alerts that do none is in it.

senders = Table(
    "senders",
    metadata,
    Column("name", String(64), primary_key=True),  # channel and number
    Column("free_at", Instant, nullable=False),
)

breakers = Table(
    "breakers",
    metadata,
    # A row while something is wrong with a provider, for one method; see `core.delivery.circuit_breaker`.
    Column("method", String(8), primary_key=True),
    Column("provider", String(8), primary_key=True),
    Column("faults", Integer, nullable=False),
    Column("opened_at", Instant),
    Column("is_back", Boolean, nullable=False),
    Column("try_at", Instant),
    Column("paused_until", Instant),
    Column("fault", String(16)),  # what the provider has against our account, where that is why
    Column("held_until", Instant),  # somebody has paused it by hand
)
