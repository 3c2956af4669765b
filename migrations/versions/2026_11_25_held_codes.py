"""A number holds a code once, also where two workers draw it at the same moment.

What a version that knows nothing of it writes has no hash here, and is compared with nothing: as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_held_codes"
down_revision = "2026_11_24_replanned"

OPEN = sa.text("open")


def upgrade() -> None:
    op.add_column("code_numbers", sa.Column("code_hash", sa.LargeBinary(16)))
    op.create_index(
        "ix_code_numbers_held",
        "code_numbers",
        ["number_index", "code_hash"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
