"""The editions of the trees, found in the history without reading all of it."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_trees_history"
down_revision = "2026_11_26_duty_calendars"


def upgrade() -> None:
    is_edition = sa.text("kind = 'trees_in_force'")
    op.create_index("ix_timeline_editions", "timeline", ["seq"], postgresql_where=is_edition, sqlite_where=is_edition)
