"""SQLite's writer thread: many callers, few commits, nobody's fault another's."""

import sqlite3
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError

from alertnet.runtime.database.group_commit import CARRIED_OVER_AFTER, SPOILT_AT_MOST
from alertnet.runtime.database.transactions import DatabaseAway, NotWritable
from alertnet.runtime.database.wakeups import Hook
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.engine import WRITER_CACHE, carry_over
from alertnet.store.db.tx import LeftDue, Tx
from tests.runtime.flows import (
    PATIENCE,
    Refused,
    in_one_group,
    keep,
    keep_and_refuse,
    keep_as_due,
    keep_on_a_full_disk,
    keep_what_commit_refuses,
    kept,
)


class Crowd:
    """Callers that ask while the writer is held, so that it finds them all waiting."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._asking = threading.Semaphore(0)
        self._go = threading.Event()

    def ask(self, calls: list[Callable[[], object]]) -> list[Future[object]]:
        """The outcome of each call, after all have one."""
        with ThreadPoolExecutor(len(calls) + 1) as pool:
            held = threading.Event()
            holder = pool.submit(self._runtime.transact, self._hold, held)
            assert held.wait(PATIENCE)
            outcomes = [pool.submit(self._announced, call) for call in calls]
            for _ in calls:
                assert self._asking.acquire(timeout=PATIENCE)
            self._go.set()
            holder.result(PATIENCE)
        return outcomes

    def _hold(self, tx: Tx, held: threading.Event) -> None:
        held.set()
        assert self._go.wait(PATIENCE)

    def _announced(self, call: Callable[[], object]) -> object:
        self._asking.release()
        return call()


def on_disk(runtime: Runtime) -> set[str]:
    """What another process sees now."""
    database = sqlite3.connect(str(runtime.engine.url.database))
    try:
        return {row[0] for row in database.execute("SELECT id FROM workers")}
    finally:
        database.close()


def in_the_file(runtime: Runtime) -> set[str]:
    """What is in the file itself, whatever the log beside it holds."""
    with closing(sqlite3.connect(f"file:{runtime.engine.url.database}?immutable=1", uri=True)) as database:
        return {row[0] for row in database.execute("SELECT id FROM workers")}


def test_a_flow_that_raises_stop_iteration_keeps_no_answer_from_the_others(on_sqlite: Runtime) -> None:
    """A11: a future of an event loop takes no such error as it is."""

    def ends_early(_: Tx) -> object:
        return next(iter(()))

    first, second, third = in_one_group(on_sqlite, [lambda tx: keep(tx, "1"), ends_early, lambda tx: keep(tx, "3")])

    assert (first, third) == ("1", "3")
    assert isinstance(second, RuntimeError)
    assert on_disk(on_sqlite) == {"1", "3"}


def test_of_200_concurrent_callers_with_one_failing_199_are_answered_in_far_fewer_commits(on_sqlite: Runtime) -> None:
    """A1: each answer leaves after the commit that holds it. A11: the failing one spoils nothing."""

    def asks(number: int) -> Callable[[], bool]:
        flow = keep_and_refuse if number == 100 else keep

        def call() -> bool:
            name = on_sqlite.transact(flow, f"{number:03}")
            return name in on_disk(on_sqlite)

        return call

    outcomes = Crowd(on_sqlite).ask([asks(number) for number in range(200)])

    failed = [number for number, outcome in enumerate(outcomes) if outcome.exception()]
    assert failed == [100]
    assert isinstance(outcomes[100].exception(), Refused)
    assert all(outcome.result() for outcome in outcomes if not outcome.exception())
    assert len(on_disk(on_sqlite)) == 199
    assert on_sqlite.transactions.commits < 40


@pytest.mark.parametrize("faults", [0, 1], ids=["at once", "after a fault"])
def test_the_log_is_carried_over_to_the_file_beside_the_commits(on_sqlite: Runtime, faults: int) -> None:
    """A11: and where it can't be, the commits go on, and the next time does it."""
    carry_over(on_sqlite.engine)
    begun, carried, tries = threading.Event(), threading.Event(), list[str]()

    def begins(*_: object) -> None:
        if threading.current_thread().name == "carrier":
            tries.append("carries over")
            if len(tries) <= faults:
                raise sqlite3.OperationalError("disk I/O error")
            begun.set()

    def ends(*_: object) -> None:
        if threading.current_thread().name == "carrier" and len(tries) > faults:
            carried.set()

    event.listen(on_sqlite.engine, "checkout", begins)
    event.listen(on_sqlite.engine, "checkin", ends)
    names = [f"{number:03}" for number in range(CARRIED_OVER_AFTER - 1)]
    for name in names:
        on_sqlite.transact(keep, name)
    before = in_the_file(on_sqlite)
    while not begun.wait(0.01):
        names.append(on_sqlite.transact(keep, f"{len(names):03}"))
    assert carried.wait(60)

    assert len(tries) == faults + 1
    assert before == set() < in_the_file(on_sqlite) <= on_disk(on_sqlite) == {*names}


