"""The order in which due escalations are worked off, so that a look at thousands does not sort them all."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_in_order"
down_revision = "2026_11_27_closed"

DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_escalations_order", "escalations", ["rank", "due_at"], postgresql_where=DUE, sqlite_where=DUE)
