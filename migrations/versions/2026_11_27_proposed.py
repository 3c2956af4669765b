"""What news would change of an incident, until a coordinator has decided."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_proposed"
down_revision = "2026_11_27_passkeys"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("proposed", sa.LargeBinary()))
