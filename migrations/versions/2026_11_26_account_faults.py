"""A breaker knows what its provider has against our account.

A version that knows nothing of it leaves it out, and sees the provider away all the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_account_faults"
down_revision = "2026_11_26_limits"


def upgrade() -> None:
    op.add_column("breakers", sa.Column("fault", sa.String(16)))
