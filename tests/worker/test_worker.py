"""The worker in its threads, on the real clock: what wakes it, what it keeps apart, how it ends."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from alertnet.channels.base import Accepted, CannotTell, Leave, Listing, Lookup, Outgoing, Result, StatusQuery, at_once
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Level
from alertnet.core.errors import Misconfigured
from alertnet.flows.sending.pause import end_pauses, pause
from alertnet.flows.sending.record_outcome import track_call
from alertnet.runtime.clock import system_clock
from alertnet.runtime.outlets import Outlet
from alertnet.store.monitoring import last_activity
from alertnet.store.queues import workers as worker_store
from alertnet.store.tables import workers
from alertnet.worker.due_work import Search, perform
from alertnet.worker.platform import THIS_PLATFORM, SpacedEvent
from alertnet.worker.routes import sending
from alertnet.worker.sender import Sending
from alertnet.worker.service import POOLS, Worker, strides
from alertnet.worker.thread_pools import Stride, ThreadPool
from tests.support.channels import MadeUp
from tests.worker.conftest import Stages
from tests.worker.stage import CONTACTS, MINUTE, NOW, OURS, Stage, network, quick

NEVER = 3600.0  # seconds between two ticks, where a test shows what works without them
PATIENCE = 20.0  # seconds until a test gives up waiting


class Held(MadeUp):
    """A channel whose provider does not answer before it is told to, and counts who waits."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.entered = threading.Semaphore(0)

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        if not leave(self.entered.release):
            return None
        self.released.wait(PATIENCE)
        return Accepted(f"SM{outgoing.attempt}")


class Bell(SpacedEvent):
    """What wakes the worker, which notes in whose thread that was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.rung_by: list[str] = []

    def set(self) -> None:
        self.rung_by.append(threading.current_thread().name)
        super().set()


class NeverBegins:
    """A thread that the machine never lets run."""

    def __init__(self, work: Callable[[], None], name: str) -> None:
        """Keeps nothing of it."""

    def start(self) -> None:
        """Does not."""

    def join(self) -> None:
        """Has nothing to wait for."""


@pytest.fixture
def live(stages: Stages) -> Stage:
    """A stage on the real clock."""
    return stages(clock=system_clock)


@pytest.fixture
def held(live: Stage) -> Iterator[Held]:
    """The SMS of that stage hang."""
    channel = Held()
    live.runtime.outlets[MethodKind.SMS, FIRST] = Outlet(channel, (OURS,), 0)
    yield channel
    channel.released.set()


def has(stage: Stage, what: Callable[[], bool]) -> bool:
    """Whether that comes true on the provider's side within a test's patience."""
    with stage.sandbox.network.lock:
        return stage.sandbox.network.lock.wait_for(what, PATIENCE)


def call_on_the_line(stage: Stage) -> tuple[str, str]:
    """Attempt and provider's id of the only call that was placed; the attempt is in the address of its callback."""
    (call,) = stage.sandbox.network.calls.values()
    return str(call.status_callback).rpartition("/")[2], call.sid


def test_a_commit_wakes_it(live: Stage) -> None:
    """The wake-up is the rule, the tick the safety net: without any tick the SMS leaves."""
    with Worker(live.runtime, tick_seconds=NEVER):
        live.opens()

        assert has(live, lambda: len(live.sandbox.network.messages) == 1)


def test_a_pause_holds_from_the_first_moment_of_a_worker(live: Stage) -> None:
    """What is opened before its first look is sent by nothing that somebody has paused, but as soon as it is over."""
    sms = [(MethodKind.SMS, FIRST)]
    until = system_clock() + 10 * MINUTE
    live.runtime.transact(pause, sms, until, by="maria", why="a bill", known=live.runtime.outlets)

    with Worker(live.runtime, tick_seconds=NEVER, platform=replace(THIS_PLATFORM, thread=NeverBegins)):
        live.opens()
    statuses = [live.attempts(MethodKind.SMS)[0].status]
    live.runtime.transact(end_pauses, sms, "maria")
    Worker(live.runtime).step()

    assert [*statuses, live.attempts(MethodKind.SMS)[0].status] == ["queued", "sent"]


