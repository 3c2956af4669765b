"""`db restored`: a backup is the database now, and nothing old is to be sent again."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from alertnet.runtime.wiring import Runtime
from alertnet.store.tables import attempts, notifications, timeline
from tests.cli.conftest import Office


def test_what_waited_in_the_backup_is_asked_about_first(office: Office, runtime: Runtime, ref: str) -> None:
    said = office.types("db", "restored")

    assert said.code == 0
    assert "lost_incidents_unread" in said.err, "nothing listens at the provider's, and that is said"
    assert "before they are sent: 1." in said.out
    assert f"Incidents that may lack answers: {ref}." in said.out
    waiting = runtime.read(lambda tx: tx.session.execute(select(attempts).where(attempts.c.error == "restored")).all())
    assert [row.status for row in waiting] == ["unknown"]


def test_typed_again_it_says_the_same_and_nobody_is_told_twice(office: Office, runtime: Runtime, ref: str) -> None:
    """A1: whoever did not see it end types it again."""
    told = select(func.count()).select_from(notifications).where(notifications.c.kind == "alarm")

    first = office.types("db", "restored")
    before = runtime.read(lambda tx: tx.session.scalar(told))
    again = office.types("db", "restored")

    assert (again.out, runtime.read(lambda tx: tx.session.scalar(told))) == (first.out, before)


def test_it_is_on_the_record_with_the_moment_of_the_backup(office: Office, runtime: Runtime, ref: str) -> None:
    """A10: by whom, and of what."""
    said = office.types("db", "restored", "--taken-at", "2026-01-02T03:04")

    assert "the backup of 2026-01-02 03:04 UTC" in said.out
    query = select(timeline.c.payload).where(timeline.c.chain == "system", timeline.c.kind == "database_restored")
    (payload,) = runtime.read(lambda tx: tx.session.scalars(query).all())
    assert payload == {"taken_at": "2026-01-02T03:04:00+00:00", "queued": 1, "by": "command line"}


@pytest.mark.parametrize("moment", ["soon", "0001-01-01T00:00", "tomorrow's"])
def test_a_moment_that_can_not_be_is_refused(office: Office, runtime: Runtime, moment: str) -> None:
    tomorrow = runtime.now() + timedelta(days=1)

    typed = f"{tomorrow:%Y-%m-%dT%H:%M}" if moment == "tomorrow's" else moment
    err = office.refused("db", "restored", "--taken-at", typed)

    assert "--taken-at" in err
    query = select(timeline.c.kind).where(timeline.c.chain == "system")
    assert set(runtime.read(lambda tx: tx.session.scalars(query).all())) <= {"trees_in_force"}


def test_a_copy_that_was_laid_over_the_rest_of_another_database_is_refused(office: Office, runtime: Runtime) -> None:
    """A2: it would look restored, and fail in the middle of an alarm."""
    runtime.engine.dispose()
    with Path(str(runtime.engine.url.database)).open("r+b") as file:
        file.seek(4096)
        file.write(b"what a stale -wal file leaves behind" * 500)

    err = office.refused("db", "restored")

    assert "is damaged" in err
    assert "-wal" in err


def test_a_file_that_is_not_there_is_not_made(office: Office, tmp_path: Path) -> None:
    """A new database under a name that was typed wrong looks like one in which nothing is open."""
    office.env["ALERTNET_DATABASE_URL"] = f"sqlite:///{tmp_path / 'alretnet.db'}"

    err = office.refused("db", "restored")

    assert "there is no file" in err
    assert not (tmp_path / "alretnet.db").exists()
