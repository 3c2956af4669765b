"""Calls to our number that ended before anything was keyed are found at once, however many came in."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_unkeyed"
down_revision = "2026_11_24_revoking"

NO_REPLY = sa.text("kind = 'call' AND reply IS NULL")


def upgrade() -> None:
    op.create_index("ix_inbound_unkeyed", "inbound", ["received_at"], postgresql_where=NO_REPLY, sqlite_where=NO_REPLY)
