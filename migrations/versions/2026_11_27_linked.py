"""The account of each of the console's users at an OpenID Connect provider."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_linked"
down_revision = "2026_11_27_pin_cost"


def upgrade() -> None:
    op.add_column("users", sa.Column("linked", sa.LargeBinary))
