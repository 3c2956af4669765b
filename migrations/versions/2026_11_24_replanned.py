"""Re-resolving an incident: consent that waits for it, and when it was done."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_replanned"
down_revision = "2026_11_24_unkeyed"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("wider", sa.LargeBinary()))
    op.add_column("incidents", sa.Column("replanned_at", sa.DateTime(timezone=True)))
