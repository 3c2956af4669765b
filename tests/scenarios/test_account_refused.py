"""The provider refuses our whole account: nothing is burnt, the next method goes, and all leaves when it is mended."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from alertnet.flows.sending.record_outcome import track_sms
from alertnet.sandbox import Fault, Sandbox
from alertnet.store.tables import escalations
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import planned, tries
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import Incident, World, link_in
from tests.support.rows import in_long

DUTY_MAIL = "duty@pbi-colombia.example"
ALWAYS = 10**6


@pytest.fixture
def world(world_on: Worlds, mail_server: Sandbox, sqlite_url: str) -> World:
    return world_on(sqlite_url, ALERTNET_SMTP_URL=mail_server.smtp_url)


def refuse(world: World, fault: Fault) -> None:
    """Nothing of our account is taken or answered; without credit what is asked still is."""
    for method in ("POST",) if fault is Fault.SUSPENDED else ("POST", "GET"):
        world.sandbox.misbehaves(fault, times=ALWAYS, method=method)


def statuses(incident: Incident, method: str) -> list[str]:
    return [attempt.status for attempt in tries(incident, "coordinator", method)]


@pytest.mark.parametrize("fault", [Fault.WRONG_TOKEN, in_long(Fault.SUSPENDED), in_long(Fault.FORBIDDEN)])
def test_what_is_refused_waits_the_next_methods_go_at_once_and_nothing_is_burnt(
    world: World, mail_server: Sandbox, fault: Fault
) -> None:
    """B3, A5: the level keeps its time, nobody is told early, and all that waited leaves within a minute."""
    refuse(world, fault)

    incident = world.raises()

    assert (statuses(incident, "sms"), statuses(incident, "call")) == (["queued"], ["queued"])
    assert [(contact, method, at) for contact, method, at in planned(incident, "coordinator") if at] == []
    assert len(mail_server.mailbox(DUTY_MAIL).mails) == 1
    world.passes(minutes=2)

    assert planned(incident, "coordinator-2", "ombuds") == []
    assert incident.level("colombia") == "Coordination"
    assert "attempt_failed" not in incident.timeline()
    world.sandbox.recovers()
    world.passes(seconds=50)

    assert len(world.phone("coordinator").inbox) == 1
    assert statuses(incident, "sms") == ["delivered"]
    assert len(world.phone("coordinator").calls) >= 1


@pytest.mark.parametrize("reply", ["535 5.7.8 wrong password", in_long("550 5.7.1 this sender is blocked")])
def test_a_relay_that_refuses_us_burns_nothing(world: World, mail_server: Sandbox, reply: str) -> None:
    """B3: the same for mail: what is refused to our whole sender waits, and leaves when it is let through."""
    mail_server.refuses_mail(reply)
    incident = world.raises()
    world.passes(minutes=8)
    assert statuses(incident, "email") == ["queued"]

    mail_server.refuses_mail(None)
    world.passes(minutes=1)

    assert statuses(incident, "email") == ["sent"]
    assert len(mail_server.mailbox(DUTY_MAIL).mails) == 1


def test_an_account_that_is_suspended_after_it_took_a_message_sends_it_again(world: World) -> None:
    """B3: the provider had it, and says later that it did not send it (30002): it waits like any other."""
    world.phone("coordinator").behaves("no_receipts")
    incident = world.raises()
    (first,) = tries(incident, "coordinator", "sms")

    world.runtime.transact(track_sms, first.id, first.provider_id, "failed", "30002")
    waiting, away = statuses(incident, "sms"), world.client.get("/readyz").json()["away"]
    world.settles()
    hurried = planned(incident, "coordinator")
    world.passes(seconds=20)

    assert waiting == ["failed", "queued"]
    assert [(each["method"], each["fault"]) for each in away] == [("sms", "balance")]
    assert ("coordinator", "call", 0) in hurried
    assert statuses(incident, "sms") == ["failed", "sent"]
    assert [attempt.extra for attempt in tries(incident, "coordinator", "sms")] == [False, False]


def test_a_question_that_leaves_late_says_when_its_level_opens_by_itself_then(world_of: Worlds) -> None:
    """B3: time in which it could not be sent does not count; that of the first minute would be long past."""
    police = "  - {name: Police, needs_go: {proceed_after: 5m}, notify: [ombuds], wait: 20m}\n"
    world = world_of(a_tree(COORDINATION + police))
    incident = world.raises(type="raid", severity="serious", perpetrator="company")
    world.passes(minutes=9)
    refuse(world, Fault.SUSPENDED)
    world.passes(minutes=8)

    world.sandbox.recovers()
    phone = world.phone("coordinator")
    while "DECISION" not in phone.inbox[-1]:
        world.passes(seconds=5)
    opens_at = world.clock.at.astimezone(ZoneInfo("America/Bogota")) + timedelta(minutes=5)

    assert f"{opens_at:%H:%M}" in phone.inbox[-1]
    assert f"{opens_at:%H:%M}" in world.client.get(link_in(phone.inbox[-1])).text
    world.passes(minutes=4)
    assert incident.level("valley") == "Coordination"
    world.passes(minutes=2)
    assert incident.level("valley") == "Police"


def test_a_question_that_leaves_late_leaves_though_its_escalation_can_not_be_read(world_of: Worlds) -> None:
    """A11: the time that it was asked with is the best that is known."""
    police = "  - {name: Police, needs_go: {proceed_after: 20m}, notify: [ombuds], wait: 20m}\n"
    world = world_of(a_tree(COORDINATION + police))
    world.raises(type="raid", severity="serious", perpetrator="company")
    world.passes(minutes=9)
    refuse(world, Fault.SUSPENDED)
    world.passes(minutes=5)
    spoil = update(escalations).values(state={"nobody": "knows this"})
    world.runtime.transact(lambda tx: tx.session.execute(spoil))

    world.sandbox.recovers()
    world.passes(minutes=2)

    assert "DECISION" in world.phone("coordinator").inbox[-1]
