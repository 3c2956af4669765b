"""Links that lead coordinators to an answer, where they can take it back.

A version that knows nothing of it sends its notices without one.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_revoking"
down_revision = "2026_11_24_duty"


def upgrade() -> None:
    op.add_column("links", sa.Column("acknowledgement_id", sa.String(32)))
