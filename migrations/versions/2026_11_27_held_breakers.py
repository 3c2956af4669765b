"""Until when somebody has paused a provider by hand.

A version that knows nothing of it sees the provider away, and asks it whether it is back.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_held_breakers"
down_revision = "2026_11_27_looking"


def upgrade() -> None:
    op.add_column("breakers", sa.Column("held_until", sa.DateTime(timezone=True)))
