"""Wrong codes are counted by number and incident; what a number lost by them; who wrote lately.

Codes that a version before this one draws for an alarm are as before: nothing here is needed of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_guesses"
down_revision = "2026_11_26_account_faults"


def upgrade() -> None:
    op.create_table(
        "guesses",
        sa.Column("incident_id", sa.String(32), nullable=False),
        sa.Column("number_index", sa.LargeBinary(16), nullable=False),
        sa.Column("until", sa.JSON, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True)),
        sa.Column("locked_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_guesses_incident_id"),
        sa.PrimaryKeyConstraint("incident_id", "number_index", name="pk_guesses"),
    )
    op.add_column("codes", sa.Column("alarm_id", sa.String(32)))
    op.add_column("code_numbers", sa.Column("voided_at", sa.DateTime(timezone=True)))
    op.add_column("inbound", sa.Column("wrong_keys", sa.Integer))
    op.create_index("ix_alarms_code", "alarms", ["code_id"])
    op.create_index("ix_inbound_sender", "inbound", ["sender_index", "received_at"])