def test_the_alarm_clock_rings_at_the_next_due_time(stages: Stages) -> None:
    """A7: a planned call leaves at its moment, which no commit and no tick announces."""
    stage = stages(clock=system_clock, known=quick(timedelta(milliseconds=300)))
    with Worker(stage.runtime, tick_seconds=NEVER):
        stage.opens()

        assert has(stage, lambda: len(stage.sandbox.network.calls) == 1)
    (call,) = stage.attempts(MethodKind.CALL)
    assert call.created_at - stage.attempts(MethodKind.SMS)[0].created_at >= timedelta(milliseconds=300)


@pytest.mark.parametrize(("after", "looks"), [(timedelta(milliseconds=300), True), (30 * MINUTE, False)])
def test_what_falls_due_soon_is_looked_for_once_all_else_was_taken_in_its_commit(
    stages: Stages, after: timedelta, looks: bool
) -> None:
    """A7: and where nothing does, nobody looks; a look takes longer than a message."""
    stage, wake = stages(clock=system_clock, known=quick(after)), Bell()
    with Worker(stage.runtime, tick_seconds=NEVER, platform=replace(THIS_PLATFORM, wake=lambda: wake)):
        for sent in (1, 2):
            # The second by all means after its first look, so that it is taken in its commit.
            stage.opens()
            assert has(stage, lambda sent=sent: len(stage.sandbox.network.messages) == sent)  # type: ignore[misc]

        assert not looks or has(stage, lambda: len(stage.sandbox.network.calls) == 1)
    assert any(thread.startswith("sms") for thread in wake.rung_by) is looks


def test_the_pace_rings_it_too(stages: Stages) -> None:
    """What the pace holds back leaves when it may, although nothing else happens."""
    stage = stages(clock=system_clock, rates="sms=4,calls=1")
    for _ in range(3):
        stage.opens()

    with Worker(stage.runtime, tick_seconds=NEVER):
        assert has(stage, lambda: len(stage.sandbox.network.messages) == 3)


def test_more_work_than_threads_is_all_done(live: Stage) -> None:
    """Whoever is free takes the next, until there is no more."""
    for _ in range(12):
        live.opens()

    with Worker(live.runtime, {MethodKind.SMS: 2}, tick_seconds=NEVER):
        assert has(live, lambda: len(live.sandbox.network.messages) == 12)


class AtOnce:
    """An executor that does all there is to do as it is submitted."""

    def submit(self, work: Callable[[], None]) -> None:
        work()

    def shutdown(self) -> None: ...


def test_what_waits_for_threads_is_known_also_where_they_are_free_again_at_once(live: Stage) -> None:
    for _ in range(3):
        live.opens()
    pools = {name: ThreadPool(AtOnce(), 2, lambda: None) for name in POOLS}

    crowded = []
    for _ in range(2):
        search = Search(Sending(live.runtime), pools, set())
        for job in search.jobs():
            pools[job.pool].submit_together(
                [job.key], partial(lambda done, _: perform(done), job), reserved=len(job.claimed)
            )
        crowded.append(search.crowded)

    assert len(live.sandbox.network.messages) == 3
    assert crowded == [{sending((MethodKind.SMS, FIRST))}, set()]


class FreedMeanwhile(Stride):
    """As often as a thread is put aside, another one is freed."""

    def reserve(self) -> bool:
        is_free = super().reserve()
        self.room += is_free
        return is_free


def test_what_waits_for_threads_is_known_also_where_one_is_freed_as_they_are_claimed_for(live: Stage) -> None:
    """Whoever was freed has rung already, and nobody would look again before the next tick."""
    live.opens()
    live.opens()
    pool = sending((MethodKind.SMS, FIRST))
    search = Search(Sending(live.runtime), {**strides(POOLS), pool: FreedMeanwhile(1)}, set())

    assert [job.pool for job in search.jobs()] == [pool]
    assert search.crowded == {pool}


