"""What one commit or one look has claimed by one route: one thread has it under way, and each outcome is its own."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import pytest

from alertnet.channels.base import Accepted, Leave, Outgoing, Result, at_once
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Level
from alertnet.flows.sending.claim_sends import claim
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.flows.sending.send_capacity import Outward, ProviderLine
from alertnet.runtime.clock import system_clock
from alertnet.worker.sender import Commit, Sending
from alertnet.worker.thread_pools import Share, ThreadPool
from tests.worker.conftest import Stages
from tests.worker.stage import CARLA, EMMA, MINUTE, OURS, Stage, network
from tests.worker.test_commit import Over, untouched
from tests.worker.test_last_look import working
from tests.worker.test_many_workers import PATIENCE, SMS
from tests.worker.test_worker import AtOnce

BOTH = network(Level("Both", ("carla", "emma"), wait=30 * MINUTE))


class Handover:
    """A message to one number, on a pair of sockets."""

    def __init__(self, provider: "Provider", to: str) -> None:
        self._provider = provider
        self._to = to
        self._here, self._there = map(provider.closing.enter_context, socket.socketpair())
        self.fileno = self._here.fileno

    def write(self) -> None:
        self._provider.written[self._to] = threading.current_thread().name
        if self._provider.answers_at_once:
            self.answer()

    def withdraw(self) -> None:
        self._provider.withdrawn.append(self._to)

    def seconds_left(self) -> float:
        return PATIENCE

    def answer(self) -> None:
        self._there.send(b".")

    def result(self) -> Result | None:
        self._here.setblocking(False)
        try:
            self._here.recv(1)
        except BlockingIOError:
            return None
        return self._provider.says(self._to)


class Provider:
    """Answers what was prepared at once, or when it is told to; to some numbers it has to be sent alone."""

    answers_at_once = True

    def __init__(self, stage: Stage, closing: ExitStack, *alone: str) -> None:
        self.closing = closing
        self.ready: dict[str, Handover] = {}
        self.prepared_by = set[str]()
        self.written: dict[str, str] = {}
        self.withdrawn: list[str] = []
        self.says: Callable[[str], Result] = lambda to: Accepted(f"SM{to}")
        self._alone = alone
        channel = stage.runtime.outlets[SMS].channel
        self.lookup, self.hang_up, self.trouble = channel.lookup, channel.hang_up, channel.trouble
        stage.runtime.outlets[SMS] = replace(stage.runtime.outlets[SMS], channel=self)

    def prepare(self, outgoing: Outgoing) -> Handover | None:
        if outgoing.to in self._alone:
            return None
        self.prepared_by.add(threading.current_thread().name)
        self.ready[outgoing.to] = Handover(self, outgoing.to)
        return self.ready[outgoing.to]

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        def write() -> None:
            self.written[outgoing.to] = threading.current_thread().name

        return Accepted(f"SM{outgoing.to}") if leave(write) else None


class Noting(AtOnce):
    """An executor that notes what it has done."""

    def __init__(self) -> None:
        self.done = threading.Semaphore(0)

    def submit(self, work: Callable[[], None]) -> None:
        super().submit(work)
        self.done.release()


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Closes what a provider has opened."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def stage(stages: Stages) -> Stage:
    """Two are told by SMS."""
    stage = stages(known=BOTH)
    stage.opens()
    return stage


@pytest.fixture
def others() -> Noting:
    """The other threads of the pool."""
    return Noting()


@pytest.fixture
def share(others: Noting) -> Share:
    """What one thread has of the pool."""
    return Share(ThreadPool(others, 16, lambda: None), [])


def claimed(stage: Stage) -> list[Claimed]:
    """What is queued by SMS, claimed."""
    return stage.runtime.transact(claim, MethodKind.SMS, Outward([ProviderLine(FIRST, (OURS,), 0, 10)])).claimed


def statuses(stage: Stage) -> dict[str, str]:
    """Where each SMS stands, by its contact."""
    return {each.contact: each.status for each in stage.attempts(MethodKind.SMS)}


def over() -> Commit:
    """A commit that is on the disk before anything is ready."""
    commit = Commit(threading.Event(), untouched)
    commit.holds()
    return commit


def test_what_one_commit_claims_is_made_ready_by_one_thread_and_written_by_who_commits(
    stages: Stages, closing: ExitStack
) -> None:
    """A5: and not before it is on the disk."""
    stage = stages(known=BOTH, clock=system_clock)
    provider = Provider(stage, closing)
    before = list[dict[str, str]]()

    with working(stage, lambda: before.append(dict(provider.written))) as were_ready:
        stage.opens()

    assert (were_ready, before) == ([True], [{}])
    assert provider.written == {CARLA: "writer", EMMA: "writer"}
    assert len(provider.prepared_by) == 1
    assert statuses(stage) == {"carla": "sent", "emma": "sent"}


def test_what_one_look_claims_leaves_by_one_thread(stages: Stages, closing: ExitStack) -> None:
    """As all does that another process commits: with a thread for each they would only wait for one another."""
    stage = stages(known=BOTH, clock=system_clock)
    provider = Provider(stage, closing)
    stage.opens()

    with working(stage, lambda: None):
        """It has looked once, and ends when all is done."""

    assert set(provider.written) == {CARLA, EMMA}
    assert set(provider.written.values()) == provider.prepared_by
    assert len(provider.prepared_by) == 1
    assert statuses(stage) == {"carla": "sent", "emma": "sent"}


def test_an_answer_that_does_not_come_keeps_no_other_from_the_record(
    stage: Stage, share: Share, others: Noting, closing: ExitStack
) -> None:
    """A11: nor is its thread the one that keeps what the others came to."""
    provider, awaited = Provider(stage, closing), Over()
    provider.answers_at_once = False
    commit = Commit(awaited, untouched)
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(Sending(stage.runtime).send_together, claimed(stage), commit, share)
        assert awaited.is_awaited.wait(PATIENCE)
        commit.holds()
        provider.ready[EMMA].answer()
        assert others.done.acquire(timeout=PATIENCE)
        meanwhile = statuses(stage)
        provider.ready[CARLA].answer()
        sending.result(PATIENCE)

    assert meanwhile == {"carla": "sending", "emma": "sent"}
    assert statuses(stage) == {"carla": "sent", "emma": "sent"}


def test_what_can_not_be_ready_without_waiting_is_sent_by_another_thread(
    stage: Stage, share: Share, others: Noting, closing: ExitStack
) -> None:
    """A11: to open a connection may take seconds, which are nobody else's."""
    provider = Provider(stage, closing, EMMA)

    Sending(stage.runtime).send_together(claimed(stage), over(), share)

    assert others.done.acquire(timeout=0)
    assert (list(provider.ready), set(provider.written)) == ([CARLA], {CARLA, EMMA})
    assert statuses(stage) == {"carla": "sent", "emma": "sent"}


