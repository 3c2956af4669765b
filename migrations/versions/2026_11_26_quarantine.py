"""Whose text it is that came from an unknown number, once a coordinator has said so."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_quarantine"
down_revision = "2026_11_26_users"


def upgrade() -> None:
    op.add_column("inbound", sa.Column("bound_to", sa.String(129)))