def test_the_next_call_to_a_number_leaves_when_the_last_one_ends(stages: Stages) -> None:
    """B3: a call that waited for its number goes at once, although the end of the other calls for nothing else."""
    stage = stages(clock=system_clock, known=network(Level("Allies", ("diego",), wait=30 * MINUTE)))
    stage.opens()
    stage.opens()
    with Worker(stage.runtime, tick_seconds=NEVER):
        assert has(stage, lambda: len(stage.sandbox.network.calls) == 1)
        stage.runtime.transact(track_call, *call_on_the_line(stage), "canceled")

        assert has(stage, lambda: len(stage.sandbox.network.calls) == 2)


def test_a_channel_that_hangs_delays_no_other(stages: Stages) -> None:
    """A11: each channel has threads of its own."""
    stage = stages(clock=system_clock, known=network(Level("Both", ("carla", "diego"), wait=30 * MINUTE)))
    hanging = Held()
    stage.runtime.outlets[MethodKind.SMS, FIRST] = Outlet(hanging, (OURS,), 0)
    with Worker(stage.runtime, {MethodKind.SMS: 1}, tick_seconds=NEVER):
        stage.opens()
        assert hanging.entered.acquire(timeout=PATIENCE)

        assert has(stage, lambda: len(stage.sandbox.network.calls) == 1)
        hanging.released.set()


def test_it_finishes_what_it_has_claimed_before_it_ends(live: Stage, held: Held) -> None:
    """A5: a graceful end leaves no outcome unknown, and begins nothing more."""
    live.opens()
    live.opens()
    wake = Bell()
    worker = Worker(live.runtime, {MethodKind.SMS: 1}, platform=replace(THIS_PLATFORM, wake=lambda: wake))
    worker.start()
    assert held.entered.acquire(timeout=PATIENCE)
    ending = threading.Thread(target=worker.stop)
    ending.start()
    assert eventually(lambda: ending.name in wake.rung_by), "it ends"

    held.released.set()
    ending.join(PATIENCE)

    assert sorted(row.status for row in live.attempts(MethodKind.SMS)) == ["queued", "sent"]


def test_on_sqlite_there_is_one(live: Stage, tmp_path: Path) -> None:
    """A second one is refused with the name of the lock, and may begin when the first has ended."""
    first, second = Worker(live.runtime), Worker(live.runtime)
    with first, pytest.raises(Misconfigured, match=r"test\.db\.lock: another worker runs on this database"):
        second.start()

    with second:
        assert live.runtime.read(lambda tx: worker_store.seen(tx.session)) != ()


@pytest.mark.postgres
def test_on_postgres_several_share_the_work(stages: Stages, postgres: str) -> None:
    """Any number of workers on any number of machines: everything leaves, and nothing twice."""
    stage = stages(postgres, clock=system_clock)
    other = stage.connect()
    with Worker(stage.runtime), Worker(other):
        opened = [stage.opens() for _ in range(30)]
        assert has(stage, lambda: len(stage.sandbox.network.messages) >= 30)
    other.close()

    bodies = [message.body for message in stage.sandbox.network.messages.values()]
    assert len(bodies) == len(set(bodies)) == len(opened)
    assert {row.status for row in stage.attempts(MethodKind.SMS)} == {"sent"}


def test_it_shows_that_it_is_alive_and_takes_its_leave(live: Stage) -> None:
    """Whoever asks whether alerts would leave can see it."""
    alive = select(workers.c.id)
    worker = Worker(live.runtime)

    with worker:
        during = live.runtime.read(lambda tx: tx.session.scalars(alive).all())

    assert during == [worker.id]
    assert live.runtime.read(lambda tx: tx.session.scalars(alive).all()) == []