def test_a_group_wakes_once(on_sqlite: Runtime) -> None:
    calls: list[int] = []
    on_sqlite.on_commit.append(lambda: calls.append(1))

    Crowd(on_sqlite).ask([lambda name=str(n): on_sqlite.transact(keep_as_due, name) for n in range(50)])  # type: ignore[misc]

    assert 1 <= len(calls) <= on_sqlite.transactions.commits < 50


def test_what_fails_after_the_commit_runs_nothing_twice(on_sqlite: Runtime) -> None:
    """A1: one effect, and everybody hears that it is kept."""

    class Ending(BaseException):
        pass

    calls, runs = list[Callable[[], object]](), list[str]()

    def wake() -> None:
        runs.append("wakes")
        raise Ending

    def run(tx: Tx, name: str) -> str:
        runs.append(name)
        keep_as_due(tx, name)
        return name

    on_sqlite.on_commit.append(wake)
    calls += (lambda name=name: on_sqlite.transact(run, name) for name in "ab")  # type: ignore[misc]
    outcomes = Crowd(on_sqlite).ask(calls)

    assert {outcome.result() for outcome in outcomes} == on_disk(on_sqlite) == {"a", "b"}
    assert sorted(runs) == ["a", "b", "wakes"]


@pytest.mark.parametrize("succeeds", [False, True], ids=["none succeeds", "one succeeds"])
def test_a_group_takes_along_what_those_left_due_that_succeeded(on_sqlite: Runtime, succeeds: bool) -> None:
    """What is taken for flows that are all undone would be done by nobody."""
    taken: list[set[str | None]] = []

    def take(tx: Tx, left: Collection[str | None]) -> Callable[[], object]:
        taken.append(set(left))
        return lambda: None

    def leave_due_and_refuse(tx: Tx) -> None:
        tx.leaves_due("call")
        raise Refused

    on_sqlite.wakeups.claimers.append(take)
    calls: list[Callable[[], object]] = [lambda: on_sqlite.transact(leave_due_and_refuse) for _ in range(2)]
    if succeeds:
        calls.insert(1, lambda: on_sqlite.transact(lambda tx: tx.leaves_due("sms")))
    outcomes = Crowd(on_sqlite).ask(calls)

    assert [type(outcome.exception()) is Refused for outcome in outcomes].count(True) == 2
    assert taken == ([{"sms"}] if succeeds else [])


def test_a_flow_that_raises_makes_others_run_twice_once_in_a_hundred_groups(on_sqlite: Runtime) -> None:
    """A11: whoever sends what fails, again and again, costs the others a savepoint each, and not another run."""
    runs: list[str] = []

    def run(name: str) -> Callable[[Tx], str]:
        def flow(tx: Tx) -> str:
            runs.append(name)
            return keep(tx, name)

        return flow

    def with_one_that_raises(first: str, last: str) -> list[str]:
        runs.clear()
        outcomes = in_one_group(on_sqlite, [run(first), lambda tx: keep_and_refuse(tx, "bad"), run(last)])
        assert [outcomes[0], type(outcomes[1]), outcomes[2]] == [first, Refused, last]
        return [*runs]

    assert with_one_that_raises("a", "b") == ["a", "a", "b"]
    assert with_one_that_raises("c", "d") == ["c", "d"]
    assert on_disk(on_sqlite) == {*"abcd"}

    for number in range(SPOILT_AT_MOST):
        in_one_group(on_sqlite, [run(f"{number} left"), run(f"{number} right")])

    assert with_one_that_raises("e", "f") == ["e", "e", "f"]


