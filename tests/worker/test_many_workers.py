"""Several workers on one database: each takes its share, joins and leaves at any time, and none trusts its clock."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, select, update

from alertnet.channels.base import Accepted, Leave, Outgoing, Result, at_once
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said
from alertnet.core.notification import Kind
from alertnet.messages.message import Message
from alertnet.messages.renderer import Renderer
from alertnet.messages.templates.load import Templates
from alertnet.runtime.clock import system_clock
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.tables import attempts, senders
from alertnet.worker.due_work import Search, perform
from alertnet.worker.routes import Routes
from alertnet.worker.sender import Sending
from alertnet.worker.service import POOLS, Worker, strides
from tests.support.channels import MadeUp, Meanwhile
from tests.worker.conftest import Stages
from tests.worker.stage import MINUTE, OURS, Stage, opening

SMS = (MethodKind.SMS, FIRST)
PATIENCE = 20.0  # seconds until a test gives up waiting
SHARE = 4
"""Threads of each worker for SMS, and so what it can have in its hands."""


class Provider(MadeUp):
    """Takes every SMS, but answers none before it is told to; `entered` counts those that wait."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.released = threading.Event()
        self.entered = threading.Semaphore(0)
        self.sent: list[str] = []
        runtime.outlets[SMS] = replace(runtime.outlets[SMS], channel=self, ledger=None)

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        if not leave(lambda: self.sent.append(outgoing.attempt)):
            return None
        self.entered.release()
        self.released.wait(PATIENCE)
        return Accepted(f"SM{outgoing.attempt}")

    def has(self, count: int) -> bool:
        """Whether so many more come to wait."""
        return all(self.entered.acquire(timeout=PATIENCE) for _ in range(count))


@pytest.fixture
def shared(stages: Stages, postgres: str) -> Stage:
    """A stage on the real clock, on PostgreSQL."""
    return stages(postgres, clock=system_clock)


@pytest.fixture
def joins(shared: Stage) -> Iterator[Callable[[], tuple[Worker, Provider]]]:
    """Makes workers of other processes, with few threads, and the provider that each of them reaches."""
    made: list[tuple[Runtime, Provider]] = []

    def join() -> tuple[Worker, Provider]:
        runtime = shared.connect()
        made.append((runtime, Provider(runtime)))
        return Worker(runtime, {MethodKind.SMS: SHARE}), made[-1][1]

    yield join
    for runtime, provider in made:
        provider.released.set()
        runtime.close()


@pytest.mark.postgres
def test_each_takes_what_it_has_threads_for_and_leaves_the_rest_to_the_others(
    shared: Stage, joins: Callable[[], tuple[Worker, Provider]]
) -> None:
    """Fair by construction: nobody claims what it can't begin with, and whoever joins later finds the rest."""
    (first, one), (second, two), (third, three) = joins(), joins(), joins()
    for _ in range(3 * SHARE):
        shared.opens()

    with first, second:
        assert one.has(SHARE)
        assert two.has(SHARE)
        with third:
            assert three.has(SHARE)
            for provider in (one, two, three):
                provider.released.set()

    sent = [*one.sent, *two.sent, *three.sent]
    assert len(sent) == len(set(sent)) == 3 * SHARE
    assert {row.status for row in shared.attempts(MethodKind.SMS)} == {"sent"}


@pytest.mark.postgres
def test_reports_at_the_same_moment_claim_no_more_than_there_are_threads(
    shared: Stage, joins: Callable[[], tuple[Worker, Provider]]
) -> None:
    """A5: each transaction claims what it leaves due; together no more than can be begun, so that no lease runs out."""
    worker, provider = joins()
    ready = threading.Barrier(3 * SHARE)

    def reports() -> None:
        ready.wait(PATIENCE)
        provider.runtime.transact(opening, provider.runtime.edition)

    with worker:
        reporting = [threading.Thread(target=reports) for _ in range(3 * SHARE)]
        for each in reporting:
            each.start()
        for each in reporting:
            each.join(PATIENCE)
        assert provider.has(SHARE)
        claimed = [row.status for row in shared.attempts(MethodKind.SMS)].count("sending")
        provider.released.set()
        assert provider.has(2 * SHARE)

    assert claimed == SHARE
    assert len(provider.sent) == len(set(provider.sent)) == 3 * SHARE