class Silent:
    """Books of a provider that takes the question and does not answer before it is told to."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.asked = threading.Event()

    def look_up(self, queries: Sequence[StatusQuery]) -> list[Lookup]:
        return [CannotTell() for _ in queries]

    def outgoing(self, number: str, since: datetime) -> Listing:
        return self.incoming(number, since)

    def incoming(self, number: str, since: datetime) -> Listing:
        self.asked.set()
        self.released.wait(PATIENCE)
        return Listing((), is_whole=False)


@pytest.fixture
def returning(stages: Stages) -> Iterator[tuple[Stage, Silent]]:
    """Nobody was at work since an incident opened five minutes ago; the provider is silent when asked for its books."""
    carla = CONTACTS[0]
    at_once = tuple(replace(method, after=timedelta()) for method in carla.methods)
    stage = stages(known=network(contacts=(replace(carla, methods=at_once), *CONTACTS[1:])))
    stage.opens()
    stage.clock.at += 5 * MINUTE
    books = Silent()
    for route in [(MethodKind.SMS, FIRST), (MethodKind.CALL, FIRST)]:
        outlet = stage.runtime.outlets[route]
        stage.runtime.outlets[route] = replace(outlet, ledger=books)
    yield stage, books
    books.released.set()


def left_by(stage: Stage) -> set[str]:
    """The methods by which something has left."""
    return {row.method for row in stage.attempts() if row.status not in ("queued", "sending")}


def test_a_silent_provider_at_the_start_holds_back_only_what_would_go_by_it(returning: tuple[Stage, Silent]) -> None:
    """A11: mail leaves after a moment, and after ten seconds in all nothing waits for an answer that may never come."""
    stage, books = returning
    began = time.monotonic()
    with Worker(stage.runtime, tick_seconds=0.05):
        started_after = time.monotonic() - began
        assert books.asked.wait(PATIENCE)
        at_first = left_by(stage)
        stage.clock.at += timedelta(seconds=3)
        assert eventually(lambda: left_by(stage) == {"email"})
        stage.clock.at += timedelta(seconds=6.9)
        assert not has_soon(lambda: left_by(stage) != {"email"})
        stage.clock.at += timedelta(seconds=0.2)
        assert eventually(lambda: {"sms", "call"} < left_by(stage))
        books.released.set()

    assert (at_first, started_after < PATIENCE / 2) == (set(), True)


def test_as_soon_as_the_provider_has_answered_everything_goes_on(returning: tuple[Stage, Silent]) -> None:
    """A7: the answer first, and then at once what waited for it.

    The same where the machine slept meanwhile, or the database was away.
    """
    stage, books = returning
    with Worker(stage.runtime, tick_seconds=0.05):
        assert books.asked.wait(PATIENCE)
        at_first = left_by(stage)
        books.released.set()
        assert eventually(lambda: {"sms", "call", "email"} == left_by(stage))
        books.asked.clear()
        books.released.clear()
        stage.clock.at += 30 * MINUTE
        assert books.asked.wait(PATIENCE)
        later = stage.escalation().status
        books.released.set()
        assert eventually(lambda: stage.escalation().status == "unanswered")

    assert (at_first, later) == (set(), "running")


def test_whoever_dies_before_everything_was_seen_looks_again(returning: tuple[Stage, Silent]) -> None:
    """A5: it has shown that it is alive, and yet what came in while nobody was there was never seen."""
    stage, books = returning
    with Worker(stage.runtime, tick_seconds=NEVER):
        assert books.asked.wait(PATIENCE)
        seen = stage.runtime.read(last_activity.away_since, timedelta(minutes=2))
        books.released.set()
    after = stage.runtime.read(last_activity.away_since, timedelta(minutes=2))

    assert seen == NOW
    assert after is None


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it comes true within a test's patience."""
    return _within(PATIENCE, holds)


def has_soon(holds: Callable[[], bool]) -> bool:
    """Whether it comes true in a moment."""
    return _within(0.4, holds)


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        threading.Event().wait(0.02)
    return True
