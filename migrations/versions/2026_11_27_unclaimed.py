"""Since when a recording is to be deleted at the provider; ids of the provider's length among what is put off."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_unclaimed"
down_revision = "2026_11_27_proposed"


def upgrade() -> None:
    op.add_column("recordings", sa.Column("kept_at", sa.DateTime(timezone=True)))
    if op.get_bind().dialect.name == "postgresql":  # SQLite holds nobody to a length
        op.alter_column("put_offs", "row_id", type_=sa.String(34))
