"""A start on a database that is not there yet, or can't be written."""

import os
from contextlib import closing
from signal import Signals

import pytest
from sqlalchemy import NullPool, create_engine, text

from alertnet.cli.waiting_for_database import when_database_is_there
from alertnet.core.errors import Misconfigured
from alertnet.runtime.database.transactions import DatabaseAway, NotWritable
from alertnet.runtime.wiring import Runtime
from tests.cli.conftest import WITHIN_SECONDS, Office
from tests.cli.odd_streams import as_one_who_must_ask
from tests.processes.installation import eventually


class Start:
    """A start that the database fails so many times, at a clock that only its own pauses move."""

    def __init__(self, fails: float, fault: DatabaseAway | None = None) -> None:
        self.fails = fails
        self.fault = fault or DatabaseAway("the server can't be reached")
        self.tries = 0
        self.seconds = 0.0

    def begin(self) -> str:
        self.tries += 1
        if self.tries <= self.fails:
            raise self.fault
        return "begun"

    def pause(self, seconds: float) -> None:
        self.seconds += seconds

    def waits(self) -> str:
        return when_database_is_there(self.begin, self.pause, lambda: self.seconds)


def test_a_start_waits_for_the_database() -> None:
    """After a power cut everything starts at once, in any order."""
    start = Start(fails=30)

    assert (start.waits(), start.tries) == ("begun", 31)


def test_a_start_gives_up_after_five_minutes() -> None:
    start = Start(fails=float("inf"))

    with pytest.raises(DatabaseAway):
        start.waits()

    assert 290 <= start.seconds <= 310


def test_a_start_does_not_wait_for_what_only_a_person_can_cure() -> None:
    start = Start(fails=float("inf"), fault=NotWritable("the disk is full"))

    with pytest.raises(Misconfigured) as caught:
        start.waits()

    assert caught.value.faults == ("ALERTNET_DATABASE_URL: it can't be written: the disk is full",)
    assert start.tries == 1


@pytest.mark.postgres
def test_a_start_waits_for_another_that_puts_its_trees_in_force(office: Office, postgres: str) -> None:
    """After a power cut on slow machines: who begins while the record is being written does not end by it."""
    office.env["ALERTNET_DATABASE_URL"] = url = postgres
    with closing(create_engine(url, poolclass=NullPool).connect()) as other, office.starts("worker") as worker:
        other.execute(text("SELECT pg_advisory_lock(hashtext('alertnet timeline'))"))
        eventually(lambda: worker.is_over or "waiting_for_database" in worker.err, "it waits", WITHIN_SECONDS)
        other.execute(text("SELECT pg_advisory_unlock_all()"))
        eventually(lambda: worker.is_over or '"started"' in worker.err, "it starts", WITHIN_SECONDS)
        assert not worker.is_over, worker.err
        worker.gets(Signals.SIGTERM)
        said = worker.ends()

    assert ("waiting_for_database" in said.err, '"started"' in said.err, said.code) == (True, True, 0), said.err


def test_a_command_whose_database_is_away_may_be_typed_again(office: Office) -> None:
    """75 is the code for that (EX_TEMPFAIL), so that nobody takes it for a fault in what was typed."""
    office.env["ALERTNET_DATABASE_URL"] = "postgresql://alertnet@127.0.0.1:9/alertnet"

    said = office.types("keys", "list")

    assert (said.code, said.out) == (75, "")
    assert said.err == "the database gives no answer: the server at 127.0.0.1:9 can't be reached\n"


@pytest.mark.parametrize(
    ("what", "command"),
    [
        ("the file", "serve"),
        pytest.param("the folder", "worker", marks=pytest.mark.long),
        pytest.param("the file", "worker", marks=pytest.mark.long),
        pytest.param("the folder", "serve", marks=pytest.mark.long),
    ],
)
def test_a_start_on_what_can_not_be_written_is_refused_by_name(
    office: Office, runtime: Runtime, command: str, what: str
) -> None:
    runtime.close()
    file = office.folder / "alertnet.db"
    forbidden = file if what == "the file" else office.folder
    forbidden.chmod(0o444 if what == "the file" else 0o555)

    said = office.types(command, program=as_one_who_must_ask)

    forbidden.chmod(0o755)
    uid = os.geteuid()
    assert said.err.splitlines()[-1] == (
        f"ALERTNET_DATABASE_URL: it can't be written: {file}: "
        f"user id {uid} may not write {forbidden}, which is of user id {uid}"
    )
    assert said.code == 2
