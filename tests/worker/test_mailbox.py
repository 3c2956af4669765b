"""Who reads the mailbox, and when: one worker at a time, each half minute, and what was missed is read afterwards."""

import re
from datetime import datetime, timedelta

from sqlalchemy import select

from alertnet.channels.base import MailListing, ReceivedMail
from alertnet.core.codec import replace
from alertnet.core.inbound.written_mail import WrittenMail
from alertnet.core.monitoring.self_monitoring import Part, find_trouble
from alertnet.runtime.clock import system_clock
from alertnet.store.monitoring.observations import observe
from alertnet.store.records import inbound
from alertnet.store.records.inbound import InboundText
from alertnet.store.tables import acknowledgements, notifications
from alertnet.worker.mailbox import EVERY, OVERLAP, poll_mailbox
from alertnet.worker.service import Worker
from tests.conftest import Logged
from tests.worker.conftest import Stages
from tests.worker.stage import CARLA, CARLAS_MAIL, Stage


def told(stage: Stage) -> None:
    """Carla has been told by mail."""
    stage.opens()
    stage.passes(minutes=7)


def carla_writes(stage: Stage) -> None:
    """She answers with the code of the mail."""
    mailbox = stage.sandbox.mailbox(CARLAS_MAIL)
    (code,) = re.findall(r"escriba (\d{4}) encima", mailbox.mails[0].text)
    mailbox.replies(f"OK {code}")


def answers(stage: Stage) -> list[str]:
    return list(stage.runtime.read(lambda tx: tx.session.scalars(select(acknowledgements.c.via)).all()))


def test_one_worker_at_a_time_looks_twice_a_minute(stages: Stages, each_database: str) -> None:
    stage = stages(each_database, reads_mail=True)
    other = stage.connect()
    told(stage)
    poll_mailbox(stage.runtime)
    carla_writes(stage)

    poll_mailbox(other)
    at_once = answers(stage)
    stage.clock.at += EVERY
    poll_mailbox(other)

    assert (at_once, answers(stage)) == ([], ["email"])


def test_what_came_while_the_mailbox_could_not_be_read_is_read_afterwards(stages: Stages, logged: Logged) -> None:
    """A12: and the log says so."""
    stage = stages(reads_mail=True)
    shut_out = stage.connect(ALERTNET_IMAP_URL=stage.sandbox.imap_url.replace(":sandbox@", ":wrong@"))
    told(stage)
    carla_writes(stage)
    for _ in range(60):
        poll_mailbox(shut_out)
        stage.clock.at += EVERY
    before = answers(stage)

    poll_mailbox(stage.runtime)

    assert (before, answers(stage)) == ([], ["email"])
    assert any("mailbox_unread" in line for line in logged())


def test_of_a_mailbox_that_cannot_be_read_the_coordinators_hear_and_of_none_nobody(stages: Stages) -> None:
    """A12: our mails ask for an answer there; whoever has no mailbox, or no longer, is in no trouble."""
    stage = stages(reads_mail=True)
    shut_out = stage.connect(ALERTNET_IMAP_URL=stage.sandbox.imap_url.replace(":sandbox@", ":wrong@"))
    without = mailbox_trouble(stage)
    poll_mailbox(shut_out)
    poll_mailbox(stage.runtime)
    stage.clock.at += timedelta(minutes=11)

    poll_mailbox(shut_out)
    while_shut = mailbox_trouble(stage)
    stage.clock.at += EVERY
    poll_mailbox(stage.runtime)
    once_read = mailbox_trouble(stage)
    stage.clock.at += timedelta(minutes=11)

    assert (without, while_shut, once_read, mailbox_trouble(stage)) == (False, True, False, False)


def mailbox_trouble(stage: Stage) -> bool:
    """Whether the mailbox is in trouble, for somebody who has watched for a day."""
    seen = stage.runtime.read(observe, frozenset(), is_tested=False)
    return Part.MAILBOX in find_trouble(replace(seen, since=seen.now - timedelta(days=1)))


def test_what_came_before_the_mailbox_was_named_is_left_to_people(stages: Stages) -> None:
    """Whoever answered weeks ago, and was heard by people, gets no reply now."""
    stage = stages(reads_mail=True)
    told(stage)
    stage.runtime.transact(inbound.receive, InboundText("SM1", CARLA, "good night"))
    carla_writes(stage)
    stage.clock.at += timedelta(hours=1)
    poll_mailbox(stage.runtime)
    before = answers(stage)
    carla_writes(stage)
    stage.clock.at += EVERY

    poll_mailbox(stage.runtime)

    assert (before, answers(stage)) == ([], ["email"])


class BrokenMail:
    """A mailbox with one mail, from `at`, that can't be stored."""

    def __init__(self, at: datetime, answers: str) -> None:
        self._found = ReceivedMail(at, WrittenMail("mail-1", CARLAS_MAIL, (answers,), "\ud800", ""))
        self.asked: list[datetime] = []

    def received(self, since: datetime) -> MailListing:
        self.asked.append(since)
        return MailListing((self._found,), is_whole=True)

    def trouble(self) -> str | None:
        return None


def test_a_mail_that_cannot_be_handled_is_tried_for_an_hour_and_holds_up_nothing_after_that(stages: Stages) -> None:
    """A11."""
    stage = stages(reads_mail=True)
    told(stage)
    began = stage.clock.at
    mail = select(notifications.c.id).where(notifications.c.method == "email")
    sent = stage.runtime.read(lambda tx: tx.session.scalars(mail).one())
    broken = stage.runtime.__dict__["mailbox"] = BrokenMail(began, sent)
    for minutes in (0, 30, 59, 61, 62):
        stage.clock.at = began + timedelta(minutes=minutes)
        poll_mailbox(stage.runtime)

    assert [since + OVERLAP - began for since in broken.asked] == [timedelta()] * 4 + [timedelta(minutes=61)]


def test_a_worker_that_begins_reads_the_mailbox(stages: Stages) -> None:
    ahead = [timedelta()]
    stage = stages(clock=lambda: system_clock() + ahead[0], reads_mail=True)
    stage.opens()
    stage.settles()
    ahead.insert(0, timedelta(minutes=7))
    stage.settles()
    with Worker(stage.runtime):
        pass
    carla_writes(stage)
    ahead.insert(0, ahead[0] + EVERY)

    with Worker(stage.runtime):
        pass

    assert answers(stage) == ["email"]
