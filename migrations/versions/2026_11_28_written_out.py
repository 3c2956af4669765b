"""On SQLite the words for a row's state are compared one by one: of a list it makes a table for each row it checks.

The meaning is the same, so no row is looked at, and the text alone is replaced: "Making Other Kinds Of Table Schema
Changes" in https://www.sqlite.org/lang_altertable.html. Processes of the version before read the schema anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_written_out"
down_revision = "2026_11_27_fewer_indexes"

IN_OTHER_WORDS = (
    (
        "escalations",
        "status IN ('scheduled','waiting_for_go','running','acknowledged','unanswered','stopped')",
        "status = 'running' OR status = 'scheduled' OR status = 'waiting_for_go'"
        " OR status = 'acknowledged' OR status = 'unanswered' OR status = 'stopped'",
    ),
    (
        "attempts",
        "status NOT IN ('queued','sending','unknown') OR due_at IS NOT NULL",
        "due_at IS NOT NULL OR (status <> 'queued' AND status <> 'sending' AND status <> 'unknown')",
    ),
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    if not connection.exec_driver_sql("PRAGMA writable_schema").scalar():
        # SQLite was built to let nobody do so: the checks stay as they were, slower and as strict.
        return
    for table, text, other in IN_OTHER_WORDS:
        put = sa.text("UPDATE sqlite_master SET sql = replace(sql, :text, :other) WHERE name = :table")
        connection.execute(put, {"table": table, "text": text, "other": other})
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
