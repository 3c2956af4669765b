"""Who holds a code is found by the code: of what is open an index alone says it, and what is closed has its own."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_codes_first"
down_revision = "2026_11_27_beside"

OPEN, CLOSED = sa.text("open"), sa.text("NOT open")


def upgrade() -> None:
    # Before the other goes, which keeps the same two apart.
    op.create_index(
        "ix_code_numbers_open",
        "code_numbers",
        ["code_hash", "number_index", "open"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index(
        "ix_code_numbers_closed", "code_numbers", ["code_hash"], postgresql_where=CLOSED, sqlite_where=CLOSED
    )
    op.drop_index("ix_code_numbers_held", "code_numbers")