def test_what_is_undone_leaves_nothing(stage: Stage, share: Share, closing: ExitStack) -> None:
    """A5: the intent is committed before the provider is called."""
    provider, batch, undone = Provider(stage, closing), claimed(stage), Commit(threading.Event(), untouched)
    undone.fails()

    Sending(stage.runtime).send_together(batch, undone, share)
    written, withdrawn = dict(provider.written), set(provider.withdrawn)
    Sending(stage.runtime).send_together(batch, over(), share)

    assert (written, withdrawn) == ({}, {CARLA, EMMA})
    assert provider.written.keys() == {CARLA, EMMA}


def test_what_is_ready_after_its_lease_does_not_leave(stage: Stage, share: Share, closing: ExitStack) -> None:
    """A5: somebody else may have taken it up by then."""
    provider, batch = Provider(stage, closing), claimed(stage)
    stage.clock.forward(seconds=31)

    Sending(stage.runtime).send_together(batch, over(), share)
    written, withdrawn = dict(provider.written), set(provider.withdrawn)
    stage.passes(seconds=5)

    assert (written, withdrawn) == ({}, {CARLA, EMMA})
    assert provider.written.keys() == {CARLA, EMMA}


def test_a_fault_of_ours_leaves_one_of_them_unsure_and_no_other(stage: Stage, share: Share, closing: ExitStack) -> None:
    """A5, A11: like a lost answer."""
    provider, batch = Provider(stage, closing), claimed(stage)

    def breaks(to: str) -> Result:
        if to == CARLA:
            raise ZeroDivisionError
        return Accepted(f"SM{to}")

    provider.says = breaks
    Sending(stage.runtime).send_together(batch, over(), share)

    assert statuses(stage) == {"carla": "unknown", "emma": "sent"}


class Refusing(AtOnce):
    """An executor that is ending, or to which the system gives no thread."""

    def __init__(self) -> None:
        self.is_asked = threading.Event()

    def submit(self, work: Callable[[], None]) -> None:
        self.is_asked.set()
        raise RuntimeError("there is no thread")


def test_an_answer_is_kept_where_no_other_thread_can_be_had(stage: Stage, closing: ExitStack) -> None:
    """A5: as while the worker ends; what has left would be taken for unknown, and sent again."""
    provider, awaited, refusing = Provider(stage, closing), Over(), Refusing()
    provider.answers_at_once = False
    commit, share = Commit(awaited, untouched), Share(ThreadPool(refusing, 16, lambda: None), [])
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(Sending(stage.runtime).send_together, claimed(stage), commit, share)
        assert awaited.is_awaited.wait(PATIENCE)
        commit.holds()
        provider.ready[EMMA].answer()
        assert refusing.is_asked.wait(PATIENCE)
        provider.ready[CARLA].answer()
        sending.result(PATIENCE)

    assert statuses(stage) == {"carla": "sent", "emma": "sent"}


def test_what_no_other_thread_can_send_is_sent_behind_the_others(stage: Stage, closing: ExitStack) -> None:
    """A5: the others have been written by then, and are heard."""
    provider, share = Provider(stage, closing, EMMA), Share(ThreadPool(Refusing(), 16, lambda: None), [])

    Sending(stage.runtime).send_together(claimed(stage), over(), share)

    assert statuses(stage) == {"carla": "sent", "emma": "sent"}
    assert list(provider.written) == [CARLA, EMMA]


class Faulty(Commit):
    """A commit of which something goes wrong when the first message asks for it."""

    asked = 0

    def wait(self) -> bool:
        self.asked += 1
        if self.asked == 2:
            raise ZeroDivisionError
        return super().wait()


def test_a_fault_before_one_leaves_keeps_no_other_from_the_record(
    stage: Stage, share: Share, closing: ExitStack
) -> None:
    """A11: and what went wrong is unsure, as where it is sent alone."""
    provider, commit = Provider(stage, closing), Faulty(threading.Event(), untouched)
    commit.holds()

    Sending(stage.runtime).send_together(claimed(stage), commit, share)

    assert sorted(statuses(stage).values()) == ["sent", "unknown"]
    assert len(provider.written) == len(provider.withdrawn) == 1
