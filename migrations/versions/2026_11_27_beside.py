"""What may go along with another message to the same phone, so that nobody goes through the alerts that wait for it."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_beside"
down_revision = "2026_11_27_send_order"

MAY_GO_ALONG = sa.text("status = 'queued' AND (NOT is_alert OR rank % 3 = 1)")


def upgrade() -> None:
    op.create_index(
        "ix_attempts_beside",
        "attempts",
        ["address_index", "due_at"],
        postgresql_where=MAY_GO_ALONG,
        sqlite_where=MAY_GO_ALONG,
    )
