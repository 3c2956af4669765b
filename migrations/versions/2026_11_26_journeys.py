"""What is awaited of the field: journeys, routines and roll-calls."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_journeys"
down_revision = "2026_11_26_number_tests"


def upgrade() -> None:
    op.create_table(
        "journeys",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("member", sa.String(64)),
        sa.Column("routine", sa.String(64)),
        sa.Column("roll_call", sa.String(32)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("journey", sa.LargeBinary, nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("incident_id", sa.String(32)),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("status <> 'under_way' OR due_at IS NOT NULL", name="never_forgotten"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_journeys_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_journeys"),
    )
    op.create_index("ix_journeys_owner", "journeys", ["team", "status", "member"])
    op.create_index("ix_journeys_status", "journeys", ["status", "expected_at"])
    op.create_index("ix_journeys_roll_call", "journeys", ["roll_call"])
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_journeys_due", "journeys", ["due_at"], postgresql_where=due, sqlite_where=due)
