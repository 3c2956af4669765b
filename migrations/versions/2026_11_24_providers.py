"""A second provider: whom an attempt was handed to, and which provider is away.

A version that knows nothing of it leaves both empty: all it sends goes by the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_providers"
down_revision = "2026_11_24_sweeps"


def upgrade() -> None:
    op.add_column("attempts", sa.Column("provider", sa.String(8)))
    op.create_table(
        "breakers",
        sa.Column("method", sa.String(8)),
        sa.Column("provider", sa.String(8)),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.Column("is_back", sa.Boolean(), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True)),
        sa.Column("paused_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("method", "provider", name="pk_breakers"),
    )