@pytest.mark.postgres
def test_each_claims_the_methods_in_the_same_order(stages: Stages, postgres: str) -> None:
    """A11: two that each hold a number which the other one wants would never go on, and PostgreSQL ends one of them."""
    stage = stages(postgres, rates="sms=1,calls=1")
    held: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        if "FROM senders" in statement and "FOR UPDATE" in statement:
            held.append(str(values))

    with Worker(stage.runtime, tick_seconds=60):
        (claim,) = stage.runtime.wakeups.claimers
        stage.runtime.transact(claim, ["sms", "call"])
        event.listen(stage.runtime.engine, "before_cursor_execute", note)
        for methods in (["sms", "call"], ["call", "sms"]):
            stage.runtime.transact(claim, methods)

    assert ["sms" in values for values in held] == [True, False, True, False]


@pytest.mark.postgres
def test_nobody_waits_for_the_turn_of_a_number_that_the_pace_keeps(stages: Stages, postgres: str) -> None:
    """A7: a decision is committed together with the claim of what it leaves due, and others may hold the number."""
    stage = stages(postgres, rates="sms=1")
    stage.opens()
    stage.opens()

    routes = Routes(stage.runtime)

    def claimed() -> int:
        return len(stage.runtime.transact(routes.claim_sends, MethodKind.SMS, strides(POOLS)).claimed)

    assert claimed() == 1
    with stage.runtime.engine.begin() as other:
        other.execute(select(senders).with_for_update())
        assert claimed() == 0
    stage.clock.forward(seconds=1)
    assert claimed() == 1


def test_what_is_put_back_in_time_is_found_by_the_next_look_that_goes_all_the_way(stages: Stages) -> None:
    """A5: others begin where that one found the oldest of what was due, and none of them is far from the next."""
    stage = stages()
    sending = Sending(stage.runtime)

    def found() -> int:
        search = Search(sending, strides(POOLS), frozenset(), sending.routes.horizon)
        return sum(len(job.claimed) for job in search.jobs())

    assert found() == 0
    stage.opens()
    hour_ago = stage.clock.at - timedelta(hours=1)
    stage.runtime.transact(lambda tx: tx.session.execute(update(attempts).values(due_at=hour_ago)))
    assert found() == 0
    stage.opens()
    assert found() == 1
    stage.clock.forward(seconds=1)
    assert found() == 1


def test_what_an_outage_left_overdue_leaves_in_one_go(stages: Stages) -> None:
    """A1, A7: after hours away all of it is found as fast as there are threads, not as often as looks go far back."""
    stage = stages()
    for _ in range(5):
        stage.opens()
    stage.clock.forward(hours=3)
    sending = Sending(stage.runtime)

    def sends() -> int:
        search = Search(sending, strides(POOLS, 2), frozenset(), sending.routes.horizon)
        jobs = [job for job in search.jobs() if job.claimed]
        for job in jobs:
            perform(job)
        return len(jobs)

    assert [sends() for _ in range(4)] == [2, 2, 1, 0]
    assert {row.status for row in stage.attempts(MethodKind.SMS)} == {"sent"}


def test_a_claim_that_is_not_committed_gives_its_threads_back(stages: Stages, each_database: str) -> None:
    """A5: whatever becomes of the transaction, its room is not lost; what comes next is sent, and that alone."""
    stage = stages(each_database, clock=system_clock)
    provider = Provider(stage.runtime)
    provider.released.set()

    is_shared, own = not each_database.startswith("postgresql"), threading.get_ident()

    def fail(connection: Connection) -> None:
        # On PostgreSQL the worker's threads commit for themselves meanwhile.
        if is_shared or threading.get_ident() == own:
            # Else it would go back to the pool with its locks.
            connection.connection.rollback()
            raise RuntimeError("no commit")

    with Worker(stage.runtime, {MethodKind.SMS: 1}, tick_seconds=60):
        event.listen(stage.runtime.engine, "commit", fail)
        with pytest.raises(RuntimeError):
            stage.opens()
        event.remove(stage.runtime.engine, "commit", fail)
        stage.opens()
        assert provider.has(1)

    (attempt,) = stage.attempts(MethodKind.SMS)
    assert attempt.status == "sent"
    assert provider.sent == [attempt.id]


