"""The watch on ourselves: signs of life, trouble that was told of, rows put off, and when a worker began."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_watch"
down_revision = "2026_11_24_providers"

STANDING = sa.text("over_at IS NULL")


def upgrade() -> None:
    op.add_column("workers", sa.Column("started_at", sa.DateTime(timezone=True)))
    op.create_table(
        "signs",
        sa.Column("name", sa.String(32)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_signs"),
    )
    op.create_table(
        "troubles",
        sa.Column("id", sa.String(32)),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clear_since", sa.DateTime(timezone=True)),
        sa.Column("over_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_troubles"),
    )
    op.create_index(
        "ix_troubles_standing", "troubles", ["part"], unique=True, postgresql_where=STANDING, sqlite_where=STANDING
    )
    op.create_table(
        "put_offs",
        sa.Column("queue", sa.String(16)),
        sa.Column("row_id", sa.String(32)),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("queue", "row_id", name="pk_put_offs"),
    )
