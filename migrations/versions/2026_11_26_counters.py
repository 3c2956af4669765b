"""What was counted for those who keep watch, for all processes together."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_counters"
down_revision = "2026_11_26_guesses"


def upgrade() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("labels", sa.String(128), nullable=False),
        sa.Column("number", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name="pk_counters"),
    )
