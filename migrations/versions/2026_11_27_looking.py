"""Who looks at which incident in the console, whichever process shows it."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_looking"
down_revision = "2026_11_27_drills"


def upgrade() -> None:
    op.create_table(
        "looking",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("place", sa.String(8), primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
