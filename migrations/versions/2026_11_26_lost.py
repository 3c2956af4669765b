"""Codes that were told on the strength of a database that a backup has replaced."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_lost"
down_revision = "2026_11_26_keyed_record"


def upgrade() -> None:
    op.create_table(
        "lost_codes",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("ref", sa.String(8), nullable=False),
        sa.Column("number_index", sa.LargeBinary(16), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("lasts_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_lost_codes"),
    )
    op.create_index("ix_lost_codes_ref", "lost_codes", ["ref"])
    op.create_index("ix_lost_codes_held", "lost_codes", ["code_hash", "number_index"])
