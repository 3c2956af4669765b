"""No index that another one begins with, and none of what is not there: each row that is written had a place in it."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_fewer_indexes"
down_revision = "2026_11_27_codes_first"

TWICE = (("ix_escalations_incident_id", "escalations"), ("ix_notifications_incident_id", "notifications"))
SPARSE = (("ix_attempts_provider_id", "attempts", "provider_id"), ("ix_incidents_part_of", "incidents", "part_of"))


def upgrade() -> None:
    for name, table in TWICE:
        op.drop_index(name, table)
    for name, table, column in SPARSE:
        is_there = sa.text(f"{column} IS NOT NULL")
        op.drop_index(name, table)
        op.create_index(name, table, [column], postgresql_where=is_there, sqlite_where=is_there)
