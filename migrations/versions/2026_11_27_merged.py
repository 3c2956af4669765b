"""Incidents that were merged into another: what acts for their references, and what was known of it without them."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_merged"
down_revision = "2026_11_27_recordings"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("part_of", sa.String(32)))
    op.add_column("incidents", sa.Column("merged", sa.LargeBinary()))
    op.create_index("ix_incidents_part_of", "incidents", ["part_of"])
