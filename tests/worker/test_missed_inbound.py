"""Who looks for what came in, and when: one worker at a time, from where the last one left off."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import literal_column, select

from alertnet.channels.base import CannotTell, Found, LedgerEntry, Listing, Lookup, Outgoing, StatusQuery
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.notification import AttemptStatus
from alertnet.flows.system import restored_backup
from alertnet.runtime.clock import system_clock
from alertnet.store.monitoring import inbound_polls
from alertnet.store.tables import inbound, sweeps
from alertnet.worker.missed_inbound import GRACE, OVERLAP, poll_missed_inbound
from alertnet.worker.routes import Routes
from alertnet.worker.service import Worker
from tests.worker.conftest import Stages
from tests.worker.stage import CARLA, NOW, OURS, Stage


def texts_in(stage: Stage, text: str) -> None:
    """A text that reaches the provider, and not us."""
    stage.sandbox.handset(CARLA).sends(text, to=OURS)


class Books:
    """A ledger in which these texts came in long ago, and that remembers from when on it was read."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.asked: list[datetime] = []
        self.at = NOW - GRACE
        self.senders = [CARLA] * len(texts)

    def look_up(self, queries: Sequence[StatusQuery]) -> list[Lookup]:
        return [CannotTell() for _ in queries]

    def outgoing(self, number: str, since: datetime) -> Listing:
        return Listing((), is_whole=True)

    def incoming(self, number: str, since: datetime) -> Listing:
        self.asked.append(since)
        entries = [
            LedgerEntry(Found(f"SM{place}", AttemptStatus.SENT), self.senders[place], number, self.at, text)
            for place, text in enumerate(self.texts)
            if since <= self.at
        ]
        return Listing(tuple(entries), is_whole=True)


def came_in(stage: Stage) -> list[str]:
    return list(stage.runtime.read(lambda tx: tx.session.scalars(select(inbound.c.body)).all()))


def test_one_worker_at_a_time_looks(stages: Stages, each_database: str) -> None:
    """Any may, and the turn is a row: a second one finds nothing to do until the next minute."""
    stage = stages(each_database)
    other = stage.connect()

    first = stage.runtime.transact(inbound_polls.begin, (MethodKind.SMS, FIRST))
    second = other.transact(inbound_polls.begin, (MethodKind.SMS, FIRST))
    assert first is not None
    stage.runtime.transact(inbound_polls.finish, first, is_whole=True)
    at_once = other.transact(inbound_polls.begin, (MethodKind.SMS, FIRST))
    stage.clock.at += inbound_polls.EVERY
    later = other.transact(inbound_polls.begin, (MethodKind.SMS, FIRST))
    other.close()

    assert (second, at_once) == (None, None)
    assert later is not None
    assert later.seen_until == first.at


def test_a_turn_that_was_not_finished_goes_to_another(stages: Stages, each_database: str) -> None:
    """A worker that dies while it looks is no loss; if it only slept, it takes nothing back."""
    stage = stages(each_database)
    asleep = stage.runtime.transact(inbound_polls.begin, (MethodKind.SMS, FIRST))
    assert asleep is not None
    stage.clock.at += inbound_polls.LEASE

    other = stage.runtime.transact(inbound_polls.begin, (MethodKind.SMS, FIRST))
    stage.runtime.transact(inbound_polls.finish, asleep, is_whole=True)

    assert other is not None
    row = stage.runtime.read(lambda tx: tx.session.execute(select(sweeps)).one())
    assert (row.lease, row.seen_until) == (other.lease, asleep.seen_until)


def test_a_clock_that_was_ahead_keeps_nobody_from_looking(stage: Stage) -> None:
    """Put right again, it would have the next look wait until it has caught up, and skip what comes in till then."""
    stage.clock.at += timedelta(hours=1)
    poll_missed_inbound(stage.runtime, Routes(stage.runtime))
    stage.clock.at = NOW
    texts_in(stage, "SOS")
    stage.clock.at += GRACE

    poll_missed_inbound(stage.runtime, Routes(stage.runtime))

    assert came_in(stage) == ["SOS"]


