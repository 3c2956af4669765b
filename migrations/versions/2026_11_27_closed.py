"""An index of what was closed lately, which the board shows; an incident that opens has no place in it."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_closed"
down_revision = "2026_11_27_held_breakers"


def upgrade() -> None:
    closed = sa.text("closed_at IS NOT NULL")
    op.create_index("ix_incidents_closed", "incidents", ["closed_at"], postgresql_where=closed, sqlite_where=closed)
