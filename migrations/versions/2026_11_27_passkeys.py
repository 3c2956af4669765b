"""The passkeys of the console's users."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_passkeys"
down_revision = "2026_11_27_merged"


def upgrade() -> None:
    op.add_column("users", sa.Column("passkeys", sa.JSON))