def test_one_that_can_not_be_let_in_keeps_no_other_out_and_is_tried_again(stage: Stage) -> None:
    """A11: half a character, which can't be written down; the mark stays before it."""
    books = Books("\ud800", "two")
    outlet = stage.runtime.outlets[MethodKind.SMS, FIRST]
    stage.runtime.outlets[MethodKind.SMS, FIRST] = replace(outlet, ledger=books)
    poll_missed_inbound(stage.runtime, Routes(stage.runtime))
    before = came_in(stage)

    books.texts[0] = "one"
    stage.clock.at += inbound_polls.EVERY
    poll_missed_inbound(stage.runtime, Routes(stage.runtime))

    assert before == ["two"]
    assert sorted(came_in(stage)) == ["one", "two"]
    assert books.asked == [NOW - OVERLAP] * 2


def test_strangers_who_were_missed_hold_up_nobody_who_is_known(stage: Stage) -> None:
    """A11: a flood of theirs, while the way in is away, is let in by a hundred a second."""
    books = Books("a stranger's", "SOS", "and more")
    books.senders = ["+573005559999", CARLA, CARLA]
    outlet = stage.runtime.outlets[MethodKind.SMS, FIRST]
    stage.runtime.outlets[MethodKind.SMS, FIRST] = replace(outlet, ledger=books)

    poll_missed_inbound(stage.runtime, Routes(stage.runtime))

    in_turn = select(inbound.c.body).order_by(literal_column("rowid"))
    assert stage.runtime.read(lambda tx: tx.session.scalars(in_turn).all()) == ["SOS", "and more", "a stranger's"]


def test_a_mexican_mobile_is_known_by_the_number_that_trees_have(stage: Stage) -> None:
    books = Books("SOS")
    books.senders = ["+5215512345671"]
    outlet = stage.runtime.outlets[MethodKind.SMS, FIRST]
    stage.runtime.outlets[MethodKind.SMS, FIRST] = replace(outlet, ledger=books)
    poll_missed_inbound(stage.runtime, Routes(stage.runtime))

    assert stage.runtime.read(lambda tx: tx.session.scalar(select(inbound.c.sender))) == "+525512345671"


@pytest.mark.parametrize("off", [timedelta(minutes=5), timedelta(hours=-1)], ids=["behind", "ahead"])
def test_what_came_in_is_found_though_our_clock_is_wrong(stage: Stage, off: timedelta) -> None:
    """A12: nobody has to wait until it is set right; what came has come by now."""
    books = Books("SOS")
    books.at = NOW + off
    outlet = stage.runtime.outlets[MethodKind.SMS, FIRST]
    stage.runtime.outlets[MethodKind.SMS, FIRST] = replace(outlet, ledger=books)
    poll_missed_inbound(stage.runtime, Routes(stage.runtime))

    assert came_in(stage) == ["SOS"]
    assert stage.runtime.read(lambda tx: tx.session.scalar(select(inbound.c.received_at))) == min(NOW, books.at)


class NoList:
    """Recordings of an account that is not shown any."""

    def made_since(self, moment: datetime) -> None:
        return None

    def fetch(self, id: str) -> bytes | None:
        return None

    def delete(self, id: str) -> bool:
        return False


def test_recordings_that_are_not_listed_hold_up_no_calls(stage: Stage) -> None:
    """A11: else the list of calls would grow with each look."""
    route = (MethodKind.CALL, FIRST)
    settings = stage.runtime.settings.model_copy(update={"record_calls": "members"})
    runtime = replace(stage.runtime, settings=settings)
    books = Books()
    runtime.outlets[route] = replace(runtime.outlets[route], ledger=books, recordings=NoList())

    for _ in range(3):
        poll_missed_inbound(runtime, Routes(runtime))
        stage.clock.at += inbound_polls.EVERY

    assert books.asked[-1] == NOW + inbound_polls.EVERY - OVERLAP


