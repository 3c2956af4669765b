"""How far the provider's lists of what came in have been read, and by whom they are read now."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_sweeps"
down_revision = "2026_11_24_messages"


def upgrade() -> None:
    op.create_table(
        "sweeps",
        sa.Column("method", sa.String(8)),
        sa.Column("seen_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease", sa.String(32)),
        sa.PrimaryKeyConstraint("method", name="pk_sweeps"),
    )
