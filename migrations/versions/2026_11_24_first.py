"""Incidents and their escalations: who must hear, the codes and links of the answers, the answers, the history.

Types are plain here, so that this migration stays as it is whatever becomes of the program; a `LargeBinary` without a
length holds what `alertnet.store.db.columns` seals.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_first"
down_revision = None

DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    _create_documents()
    _create_incidents()
    _create_escalations()
    _create_codes()
    _create_code_numbers()
    _create_alarms()
    _create_links()
    _create_acknowledgements()
    _create_actions()
    _create_timeline()


def _create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("hash", sa.String(64)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_documents"),
    )


def _create_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(32)),
        sa.Column("ref", sa.String(8), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("trees", sa.JSON(), nullable=False),
        sa.Column("templates", sa.String(64), nullable=False),
        sa.Column("pruned", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("team", sa.String(64)),
        sa.Column("raised_index", sa.LargeBinary(16)),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("close_reason", sa.String(16)),
        sa.Column("merged_into", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_incidents_status")),
        sa.ForeignKeyConstraint(["merged_into"], ["incidents.id"], name="fk_incidents_merged_into"),
        sa.ForeignKeyConstraint(["templates"], ["documents.hash"], name="fk_incidents_templates"),
        sa.UniqueConstraint("ref", name="uq_incidents_ref"),
    )
    op.create_index("ix_incidents_raised", "incidents", ["raised_index", "status"])
    op.create_index("ix_incidents_status_opened", "incidents", ["status", "opened_at"])


def _create_escalations() -> None:
    op.create_table(
        "escalations",
        sa.Column("id", sa.String(32)),
        sa.Column("incident_id", sa.String(32), nullable=False),
        sa.Column("tree", sa.String(64), nullable=False),
        sa.Column("tree_hash", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("level", sa.String(128)),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_escalations"),
        sa.CheckConstraint(
            "status IN ('acknowledged','stopped') OR due_at IS NOT NULL", name=op.f("ck_escalations_never_forgotten")
        ),
        sa.CheckConstraint(
            "status IN ('scheduled','waiting_for_go','running','acknowledged','unanswered','stopped')",
            name=op.f("ck_escalations_status"),
        ),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_escalations_incident_id"),
        sa.ForeignKeyConstraint(["tree_hash"], ["documents.hash"], name="fk_escalations_tree_hash"),
        sa.UniqueConstraint("incident_id", "tree", name="uq_escalations_incident_id_tree"),
    )
    op.create_index("ix_escalations_due", "escalations", ["due_at"], postgresql_where=DUE, sqlite_where=DUE)
    op.create_index("ix_escalations_incident_id", "escalations", ["incident_id"])


def _create_codes() -> None:
    op.create_table(
        "codes",
        sa.Column("id", sa.String(32)),
        sa.Column("incident_id", sa.String(32), nullable=False),
        sa.Column("tree", sa.String(64)),
        sa.Column("contact", sa.String(64)),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_codes"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_codes_incident_id"),
    )
    op.create_index("ix_codes_incident_id", "codes", ["incident_id"])
    op.create_index("ix_codes_hash", "codes", ["code_hash"])


def _create_code_numbers() -> None:
    op.create_table(
        "code_numbers",
        sa.Column("code_id", sa.String(32)),
        sa.Column("number_index", sa.LargeBinary(16)),
        sa.Column("tree", sa.String(64), nullable=False),
        sa.Column("contact", sa.String(64), nullable=False),
        sa.Column("relays", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code_id", "number_index", name="pk_code_numbers"),
        sa.ForeignKeyConstraint(["code_id"], ["codes.id"], name="fk_code_numbers_code_id"),
    )
    op.create_index("ix_code_numbers_number", "code_numbers", ["number_index", "open"])


def _create_alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.String(32)),
        sa.Column("incident_id", sa.String(32), nullable=False),
        sa.Column("escalation_id", sa.String(32)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("about", sa.String(128)),
        sa.Column("level", sa.Integer()),
        sa.Column("contacts", sa.Integer()),
        sa.Column("automatic_at", sa.DateTime(timezone=True)),
        sa.Column("code_id", sa.String(32)),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.String(16)),
        sa.Column("answered_by", sa.String(64)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
        sa.CheckConstraint("answer IS NOT NULL OR due_at IS NOT NULL", name=op.f("ck_alarms_repeated_until_answered")),
        sa.ForeignKeyConstraint(["code_id"], ["codes.id"], name="fk_alarms_code_id"),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name="fk_alarms_escalation_id"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_alarms_incident_id"),
    )
    op.create_index("ix_alarms_due", "alarms", ["due_at"], postgresql_where=DUE, sqlite_where=DUE)
    op.create_index("ix_alarms_incident_id", "alarms", ["incident_id"])


def _create_links() -> None:
    op.create_table(
        "links",
        sa.Column("id", sa.String(32)),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("incident_id", sa.String(32), nullable=False),
        sa.Column("escalation_id", sa.String(32)),
        sa.Column("alarm_id", sa.String(32)),
        sa.Column("tree", sa.String(64), nullable=False),
        sa.Column("contact", sa.String(64), nullable=False),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("pin_tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name="fk_links_alarm_id"),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name="fk_links_escalation_id"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_links_incident_id"),
        sa.UniqueConstraint("token_hash", name="uq_links_token_hash"),
    )
    op.create_index("ix_links_incident_id", "links", ["incident_id"])


def _create_acknowledgements() -> None:
    op.create_table(
        "acknowledgements",
        sa.Column("id", sa.String(32)),
        sa.Column("incident_id", sa.String(32), nullable=False),
        sa.Column("tree", sa.String(64), nullable=False),
        sa.Column("contact", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("via", sa.String(8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.LargeBinary()),
        sa.Column("by", sa.LargeBinary()),
        sa.Column("note", sa.LargeBinary()),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_acknowledgements"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_acknowledgements_incident_id"),
    )
    op.create_index("ix_acknowledgements_incident_id", "acknowledgements", ["incident_id"])


def _create_actions() -> None:
    op.create_table(
        "actions",
        sa.Column("id", sa.String(32)),
        sa.Column("incident_id", sa.String(32), nullable=False),
        sa.Column("tree", sa.String(64), nullable=False),
        sa.Column("contact", sa.String(64), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_actions"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_actions_incident_id"),
    )
    op.create_index("ix_actions_incident_id", "actions", ["incident_id"])


def _create_timeline() -> None:
    op.create_table(
        "timeline",
        sa.Column("chain", sa.String(32)),
        sa.Column("seq", sa.Integer()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("payload", sa.LargeBinary()),
        sa.Column("salt", sa.LargeBinary(16)),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", name="pk_timeline"),
    )