def test_what_came_a_moment_before_the_look_is_looked_for_again_soon(stage: Stage) -> None:
    """A12: sent just before we were back, it waits for its webhook, and not for a whole minute besides."""
    texts_in(stage, "SOS")
    poll_missed_inbound(stage.runtime, Routes(stage.runtime))
    at_first = came_in(stage)

    stage.clock.at += GRACE
    poll_missed_inbound(stage.runtime, Routes(stage.runtime))

    assert (at_first, came_in(stage)) == ([], ["SOS"])


def test_without_the_provider_nothing_is_looked_for(stages: Stages) -> None:
    looked_at = []
    for without in (("TWILIO_ACCOUNT_SID",), ()):
        runtime = stages(without=without).runtime
        poll_missed_inbound(runtime, Routes(runtime))
        looked_at.append(sorted(runtime.read(lambda tx: tx.session.scalars(select(sweeps.c.method)).all())))

    assert looked_at == [[], ["call", "sms"]]


def test_a_worker_looks_when_it_begins(stages: Stages) -> None:
    """A12: what came in while every process was down."""
    ahead = [timedelta()]
    stage = stages(clock=lambda: system_clock() + ahead[0])
    poll_missed_inbound(stage.runtime, Routes(stage.runtime))
    texts_in(stage, "SOS")
    ahead.insert(0, timedelta(minutes=30))

    with Worker(stage.runtime):
        pass

    assert came_in(stage) == ["SOS"]


def test_a_worker_that_begins_does_not_wait_for_the_turn_of_one_that_died(stages: Stages) -> None:
    """A4, A12: what was answered meanwhile counts before anything that is due goes on."""
    ahead = [timedelta()]
    stage = stages(clock=lambda: system_clock() + ahead[0])
    poll_missed_inbound(stage.runtime, Routes(stage.runtime))
    texts_in(stage, "SOS")
    ahead.insert(0, timedelta(minutes=30))
    assert stage.runtime.transact(inbound_polls.begin, (MethodKind.SMS, FIRST))

    with Worker(stage.runtime):
        pass

    assert came_in(stage) == ["SOS"]


def test_a_worker_that_begins_on_an_old_backup_sends_nothing_before_it_has_asked(stages: Stages) -> None:
    """B7: the provider has a message from our number that is younger than all that the database knows."""
    ahead = [timedelta()]
    stage = stages(clock=lambda: system_clock() + ahead[0])
    incident = stage.opens()
    ahead.insert(0, timedelta(minutes=30))
    stage.runtime.outlets[MethodKind.SMS, FIRST].channel.send(
        Outgoing("", "", MethodKind.SMS, CARLA, OURS, "as sent meanwhile")
    )
    ahead.insert(0, timedelta(minutes=40))

    with Worker(stage.runtime):
        pass

    assert stage.kinds(incident)[0] == "attempt_unknown"
    assert "database_restored" in [kind for kind, _ in stage.history("system")]
    assert stage.attempts(MethodKind.SMS)[0].error == "restored"


def test_workers_that_find_themselves_on_an_old_backup_together_tell_everybody_once(stages: Stages) -> None:
    stage = stages()
    stage.runtime.transact(restored_backup.hold_back, None, "found at the start", [])

    for _ in range(2):
        stage.runtime.transact(restored_backup.tell_everybody, stage.runtime.edition, NOW, {})

    assert [kind for kind, _ in stage.history("system")].count("restore_made_known") == 1


@pytest.mark.postgres
def test_workers_that_look_at_once_let_each_text_in_once(stages: Stages, postgres: str) -> None:
    """A1: also where one has lost its turn to another and does not know it yet."""
    stage = stages(postgres)
    other = stage.connect()
    texts_in(stage, "SOS")
    stage.clock.at += GRACE
    poll = stage.runtime.transact(inbound_polls.begin, (MethodKind.SMS, FIRST))
    assert poll is not None
    stage.clock.at += inbound_polls.LEASE

    poll_missed_inbound(other, Routes(other))
    poll_missed_inbound(stage.runtime, Routes(stage.runtime))
    other.close()

    assert came_in(stage) == ["SOS"]
