"""Numbers and addresses that are tried before the night: what was asked there, and whether it was answered."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_number_tests"
down_revision = "2026_11_26_trees_history"


def upgrade() -> None:
    op.create_table(
        "number_tests",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("notification_id", sa.String(32), nullable=False),
        sa.Column("tree", sa.String(64), nullable=False),
        sa.Column("contact", sa.String(64), nullable=False),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("address_index", sa.LargeBinary(16), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(16)),
        sa.Column("token_hash", sa.LargeBinary(32)),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("via", sa.String(8)),
        sa.PrimaryKeyConstraint("id", name="pk_number_tests"),
        sa.ForeignKeyConstraint(["notification_id"], ["notifications.id"], name="fk_number_tests_notification_id"),
        sa.UniqueConstraint("notification_id", name="uq_number_tests_notification_id"),
        sa.UniqueConstraint("token_hash", name="uq_number_tests_token_hash"),
    )
    op.create_index("ix_number_tests_held", "number_tests", ["address_index", "code_hash"])
    op.create_index("ix_number_tests_contact", "number_tests", ["tree", "contact"])
