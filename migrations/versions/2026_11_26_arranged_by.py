"""Who arranged a turn of duty, so that whoever did so by a command can take it back."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_arranged_by"
down_revision = "2026_11_26_lost"


def upgrade() -> None:
    op.add_column("arrangements", sa.Column("made_by", sa.String(129)))