def test_what_others_did_outside_the_database_is_taken_back_before_they_run_again(on_sqlite: Runtime) -> None:
    """A5: a claim that is undone with the group has its room again."""
    seen: list[str] = []

    def take(tx: Tx) -> str:
        seen.append("taken")
        tx.if_undone(lambda: seen.append("given back"))
        return keep(tx, "a")

    outcomes = in_one_group(on_sqlite, [take, lambda tx: keep_and_refuse(tx, "bad")])

    assert outcomes[0] == "a"
    assert seen == ["taken", "given back", "taken"]


def test_a_flow_whose_commit_is_refused_fails_alone(on_sqlite: Runtime) -> None:
    """A11: no fault spreads."""
    good: list[Callable[[], object]] = [lambda: on_sqlite.transact(keep, "a"), lambda: on_sqlite.transact(keep, "c")]
    bad: Callable[[], object] = lambda: on_sqlite.transact(keep_what_commit_refuses, "b")  # noqa: E731

    outcomes = Crowd(on_sqlite).ask([good[0], bad, good[1]])

    assert [type(outcome.exception()) for outcome in outcomes] == [type(None), IntegrityError, type(None)]
    assert on_disk(on_sqlite) == {"a", "c"}


def test_of_a_group_that_a_full_disk_undoes_nobody_is_told_that_it_is_kept(on_sqlite: Runtime) -> None:
    """A1: those before it in the group are undone with it."""
    calls: list[Callable[[], object]] = [lambda name=f"{n}": on_sqlite.transact(keep, name) for n in range(20)]  # type: ignore[misc]
    calls.insert(10, lambda: on_sqlite.transact(keep_on_a_full_disk, "full"))

    outcomes = Crowd(on_sqlite).ask(calls)

    told = {outcome.result() for outcome in outcomes if not outcome.exception()}
    assert told == on_disk(on_sqlite) != set()
    assert isinstance(outcomes[10].exception(), DatabaseAway)


def test_what_a_full_disk_undoes_while_it_is_claimed_is_answered_to_nobody(on_sqlite: Runtime) -> None:
    """A1: the claim may fail, and what it claims is kept all the same; but not where SQLite gives up all of it."""

    def queue(tx: Tx, name: str) -> str:
        tx.leaves_due("sms")
        return keep(tx, name)

    fails = [keep_and_refuse, keep_on_a_full_disk]

    def claim(tx: Tx, _: LeftDue) -> Hook:
        fails.pop(0)(tx, "claimed")
        raise AssertionError

    on_sqlite.wakeups.claimers.append(claim)

    assert on_sqlite.transact(queue, "told") == "told"
    with pytest.raises(NotWritable):
        on_sqlite.transact(queue, "lost")
    assert (on_disk(on_sqlite), fails) == ({"told"}, [])


def test_a_flow_that_goes_on_over_a_full_disk_is_not_told_that_it_is_kept(on_sqlite: Runtime) -> None:
    """A1: SQLite has undone all of it, whatever the flow makes of the fault."""

    def go_on(tx: Tx, name: str) -> str:
        with suppress(OperationalError):
            keep_on_a_full_disk(tx, name)
        return name

    with pytest.raises(OperationalError, match="no transaction is active"):
        on_sqlite.transact(go_on, "lost")
    assert on_disk(on_sqlite) == set()


