"""The languages that members chose by SMS; what is still to be done about a text, once it is answered."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_field"
down_revision = "2026_11_26_quarantine"


def upgrade() -> None:
    op.create_table(
        "member_languages",
        sa.Column("owner", sa.String(129), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_member_languages"),
    )
    op.add_column("inbound", sa.Column("due_at", sa.DateTime(timezone=True)))
    where = sa.text("due_at IS NOT NULL")
    op.create_index("ix_inbound_due", "inbound", ["due_at"], postgresql_where=where, sqlite_where=where)
