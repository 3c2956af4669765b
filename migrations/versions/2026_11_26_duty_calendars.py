"""The secret addresses at which officers subscribe to their turns of duty."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_duty_calendars"
down_revision = "2026_11_26_arranged_by"


def upgrade() -> None:
    op.create_table(
        "duty_calendars",
        sa.Column("officer", sa.String(129), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("officer", name="pk_duty_calendars"),
        sa.UniqueConstraint("token_hash", name="uq_duty_calendars_token_hash"),
    )
