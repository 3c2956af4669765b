"""PostgreSQL: reports that wait together share a transaction, and none of them can harm the others."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import Connection, text

from alertnet.runtime.database.shared_commit import GROUP, LEADERS, SharedCommit
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from tests.runtime.flows import Refused, keep, keep_and_refuse, keep_as_due, kept

PATIENCE = 20  # seconds until a test that hangs fails

pytestmark = pytest.mark.postgres

CHANGE = "UPDATE workers SET seen_at = now() WHERE id = 'locked'"

Flow = Callable[[Tx], object]


def sharing(runtime: Runtime, patience_seconds: float, now: Callable[[], float] = time.monotonic) -> Runtime:
    def begin(session: Session) -> Tx:
        return Tx(session, runtime.clock(), runtime.entropy, runtime.vault)

    shared = SharedCommit(runtime.engine, begin, runtime.wakeups, patience_seconds, now)
    return replace(runtime, transactions=shared)


@pytest.fixture
def patient(on_postgres: Runtime) -> Iterator[Runtime]:
    """Whatever waits goes on waiting until a leader takes it."""
    runtime = sharing(on_postgres, PATIENCE * 2)
    yield runtime
    runtime.transactions.close()


async def holding_both(runtime: Runtime, go: threading.Event) -> list[asyncio.Task[None]]:
    """Flows that hold both leaders until they may go."""
    begun = threading.Semaphore(0)

    def hold(_: Tx) -> None:
        begun.release()
        go.wait(PATIENCE)

    held = []
    for _ in range(LEADERS):
        held.append(asyncio.ensure_future(runtime.transact_soon(hold)))
        assert await asyncio.to_thread(begun.acquire, timeout=PATIENCE)
    return held


def together(runtime: Runtime, flows: list[Flow]) -> list[object]:
    """What comes of each flow: they are asked for in that order, while both leaders are held."""
    go = threading.Event()

    async def ask() -> list[object]:
        held = await holding_both(runtime, go)
        asked = [asyncio.ensure_future(runtime.transact_soon(flow)) for flow in flows]
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(*held)
        return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(ask())


def test_what_waits_together_shares_a_commit_and_wakes_once(patient: Runtime, on_postgres: Runtime) -> None:
    """A1: each answer leaves after the commit that holds it."""
    wakes = list[int]()
    patient.on_commit.append(lambda: wakes.append(1))
    names = [f"{number}" for number in range(GROUP)]

    answers = together(patient, [partial(keep_as_due, name=name) for name in names])

    assert answers == [None] * GROUP
    assert sorted(on_postgres.read(kept)) == names
    assert patient.transactions.commits == LEADERS + 1
    assert wakes == [1]


def test_a_flow_that_raises_fails_alone_and_nothing_is_shared_for_a_while(patient: Runtime) -> None:
    """A11: whoever sends what is refused, again and again, does not make others run twice each time."""
    runs = list[str]()

    def noted(tx: Tx, name: str) -> str:
        runs.append(name)
        return keep(tx, name)

    for turn in "ab":
        refused: Flow = partial(keep_and_refuse, name=f"{turn}-refused")
        first, spoilt, last = together(
            patient, [partial(noted, name=f"{turn}1"), refused, partial(noted, name=f"{turn}2")]
        )
        assert (first, last) == (f"{turn}1", f"{turn}2")
        assert isinstance(spoilt, Refused)

    assert sorted(patient.read(kept)) == ["a1", "a2", "b1", "b2"]
    assert {name: runs.count(name) for name in runs} == {"a1": 2, "a2": 1, "b1": 1, "b2": 1}


def test_what_the_leaders_cannot_take_soon_gets_a_thread_of_its_own(on_postgres: Runtime) -> None:
    """Both may wait for a row that another process has locked."""
    runtime, go = sharing(on_postgres, 0.001), threading.Event()

    async def ask() -> str:
        held = await holding_both(runtime, go)
        answer = await asyncio.wait_for(runtime.transact_soon(keep, "a"), PATIENCE)
        assert not any(each.done() for each in held)
        go.set()
        await asyncio.gather(*held)
        return answer

    assert asyncio.run(ask()) == "a"
    assert runtime.read(kept) == ["a"]
    runtime.transactions.close()


class Clock:
    """A clock that a test sets, and that says when somebody reads it."""

    def __init__(self) -> None:
        self.time = 0.0
        self._readings = threading.Semaphore(0)

    def now(self) -> float:
        self._readings.release()
        return self.time

    async def is_read_twice(self) -> None:
        while self._readings.acquire(blocking=False):
            pass
        for _ in range(2):
            assert await asyncio.to_thread(self._readings.acquire, timeout=PATIENCE)


@pytest.mark.parametrize(("group_seconds", "patience"), [(0.0, 0.001), (0.1, 0.2), (4.0, 0.3)])
def test_what_waits_has_its_turn_as_long_as_the_leaders_go_on(
    on_postgres: Runtime, group_seconds: float, patience: float
) -> None:
    """On a slow machine each would get a transaction of its own, just where there is no time for that."""
    clock = Clock()
    runtime = sharing(on_postgres, 0.001, clock.now)

    def takes_long(_: Tx) -> None:
        clock.time += group_seconds / 2

    together(runtime, [takes_long, takes_long])

    async def ask() -> str:
        go = threading.Event()
        held = await holding_both(runtime, go)
        answer = asyncio.ensure_future(runtime.transact_soon(keep, "a"))
        clock.time += patience * 0.9
        await clock.is_read_twice()
        assert on_postgres.read(kept) == []
        clock.time += patience * 0.2
        answered = await asyncio.wait_for(answer, PATIENCE)
        assert not any(each.done() for each in held)
        go.set()
        await asyncio.gather(*held)
        return answered

    assert asyncio.run(ask()) == "a"
    assert on_postgres.read(kept) == ["a"]
    runtime.transactions.close()


def test_of_a_commit_without_an_answer_nobody_is_told_and_nothing_runs_again(patient: Runtime) -> None:
    """A1: it may be on the disk, so whoever asked has to ask again under the same key."""
    runs = list[str]()

    def noted(tx: Tx, name: str) -> str:
        runs.append(name)
        return keep(tx, name)

    def lose_the_server_at_the_commit(tx: Tx) -> None:
        tx.session.line.run("SELECT pg_terminate_backend(pg_backend_pid())", None, gives=False)

    outcomes = together(patient, [partial(noted, name="a"), partial(noted, name="b"), lose_the_server_at_the_commit])

    assert [type(outcome) for outcome in outcomes] == [DatabaseAway] * 3
    assert runs == ["a", "b"]
    assert patient.read(kept) == []


def test_a_row_that_somebody_has_locked_holds_up_only_who_needs_it(patient: Runtime, on_postgres: Runtime) -> None:
    """Also where the statement leaves with the commit: the server has refused it, so the others run again at once."""
    on_postgres.transact(keep, "locked")
    go = threading.Event()

    def change(tx: Tx) -> str:
        tx.session.line.run(CHANGE, None, gives=False)
        return "changed"

    async def ask(elsewhere: Connection) -> object:
        held = await holding_both(patient, go)
        innocent = [asyncio.ensure_future(patient.transact_soon(keep, name)) for name in "ab"]
        waiting = asyncio.ensure_future(patient.transact_soon(change))
        await asyncio.sleep(0)
        go.set()
        assert await asyncio.wait_for(asyncio.gather(*innocent), PATIENCE) == ["a", "b"]
        assert not waiting.done()
        elsewhere.rollback()
        await asyncio.gather(*held)
        return await waiting

    with on_postgres.engine.connect() as elsewhere:
        elsewhere.execute(text(CHANGE))
        assert asyncio.run(ask(elsewhere)) == "changed"
    assert sorted(patient.read(kept)) == ["a", "b", "locked"]


def test_an_answer_that_cannot_be_read_after_the_commit_runs_nothing_twice(patient: Runtime) -> None:
    """A1: the server has committed, whatever our own side makes of what came with it."""
    runs = list[str]()

    def noted(tx: Tx) -> None:
        runs.append("a")
        keep(tx, f"a{len(runs)}")

    def ask_what_nobody_reads(tx: Tx) -> None:
        tx.session.line.ask("SELECT 'infinity'::timestamptz", None)

    first, _ = together(patient, [noted, ask_what_nobody_reads])

    assert isinstance(first, Exception)
    assert patient.read(kept) == ["a1"]
    assert runs == ["a"]


def test_what_fails_after_the_commit_runs_nothing_twice(patient: Runtime) -> None:
    class Ending(BaseException):
        pass

    runs = list[str]()

    def wake() -> None:
        runs.append("wakes")
        raise Ending

    def noted(tx: Tx, name: str) -> str:
        runs.append(name)
        keep_as_due(tx, name)
        return name

    patient.on_commit.append(wake)

    assert together(patient, [partial(noted, name="a"), partial(noted, name="b")]) == ["a", "b"]
    assert sorted(patient.read(kept)) == ["a", "b"]
    assert runs == ["a", "b", "wakes"]


def test_a_flow_finds_what_those_before_it_in_the_same_commit_have_made(patient: Runtime) -> None:
    """So a report that is sent twice at once is one incident there, too."""

    def make(tx: Tx) -> str:
        if "a" in kept(tx):
            return "found"
        keep(tx, "a")
        return "made"

    assert together(patient, [make, make]) == ["made", "found"]
    assert patient.read(kept) == ["a"]
    assert patient.transactions.commits == LEADERS + 1


def test_closing_finishes_what_was_asked_and_takes_no_more(on_postgres: Runtime) -> None:
    runtime = sharing(on_postgres, PATIENCE)

    async def ask() -> tuple[object]:
        asked = [asyncio.ensure_future(runtime.transact_soon(keep, f"{number}")) for number in range(20)]
        await asyncio.sleep(0)
        await asyncio.to_thread(runtime.transactions.close)
        assert all(isinstance(answer, str) for answer in await asyncio.gather(*asked))
        return await asyncio.gather(runtime.transact_soon(keep, "late"), return_exceptions=True)

    [late] = asyncio.run(ask())

    assert isinstance(late, DatabaseAway)
    assert len(on_postgres.read(kept)) == 20
