"""Drills that are planned, and those that were held."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_drills"
down_revision = "2026_11_27_purged"


def upgrade() -> None:
    op.create_table(
        "drills",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("drill", sa.LargeBinary, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("incident_id", sa.String(32)),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status <> 'planned' OR due_at IS NOT NULL", name="never_forgotten"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_drills_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_drills"),
    )
    op.create_index("ix_drills_incident_id", "drills", ["incident_id"])
    op.create_index("ix_drills_status", "drills", ["status", "starts_at"])
    where = sa.text("due_at IS NOT NULL")
    op.create_index("ix_drills_due", "drills", ["due_at"], postgresql_where=where, sqlite_where=where)
