"""What was used of the limits of each door, for all processes together."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_limits"
down_revision = "2026_11_25_held_codes"


def upgrade() -> None:
    op.create_table(
        "limit_usage",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("until", sa.JSON, nullable=False),
        sa.Column("dropped", sa.Integer, nullable=False),
        sa.Column("closings", sa.Integer, nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True)),
        sa.Column("lasts_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "key", name="pk_limit_usage"),
    )
    op.create_index("ix_limit_usage_lasts_until", "limit_usage", ["lasts_until"])
