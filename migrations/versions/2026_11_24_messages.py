"""What goes out and comes in: notifications, their attempts, senders, inbound messages, keys and PINs.

Types are plain here, so that this migration stays as it is whatever becomes of the program; a `LargeBinary` without a
length holds what `alertnet.store.db.columns` seals.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_messages"
down_revision = "2026_11_24_first"

DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    _create_api_keys()
    _create_inbound()
    _create_pins()
    _create_senders()
    _create_workers()
    _create_idempotency()
    _create_notifications()
    _create_attempts()
    _create_served()


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(16)),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("team", sa.String(64)),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("hash", name="uq_api_keys_hash"),
    )


def _create_inbound() -> None:
    op.create_table(
        "inbound",
        sa.Column("provider_id", sa.String(64)),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("sender_index", sa.LargeBinary(16), nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("reply", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("provider_id", name="pk_inbound"),
    )


def _create_pins() -> None:
    op.create_table(
        "pins",
        sa.Column("id", sa.String(32)),
        sa.Column("owner", sa.String(129), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_pins"),
    )
    op.create_index("ix_pins_owner", "pins", ["owner"])


def _create_senders() -> None:
    op.create_table(
        "senders",
        sa.Column("name", sa.String(64)),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_senders"),
    )


def _create_workers() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.String(32)),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )


def _create_idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("key_hash", sa.LargeBinary(32)),
        sa.Column("body_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("incident_id", sa.String(32)),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name="pk_idempotency"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_idempotency_incident_id"),
    )


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(32)),
        sa.Column("incident_id", sa.String(32)),
        sa.Column("escalation_id", sa.String(32)),
        sa.Column("alarm_id", sa.String(32)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("tree", sa.String(64)),
        sa.Column("level", sa.String(128)),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("contact", sa.String(64), nullable=False),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(16), nullable=False),
        sa.Column("extension", sa.String(64)),
        sa.Column("trees", sa.JSON(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("code_id", sa.String(32)),
        sa.Column("link_id", sa.String(32)),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name="fk_notifications_alarm_id"),
        sa.ForeignKeyConstraint(["code_id"], ["codes.id"], name="fk_notifications_code_id"),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name="fk_notifications_escalation_id"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_notifications_incident_id"),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name="fk_notifications_link_id"),
    )
    op.create_index("ix_notifications_first", "notifications", ["incident_id", "address_index", "method"])
    op.create_index("ix_notifications_incident_id", "notifications", ["incident_id"])


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(32)),
        sa.Column("notification_id", sa.String(32), nullable=False),
        sa.Column("incident_id", sa.String(32)),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("is_alert", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("lease", sa.String(32)),
        sa.Column("sender", sa.String(64)),
        sa.Column("extra", sa.Boolean(), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("delays", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(64)),
        sa.Column("failure", sa.String(32)),
        sa.Column("error", sa.String(64)),
        sa.Column("spoken_code", sa.LargeBinary()),
        sa.Column("wrong_keys", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.CheckConstraint(
            "status NOT IN ('queued','sending','unknown') OR due_at IS NOT NULL",
            name=op.f("ck_attempts_never_forgotten"),
        ),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_attempts_incident_id"),
        sa.ForeignKeyConstraint(["notification_id"], ["notifications.id"], name="fk_attempts_notification_id"),
    )
    op.create_index(
        "ix_attempts_due", "attempts", ["method", "status", "due_at"], postgresql_where=DUE, sqlite_where=DUE
    )
    op.create_index("ix_attempts_incident_id", "attempts", ["incident_id"])
    op.create_index("ix_attempts_notification_id", "attempts", ["notification_id"])
    op.create_index("ix_attempts_provider_id", "attempts", ["provider_id"])


def _create_served() -> None:
    op.create_table(
        "served",
        sa.Column("notification_id", sa.String(32)),
        sa.Column("escalation_id", sa.String(32)),
        sa.Column("contact", sa.String(64), nullable=False),
        sa.Column("method", sa.Integer(), nullable=False),
        sa.Column("level_index", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("notification_id", "escalation_id", name="pk_served"),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name="fk_served_escalation_id"),
        sa.ForeignKeyConstraint(["notification_id"], ["notifications.id"], name="fk_served_notification_id"),
    )
    op.create_index("ix_served_escalation", "served", ["escalation_id"])
