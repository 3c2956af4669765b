"""The pace of a number is used up and never exceeded, whoever looks, however late, however long the messages are."""

import random
import threading
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Update, update

from alertnet.channels.base import Accepted, Leave, Outgoing, Result, at_once
from alertnet.core.codec import to_plain
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.delivery.rate_limit import CATCH_UP
from alertnet.core.delivery.sms_encoding import count
from alertnet.core.directory.contact import MethodKind
from alertnet.core.disclosure import Said
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.flows.escalation.record_response import Response
from alertnet.runtime.clock import system_clock
from alertnet.runtime.outlets import Outlet
from alertnet.store.db.tx import Tx
from alertnet.store.tables import notifications
from alertnet.worker.due_work import Search, perform
from alertnet.worker.sender import Sending
from alertnet.worker.service import POOLS, Worker, strides
from tests.support.channels import MadeUp
from tests.worker.conftest import Stages
from tests.worker.stage import OURS, Stage

PATIENCE = 30.0  # seconds until a test gives up waiting
RATE = 10  # segments a second
LONGEST = 4  # segments of the longest message of these tests


class Log(MadeUp):
    """A provider that takes everything, and notes when."""

    def __init__(self, enough: int) -> None:
        self.moments: list[float] = []
        self.done = threading.Event()
        self._enough = enough

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        if not leave(lambda: self.moments.append(time.monotonic())):
            return None
        if len(self.moments) >= self._enough:
            self.done.set()
        return Accepted(f"SM{outgoing.attempt}")


def most_in(sent: Sequence[tuple[float, int]], seconds: float) -> int:
    """The most units in any window of that length that begins with a message."""
    return max(sum(units for at, units in sent if begin <= at < begin + seconds) for begin, _ in sent)


def lengthen(stage: Stage) -> None:
    """Every third message is as long as four segments, as a very long name of a place would make it."""
    rows = stage.attempts(MethodKind.SMS)
    for row in rows[::3]:
        said = Said("PBI", "PBI", "R" * 500, "+573005550199", "UTC", link="x", code="4711")
        change = update(notifications).where(notifications.c.id == row.notification_id)
        stage.runtime.transact(_execute, change.values(said=to_plain(said)))


def _execute(tx: Tx, change: Update) -> None:
    tx.session.execute(change)


def test_two_workers_share_the_pace_and_use_it(stages: Stages, each_database: str) -> None:
    """95 % while anything waits and never more, with a mix of lengths, and workers that come late in turn."""
    stage = stages(each_database, rates=f"sms={RATE},calls=1")
    for _ in range(24):
        stage.opens()
    lengthen(stage)
    other, lateness = stage.connect(), random.Random(7)
    workers, begun = (Worker(stage.runtime), Worker(other)), stage.clock.at
    while any(row.status == "queued" for row in stage.attempts(MethodKind.SMS)):
        workers[lateness.randrange(2)].step()
        stage.clock.at += timedelta(milliseconds=lateness.randint(1, 90))
    other.close()

    sent = [
        ((message.created_at - begun).total_seconds(), count(message.body).segments)
        for message in stage.sandbox.network.messages.values()
    ]
    total, lasted = sum(units for _, units in sent), max(at for at, _ in sent)
    assert max(units for _, units in sent) == LONGEST
    assert total - LONGEST <= RATE * (lasted + CATCH_UP.total_seconds())
    assert total >= 0.95 * RATE * lasted
    assert most_in(sent, 1.0) <= RATE * (1 + CATCH_UP.total_seconds()) + LONGEST


@pytest.mark.postgres
def test_two_workers_in_earnest_never_exceed_it(stages: Stages, postgres: str) -> None:
    """The same on the real clock, with threads: 20 messages at 10 a second take 1.9 s at least, each alone half."""
    stage = stages(postgres, clock=system_clock, rates=f"sms={RATE},calls=1")
    other, log = stage.connect(), Log(enough=20)
    for runtime in (stage.runtime, other):
        runtime.outlets[MethodKind.SMS, FIRST] = Outlet(log, (OURS,), RATE)
    for _ in range(20):
        stage.opens()

    # The first one is paced by when it is taken, however much later it leaves.
    began = time.monotonic()
    with Worker(stage.runtime), Worker(other):
        assert log.done.wait(PATIENCE)
    other.close()

    assert max(log.moments) - began >= 1.9 - 2 * CATCH_UP.total_seconds()


def test_what_is_withheld_gives_its_place_to_the_next(stages: Stages) -> None:
    """A4: acknowledged between the claim and the send, it has used up nothing."""
    stage = stages(rates="sms=1,calls=1")
    first = stage.opens()
    (job,) = Search(Sending(stage.runtime), strides(POOLS, 1), frozenset()).jobs()
    stage.opens()
    stage.responds(first, "colombia", "carla", Response(AnswerKind.ACKNOWLEDGED, Via.VOUCHED))

    perform(job)
    stage.worker.step()

    assert sorted(row.status for row in stage.attempts(MethodKind.SMS)) == ["cancelled", "sent"]
