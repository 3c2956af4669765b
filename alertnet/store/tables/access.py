"""Tables of access, duty and inbound messages: keys, users, PINs, requests, rotas, texts and calls."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from alertnet.store.db.columns import Encrypted, EncryptedJson, Instant, Json
from alertnet.store.tables.base import PartialIndex, index_of_due, metadata

inbound = Table(
    "inbound",
    metadata,
    Column("provider_id", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("sender_index", LargeBinary(16), nullable=False),
    Column("sender", Encrypted, nullable=False),
    Column("body", Encrypted, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("known", Boolean, nullable=False),  # False: quarantined, and its sender was told nothing
    Column("reply", Encrypted),
    Column("wrong_keys", Integer),  # wrong codes keyed in a call
    Column("bound_to", String(129)),  # for a quarantined text: the team/member that it turned out to be from
    Column("keyed", Json),  # keyed hashes of the wrong codes, so that a repeated webhook counts once
    Column("due_at", Instant),  # for an answered text: when its postponed work is due
    Index("ix_inbound_sender", "sender_index", "received_at"),
)
index_of_due("ix_inbound_due", inbound)
PartialIndex("ix_inbound_unkeyed", inbound.c.received_at, where="kind = 'call' AND reply IS NULL")

sweeps = Table(
    "sweeps",
    metadata,
    Column("method", String(8), primary_key=True),  # sms | call, of a second provider sms/2 | call/2
    Column("seen_until", Instant, nullable=False),  # everything that came in by then was found
    Column("due_at", Instant, nullable=False),  # when to look again, or to end the lease of whoever looks
    Column("lease", String(32)),
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
    Column("mac", LargeBinary(32)),  # over the whole row: a key made without the secret opens nothing
)

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(32), nullable=False, unique=True),
    Column("role", String(16), nullable=False),  # observer | coordinator | administrator
    Column("password", String(160), nullable=False),  # argon2id, as a PHC string
    Column("totp_key", Encrypted, nullable=False),  # hexadecimal
    Column("totp_step", Integer, nullable=False),  # of the last one-time code that was accepted: each is valid once
    Column("recovery", Json, nullable=False),  # hashes of the recovery codes that are left
    Column("passkeys", Json),  # public data of each; NULL in rows of earlier versions
    Column("linked", EncryptedJson),  # their account at an OpenID Connect provider
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("mac", LargeBinary(32), nullable=False),  # over what lets somebody in: a row made otherwise lets in nobody
)

user_sessions = Table(
    "user_sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),  # keyed: a session made without the secret does not count
    Column("user_id", String(32), ForeignKey("users.id"), nullable=False, index=True),
    Column("began_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
)

looking = Table(
    "looking",
    metadata,
    Column("name", String(32), primary_key=True),  # of a user
    Column("place", String(8), primary_key=True),  # the incident whose page they have open
    Column("until", Instant, nullable=False),  # unless it is renewed
)

pins = Table(
    "pins",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(129), nullable=False, index=True),  # team/member or tree/contact
    Column("kind", String(8), nullable=False),  # pin | other | one_time: see `store.records.credentials.pins`
    Column("hash", LargeBinary(32), nullable=False),
    Column("used_at", Instant),
    # of argon2id, over the keyed hash; NULL where an earlier version stored only the keyed hash
    Column("cost", String(24)),
)

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
    Column("made_by", String(129)),  # who arranged it, as recorded; NULL in rows of earlier versions
    Index("ix_arrangements_ends", "ends_at"),
)

duty_calendars = Table(
    "duty_calendars",
    metadata,
    Column("officer", String(129), primary_key=True),  # team/member
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
)

number_tests = Table(
    "number_tests",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("notification_id", String(32), ForeignKey("notifications.id"), nullable=False, unique=True),
    Column("tree", String(64), nullable=False),
    Column("contact", String(64), nullable=False),
    Column("method", String(8), nullable=False),
    Column("address_index", LargeBinary(16), nullable=False),
    Column("code_hash", LargeBinary(16)),  # for an SMS: the code to be sent back
    Column("token_hash", LargeBinary(32), unique=True),  # of a link to the page
    Column("asked_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("via", String(8)),  # sms | call | link; wrong: somebody said that it is a stranger's
    Index("ix_number_tests_held", "address_index", "code_hash"),
    Index("ix_number_tests_contact", "tree", "contact"),
)

lost_codes = Table(
    "lost_codes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("ref", String(8), nullable=False, index=True),
    Column("number_index", LargeBinary(16), nullable=False),
    Column("code_hash", LargeBinary(16), nullable=False),
    Column("lasts_until", Instant, nullable=False),
    Column("answered_at", Instant),  # when its coordinators were alarmed that an answer to it came
    Index("ix_lost_codes_held", "code_hash", "number_index"),
)
