"""What the slow hash of a PIN was made to cost."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_pin_cost"
down_revision = "2026_11_27_unclaimed"


def upgrade() -> None:
    op.add_column("pins", sa.Column("cost", sa.String(24)))
