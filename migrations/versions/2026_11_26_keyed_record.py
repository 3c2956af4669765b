"""The history ends where it says, what has changed of it is found at once, and API keys are vouched for.

What a version that knows nothing of it writes is said to be so by `audit verify`, an hour after the upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_keyed_record"
down_revision = "2026_11_26_keyed"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("mac", sa.LargeBinary(32)))
    op.create_table(
        "chain_heads",
        sa.Column("chain", sa.String(32), nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("mac", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("chain", name="pk_chain_heads"),
    )
    op.create_index("ix_timeline_at", "timeline", ["at"])
