"""Pages of notices: what each states, and what to do about it."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_notice_links"
down_revision = "2026_11_26_journeys"


def upgrade() -> None:
    op.create_table(
        "notice_links",
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("notification_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["notification_id"], ["notifications.id"], name="fk_notice_links_notification_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_notice_links"),
    )