def test_a_database_that_is_locked_answers_everybody_and_recovers_by_itself(on_sqlite: Runtime) -> None:
    """BEGIN fails for the whole group: nothing is half done, and the thread lives on."""
    give_up_at_once(on_sqlite)
    other = sqlite3.connect(str(on_sqlite.engine.url.database), isolation_level=None, check_same_thread=False)
    on_sqlite.on_commit.append(lambda: other.execute("BEGIN IMMEDIATE"))

    on_sqlite.transact(keep_as_due, "before")
    with pytest.raises(DatabaseAway):
        on_sqlite.transact(keep, "meanwhile")
    other.execute("ROLLBACK")
    on_sqlite.transact(keep, "after")

    assert on_sqlite.read(kept) == ["after", "before"]
    other.close()


def test_a_group_that_cannot_begin_is_answered_whole(on_sqlite: Runtime) -> None:
    give_up_at_once(on_sqlite)
    other = sqlite3.connect(str(on_sqlite.engine.url.database), isolation_level=None, check_same_thread=False)
    on_sqlite.on_commit.append(lambda: other.execute("BEGIN IMMEDIATE"))
    on_sqlite.transact(keep_as_due, "before")
    on_sqlite.on_commit.clear()

    with ThreadPoolExecutor(20) as pool:
        outcomes = [pool.submit(on_sqlite.transact, keep, str(number)) for number in range(20)]

    assert {type(outcome.exception()) for outcome in outcomes} == {DatabaseAway}
    other.close()
    assert on_disk(on_sqlite) == {"before"}


def connection_of(tx: Tx) -> sqlite3.Connection:
    """The driver's own, which that transaction goes by."""
    connection = tx.session.connection.connection.dbapi_connection
    assert isinstance(connection, sqlite3.Connection)
    return connection


def test_the_writer_has_one_connection_for_all_that_it_writes(on_sqlite: Runtime) -> None:
    with closing(on_sqlite.engine.connect()), closing(on_sqlite.engine.connect()):
        own = on_sqlite.transact(connection_of)
    with pytest.raises(Refused):
        on_sqlite.transact(keep_and_refuse, "refused")

    assert on_sqlite.read(connection_of) is not own
    assert in_one_group(on_sqlite, [connection_of, connection_of]) == [own, own]
    assert on_sqlite.transact(connection_of) is own
    assert on_sqlite.read(kept) == []


def test_the_writer_lets_go_of_its_connection_with_the_pool(on_sqlite: Runtime) -> None:
    """Another file may be put in its place: what is left of the old one must not be met there."""

    def give_up(tx: Tx) -> sqlite3.Connection:
        on_sqlite.engine.dispose()
        return connection_of(tx)

    at_rest = on_sqlite.transact(connection_of)
    on_sqlite.engine.dispose()
    at_work = on_sqlite.transact(give_up)
    now = on_sqlite.transact(connection_of)

    for gone in (at_rest, at_work):
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            gone.execute("SELECT 1")
    assert now.execute("PRAGMA cache_size").fetchone() == (-WRITER_CACHE,)
    assert on_sqlite.transact(connection_of) is now


def test_reads_do_not_wait_for_the_writer(on_sqlite: Runtime) -> None:
    """A page is shown while a commit is under way, as things were before it."""
    found: list[list[str]] = []

    def read_meanwhile(tx: Tx) -> None:
        keep(tx, "a")
        reader = threading.Thread(target=lambda: found.append(on_sqlite.read(kept)))
        reader.start()
        reader.join(PATIENCE)

    on_sqlite.transact(read_meanwhile)

    assert found == [[]]


def test_a_transaction_inside_a_transaction_is_refused_and_does_not_hang(on_sqlite: Runtime) -> None:
    with pytest.raises(RuntimeError, match="one transaction"):
        on_sqlite.transact(lambda tx: on_sqlite.transact(keep, "inner"))


def test_closing_finishes_what_was_asked(on_sqlite: Runtime) -> None:
    closing = threading.Thread(target=on_sqlite.close)

    def close_meanwhile(tx: Tx) -> str:
        closing.start()
        return keep(tx, "a")

    assert on_sqlite.transact(close_meanwhile) == "a"
    closing.join(PATIENCE)
    assert on_disk(on_sqlite) == {"a"}


def give_up_at_once(runtime: Runtime) -> None:
    """Wait a millisecond for a lock instead of seconds."""
    runtime.engine.dispose()
    event.listen(runtime.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 1"))
