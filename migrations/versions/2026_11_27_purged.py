"""Since when an incident is held on to, since when nothing of it is shown, and when the last of it was erased."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_purged"
down_revision = "2026_11_27_linked"

COLUMNS = ("held_at", "purged_at", "erased_at")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("incidents", sa.Column(name, sa.DateTime(timezone=True)))
