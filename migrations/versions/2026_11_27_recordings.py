"""What members have told by voice, for coordinators to hear."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_recordings"
down_revision = "2026_11_27_field"


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(34), nullable=False),
        sa.Column("incident_id", sa.String(32)),
        sa.Column("provider", sa.String(8), nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("audio", sa.LargeBinary),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_recordings_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
    )
    op.create_index("ix_recordings_incident_id", "recordings", ["incident_id"])
    where = sa.text("due_at IS NOT NULL")
    op.create_index("ix_recordings_due", "recordings", ["due_at"], postgresql_where=where, sqlite_where=where)
