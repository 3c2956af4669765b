"""Which wrong keys a call has heard: the same once more is no further try, and others for the same question are."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_keyed"
down_revision = "2026_11_26_counters"


def upgrade() -> None:
    op.add_column("attempts", sa.Column("keyed", sa.JSON))
    op.add_column("inbound", sa.Column("keyed", sa.JSON))
