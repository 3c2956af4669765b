"""Who is on duty and off it beside the rotas of the trees."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_duty"
down_revision = "2026_11_24_watch"


def upgrade() -> None:
    op.create_table(
        "arrangements",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("tree", sa.String(64), nullable=False),
        sa.Column("contact", sa.String(64), nullable=False),
        sa.Column("officer", sa.String(129), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_arrangements"),
    )
    op.create_index("ix_arrangements_ends", "arrangements", ["ends_at"])
