"""An index of each team's incidents, so that its list is read in order however many others have."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_of_team"
down_revision = "2026_11_28_written_out"


def upgrade() -> None:
    reported, columns = sa.text("team IS NOT NULL"), ["team", "status", "opened_at"]
    op.create_index("ix_incidents_team", "incidents", columns, postgresql_where=reported, sqlite_where=reported)
