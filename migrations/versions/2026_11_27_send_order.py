"""The order in which attempts are sent, so that a claim of a few does not sort all that wait."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_send_order"
down_revision = "2026_11_27_in_order"

QUEUED = sa.text("status = 'queued'")
IN_ORDER = ["method", "rank", "due_at", "created_at", "id"]


def upgrade() -> None:
    op.create_index("ix_attempts_order", "attempts", IN_ORDER, postgresql_where=QUEUED, sqlite_where=QUEUED)
