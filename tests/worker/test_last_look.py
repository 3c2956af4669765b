"""Between the commit of a claim and the first byte of its message: what was stopped by then does not leave (A4)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import TimeoutError as PoolTimeout

from alertnet.channels.base import Channel, Leave, Outgoing, Result, at_once
from alertnet.core.directory.contact import Method, MethodKind
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.flows.escalation.record_response import Response, respond
from alertnet.flows.unit.locked_incident import take_up
from alertnet.runtime.clock import system_clock
from alertnet.store.db.tx import LeftDue, Tx
from alertnet.store.tables import escalations
from alertnet.worker.platform import THIS_PLATFORM, SpacedEvent
from alertnet.worker.service import Worker
from tests.worker.conftest import Stages
from tests.worker.stage import CARLAS_MAIL, CONTACTS, Stage, network
from tests.worker.test_many_workers import PATIENCE, SMS, Provider

BY_MAIL = network(contacts=(replace(CONTACTS[0], methods=(Method(MethodKind.EMAIL, CARLAS_MAIL),)), *CONTACTS[1:]))


class Over(threading.Event):
    """An end that a thread makes for others to wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.maker = threading.get_ident()
        self.is_awaited = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.is_awaited.set()
        return super().wait(timeout)


class Wake(SpacedEvent):
    """What wakes a worker to look, and says when it has."""

    def __init__(self) -> None:
        super().__init__()
        self.has_looked = threading.Event()
        self._waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        self._waits += 1
        if self._waits > 1:
            self.has_looked.set()
        return super().wait(timeout)


@contextmanager
def working(stage: Stage, happens: Callable[[], object]) -> Iterator[list[bool]]:
    """A worker that takes what is left due; that happens once their messages are ready and the claim is committed.

    Gives whether they were ready by then.
    """
    ends, were_ready = list[Over](), list[bool]()

    def end() -> Over:
        ends.append(Over())
        return ends[-1]

    def committed() -> None:
        own = [each for each in ends if each.maker == threading.get_ident()]
        were_ready.append(own[-1].is_awaited.wait(PATIENCE))
        happens()

    def claim(_tx: Tx, left: LeftDue) -> Callable[[], object]:
        return (lambda: None) if {MethodKind.SMS, MethodKind.EMAIL}.isdisjoint(left) else committed

    wake = Wake()
    with Worker(stage.runtime, tick_seconds=60, platform=replace(THIS_PLATFORM, event=end, wake=lambda: wake)):
        # Before it has looked it takes nothing along.
        assert wake.has_looked.wait(PATIENCE)
        stage.runtime.wakeups.claimers.insert(0, claim)
        yield were_ready
        stage.runtime.wakeups.claimers.remove(claim)


class Leaving:
    """A channel in front of another one, whose messages ask by that whether they may leave."""

    def __init__(self, channel: Channel, leaves: Callable[[Callable[[], object], Leave], bool]) -> None:
        self._channel = channel
        self._leaves = leaves
        self.lookup, self.hang_up, self.trouble = channel.lookup, channel.hang_up, channel.trouble

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        return self._channel.send(outgoing, lambda write: self._leaves(write, leave))


@contextmanager
def another_process(stage: Stage) -> Iterator[Callable[[], None]]:
    """One by which a coordinator vouches for whoever is told."""
    other = stage.connect()

    def vouch(tx: Tx) -> None:
        for incident in tx.session.scalars(select(escalations.c.incident_id)).all():
            locked = take_up(tx, incident)
            respond(locked.recipient("colombia", "carla"), Response(AnswerKind.ACKNOWLEDGED, Via.VOUCHED))
            locked.finish()

    yield lambda: other.transact(vouch)
    other.close()


@pytest.mark.postgres
def test_an_answer_that_comes_before_the_news_of_the_commit_keeps_the_alert_back(stages: Stages, postgres: str) -> None:
    """A4: on PostgreSQL others go on as soon as it is on the disk, which whoever commits hears of later."""
    stage = stages(postgres, clock=system_clock)
    provider = Provider(stage.runtime)
    provider.released.set()

    with another_process(stage) as vouches, working(stage, vouches) as were_ready:
        stage.opens()
    stage.worker.step()

    assert were_ready[0]
    assert stage.attempt(MethodKind.SMS).status == "cancelled"
    assert provider.sent == [stage.attempt(MethodKind.SMS, "recorded").id]


def test_an_answer_that_comes_before_a_mail_leaves_keeps_it_back(stages: Stages, each_database: str) -> None:
    """A4: its relay is told of it line by line, long after the claim was looked at."""
    stage = stages(each_database, clock=system_clock, known=BY_MAIL)

    with another_process(stage) as vouches, working(stage, vouches) as were_ready:
        stage.opens()

    mail = stage.attempt(MethodKind.EMAIL)
    assert were_ready[0]
    assert (mail.status, mail.provider_id) == ("cancelled", None)


def test_a_commit_that_outlasts_the_lease_lets_nothing_leave(stages: Stages) -> None:
    """A5: somebody else may have taken it up by then."""
    stage = stages()
    provider = Provider(stage.runtime)
    provider.released.set()

    with working(stage, lambda: stage.clock.forward(seconds=31)) as were_ready:
        stage.opens()
    sent = list(provider.sent)
    stage.passes(seconds=5)

    assert (were_ready, sent) == ([True], [])
    assert provider.sent == [stage.attempt(MethodKind.SMS).id]


def test_what_could_not_be_looked_at_once_more_waits_for_a_moment(stage: Stage) -> None:
    """A5: it has surely not left, and nobody has to be asked about it."""
    looks = list[str]()

    def is_away(*_: object) -> None:
        if looks == ["begun"]:
            looks.append("failed")
            raise PoolTimeout

    def leaves(write: Callable[[], object], leave: Leave) -> bool:
        looks.append("begun")
        return leave(write)

    channel = stage.runtime.outlets[SMS].channel
    stage.runtime.outlets[SMS] = replace(stage.runtime.outlets[SMS], channel=Leaving(channel, leaves))
    event.listen(stage.runtime.engine, "checkout", is_away)
    stage.opens()

    stage.settles()
    waiting = stage.attempt(MethodKind.SMS)
    stage.passes(seconds=5)

    assert looks == ["begun", "failed", "begun"]
    assert (waiting.status, waiting.error) == ("queued", "withheld")
    assert stage.attempt(MethodKind.SMS).status == "delivered"
