"""The one door to the database: what `transact` and `read` promise on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from tests.runtime.flows import Refused, connect, keep, keep_and_refuse, keep_as_due, kept


def ask_for_a_table_that_is_not_there(tx: Tx) -> None:
    tx.session.execute(text("SELECT * FROM no_such_table"))


def test_the_value_comes_after_the_commit(runtime: Runtime) -> None:
    """A1: accepted is durable."""
    assert runtime.transact(keep, name="a") == "a"

    assert runtime.read(kept) == ["a"]
    assert runtime.transactions.commits == 1


def test_a_flow_that_raises_leaves_nothing_and_its_error_reaches_the_caller(runtime: Runtime) -> None:
    runtime.transact(keep, "one before")

    with pytest.raises(Refused):
        runtime.transact(keep_and_refuse, "a")

    assert runtime.read(kept) == ["one before"]
    assert runtime.transactions.commits == 1


def test_a_wrong_statement_is_a_fault_of_ours_and_not_a_database_that_is_away(runtime: Runtime) -> None:
    with pytest.raises(DBAPIError):
        runtime.transact(ask_for_a_table_that_is_not_there)
    with pytest.raises(DBAPIError):
        runtime.read(ask_for_a_table_that_is_not_there)


def test_what_a_read_writes_does_not_stay(runtime: Runtime) -> None:
    try:
        runtime.read(keep, "a")
    except DBAPIError:
        assert runtime.engine.dialect.name == "postgresql"

    assert runtime.read(kept) == []


def test_what_is_asked_alone_is_what_was_committed(runtime: Runtime) -> None:
    """A single statement needs no transaction, and leaves none open: the next one may write."""
    runtime.transact(keep, "a")
    assert runtime.ask(kept) == ["a"]
    runtime.transact(keep, "b")
    assert runtime.ask(kept) == ["a", "b"]


def test_a_flow_has_one_moment_from_the_clock_that_was_given(runtime: Runtime, each_database: str) -> None:
    moment = datetime(2026, 11, 24, 3, 12, tzinfo=UTC)
    fixed = connect(each_database, clock=lambda: moment)

    assert fixed.transact(lambda tx: tx.now) == moment
    assert fixed.read(lambda tx: tx.now) == moment
    fixed.close()


def test_the_time_is_the_databases(runtime: Runtime) -> None:
    """The tests run on the machine of their database, so the two clocks agree."""
    runtime.measure_clock()

    assert abs(runtime.now() - datetime.now(UTC)) < timedelta(seconds=20)


def test_the_error_of_the_driver_does_not_show_what_was_to_be_stored(runtime: Runtime) -> None:
    """A9: an error ends in the log, so no value may stand in it."""
    runtime.transact(keep, "Ana Example")

    with pytest.raises(DBAPIError) as caught:
        runtime.transact(keep, "Ana Example")

    assert "parameters hidden" in str(caught.value)


def test_a_hook_is_called_once_after_the_commit_that_left_something_due(runtime: Runtime) -> None:
    seen: list[list[str]] = []
    runtime.on_commit.append(lambda: seen.append(runtime.read(kept)))

    runtime.transact(keep, "a")
    runtime.transact(keep_as_due, "b")

    assert seen == [["a", "b"]]


def test_a_hook_that_raises_keeps_neither_the_answer_nor_the_other_hooks_back(runtime: Runtime) -> None:
    """A11: no fault spreads."""
    calls: list[str] = []
    runtime.on_commit.extend([lambda: [][0], lambda: calls.append("second")])

    runtime.transact(keep_as_due, "a")

    assert calls == ["second"]


def test_a_closed_runtime_takes_no_more(on_sqlite: Runtime) -> None:
    on_sqlite.close()

    with pytest.raises(DatabaseAway):
        on_sqlite.transact(keep, "a")
