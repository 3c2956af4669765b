"""Tables of sending: codes and links, notifications and attempts (a queue), senders and circuit breakers."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from alertnet.core.notification import CLASSES
from alertnet.store.db.columns import Encrypted, EncryptedJson, Instant, Json
from alertnet.store.tables.base import WHERE_DUE, PartialIndex, check_each, metadata

codes = Table(
    "codes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("incident_id", String(32), ForeignKey("incidents.id"), nullable=False, index=True),
    Column("tree", String(64)),
    Column("contact", String(64)),  # None for a decision's code, which any coordinator may use
    Column("code", Encrypted, nullable=False),
    Column("code_hash", LargeBinary(16), nullable=False),
    Column("wrong_tries", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("voided_at", Instant),
    # set for the code of one coordinator, which replaces the alarm's own code that was lost
    Column("alarm_id", String(32)),
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
    Column("open", Boolean, nullable=False),  # whether its incident is open, so that closed ones need not be searched
    Column("code_hash", LargeBinary(16)),  # the code's own; NULL where one of them got it anew
    Column("voided_at", Instant),  # void for this number only, which sent wrong codes
    Index("ix_code_numbers_number", "number_index", "open"),
)
IS_OF_OPEN, IS_OF_CLOSED = text("open"), text("NOT open")
"""Queries must use exactly these words, so that the indexes are used."""
_HOLDS = code_numbers.c["code_hash", "number_index", "open"]  # `open` so that SQLite need not read the row
PartialIndex("ix_code_numbers_open", *_HOLDS, unique=True, where=IS_OF_OPEN)
"""Of two workers that draw the same code for a number at the same moment, one has to draw again."""
PartialIndex("ix_code_numbers_closed", code_numbers.c.code_hash, where=IS_OF_CLOSED)

guesses = Table(
    "guesses",
    metadata,
    # One row for each number that sent or pressed wrong codes in an incident; locked by the lock of the incident.
    Column("incident_id", String(32), ForeignKey("incidents.id"), primary_key=True),
    Column("number_index", LargeBinary(16), primary_key=True),
    Column("until", Json, nullable=False),  # when each wrong code stops counting: ISO 8601, ascending
    Column("tries", Integer, nullable=False),  # in all
    Column("renewed_at", Instant),  # when its codes were made anew, which happens once
    Column("locked_at", Instant),  # since when its codes no longer count
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
    Column("acknowledgement_id", String(32)),  # the answer that a coordinator can revoke there
    Column("tree", String(64), nullable=False),
    Column("contact", String(64), nullable=False),
    Column("method", String(8), nullable=False),
    Column("address", Encrypted, nullable=False),
    Column("pin_tries", Integer, nullable=False),  # no longer read; an earlier version may still count here
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
    # The page of a notice, which shows the content of the notification, and what to do about it.
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
    Column("due_at", Instant),  # when to send it, to end its lease, or to ask the provider
    Column("lease", String(32)),
    Column("sender", String(64)),
    Column("provider", String(8)),  # whom it was handed to; for a queued one: who last turned it away
    Column("extra", Boolean, nullable=False),  # the one re-send after an unknown outcome (A5)
    Column("checks", Integer, nullable=False),
    Column("delays", Integer, nullable=False),
    Column("provider_id", String(64)),
    Column("failure", String(32)),
    Column("error", String(64)),
    Column("spoken_code", Encrypted),
    Column("wrong_keys", Integer, nullable=False),
    Column("keyed", Json),  # keyed hashes of the wrong ones, so that a repeated webhook counts once
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("changed_at", Instant, nullable=False),
    *check_each(
        "never_forgotten",
        "status NOT IN ('queued','sending','unknown') OR due_at IS NOT NULL",
        on_sqlite="due_at IS NOT NULL OR (status <> 'queued' AND status <> 'sending' AND status <> 'unknown')",
    ),
)
PartialIndex("ix_attempts_due", *attempts.c["method", "status", "due_at"], where=WHERE_DUE)
PartialIndex("ix_attempts_provider_id", attempts.c.provider_id, where="provider_id IS NOT NULL")
IS_QUEUED = text("status = 'queued'")
"""Queries must use exactly these words, so that the index is used."""
PartialIndex("ix_attempts_order", *attempts.c["method", "rank", "due_at", "created_at", "id"], where=IS_QUEUED)
"""The order of sending: a claim sorts nothing, however many are due, and passes over what waits for later."""
IS_NO_FIRST_ALERT = text(f"(NOT is_alert OR rank % {CLASSES} = 1)")
"""It asks, tells or repeats (`core.notification.is_repeat`), so another message may say it too."""
_MAY_GO_ALONG = f"{IS_QUEUED} AND {IS_NO_FIRST_ALERT}"
PartialIndex("ix_attempts_beside", *attempts.c["address_index", "due_at"], where=_MAY_GO_ALONG)
"""What else waits for a phone; the alerts that can't be joined, perhaps thousands, are not in it."""

senders = Table(
    "senders",
    metadata,
    Column("name", String(64), primary_key=True),  # channel and number
    Column("free_at", Instant, nullable=False),
)

breakers = Table(
    "breakers",
    metadata,
    # One row while a provider is in trouble, for one method; see `core.delivery.circuit_breaker`.
    Column("method", String(8), primary_key=True),
    Column("provider", String(8), primary_key=True),
    Column("faults", Integer, nullable=False),
    Column("opened_at", Instant),
    Column("is_back", Boolean, nullable=False),
    Column("try_at", Instant),
    Column("paused_until", Instant),
    Column("fault", String(16)),  # what the provider has against our account, where that is the reason
    Column("held_until", Instant),  # until when somebody has paused it by hand
)