class Wording(Renderer):
    """A renderer that lets others know once it has rendered something."""

    def __init__(self, templates: Templates, done: threading.Event) -> None:
        super().__init__(templates)
        self._done = done

    def render(self, kind: Kind, method: MethodKind, language: str, said: Said, *, reads_mail: bool = False) -> Message:
        message = super().render(kind, method, language, said)
        self._done.set()
        return message


def test_a_message_is_put_into_words_while_its_claim_is_committed_and_leaves_after(
    stages: Stages, each_database: str
) -> None:
    """A5: the provider hears nothing of what is not on the disk yet, however ready it is."""
    stage, worded = stages(each_database, clock=system_clock), threading.Event()
    runtime = replace(stage.runtime, make_renderer=lambda templates: Wording(templates, worded))
    provider, left_before = Provider(runtime), list[list[str]]()
    provider.released.set()

    def commits(_: object) -> None:
        assert worded.wait(PATIENCE)
        left_before.append(list(provider.sent))

    def opens(tx: Tx) -> None:
        opening(tx, runtime.edition)
        # The writer's connection stays: its next commit is that of the outcome.
        event.listen(tx.session.connection, "commit", commits, once=True)

    with Worker(runtime, tick_seconds=60):
        runtime.transact(opening, runtime.edition)
        assert provider.has(1)  # By then it has looked, and takes what is left due within the commit.
        first = list(provider.sent)
        worded.clear()
        runtime.transact(opens)
        assert provider.has(1)

    assert left_before == [first]
    assert {*provider.sent} == {row.id for row in stage.attempts(MethodKind.SMS)} > {*first}


@pytest.mark.postgres
def test_who_leaves_finishes_what_it_has_and_the_others_go_on(
    shared: Stage, joins: Callable[[], tuple[Worker, Provider]]
) -> None:
    """A worker is stopped while the rest works: nothing is claimed by it any more, and nothing is in doubt."""
    (leaving, one), (staying, two) = joins(), joins()
    for _ in range(2 * SHARE):
        shared.opens()
    leaving.start()
    assert one.has(SHARE)
    ending = threading.Thread(target=leaving.stop)
    ending.start()

    two.released.set()
    with staying:
        assert two.has(SHARE)
        one.released.set()
        ending.join(PATIENCE)

    assert {row.status for row in shared.attempts(MethodKind.SMS)} == {"sent"}
    assert (len(one.sent), len(two.sent)) == (SHARE, SHARE)


def test_a_wake_up_that_was_lost_is_made_up_for_by_the_tick(stages: Stages, each_database: str) -> None:
    """NOTIFY is the rule and the tick behind it the safety net: here nobody is told of what falls due."""
    stage = stages(each_database, clock=system_clock)
    stage.opens()
    later = update(attempts).values(due_at=system_clock() + timedelta(hours=1))
    stage.runtime.transact(lambda tx: tx.session.execute(later))
    provider = Provider(stage.runtime)
    provider.released.set()

    with Worker(stage.runtime, tick_seconds=0.2), stage.runtime.engine.begin() as connection:
        connection.execute(update(attempts).values(due_at=system_clock()))
        connection.commit()
        assert provider.has(1)


@pytest.mark.parametrize("ahead", [timedelta(seconds=5), timedelta(seconds=-5)])
def test_clocks_that_are_seconds_apart_send_nothing_twice(stages: Stages, each_database: str, ahead: timedelta) -> None:
    """A5: who takes over a lease too soon only asks; who comes back too late only says what became of it."""
    stage = stages(each_database)
    other = replace(stage.connect(), clock=lambda: stage.clock.at + ahead)
    incident = stage.opens()

    def lease_runs_out() -> None:
        stage.clock.at += timedelta(seconds=31) - ahead
        Worker(other).step()

    channel = stage.runtime.outlets[SMS]
    stage.runtime.outlets[SMS] = replace(channel, channel=Meanwhile(channel.channel, lease_runs_out))
    stage.worker.step()
    for _ in range(3):
        stage.clock.at += MINUTE
        stage.settles()
    other.close()

    assert stage.attempt(MethodKind.SMS).status == "delivered"
    assert [message.sender for message in stage.sandbox.network.messages.values()] == [OURS]
    assert "attempt_sent_again" not in stage.kinds(incident)
