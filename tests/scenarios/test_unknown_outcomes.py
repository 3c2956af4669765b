"""A lost answer is settled by its callback, else by asking, else by one re-send; never lost, hardly ever twice (A5)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.runtime.wiring import Runtime, make_runtime
from alertnet.sandbox import Fault, MailFault
from alertnet.worker.due_work import Job, Search, perform
from alertnet.worker.sender import Sending
from alertnet.worker.service import POOLS, Worker, strides
from tests.scenarios.record import planned, reports, tries
from tests.scenarios.world import CAST, World, code_in
from tests.support.channels import Meanwhile

COORDINATOR = CAST["coordinator"]


@pytest.fixture
def another(either_world: World) -> Iterator[Runtime]:
    """One more process on the same database, which is going to die."""
    runtime = make_runtime(either_world.runtime.settings, clock=either_world.clock)
    yield runtime
    runtime.close()


class Killed(BaseException):
    """The process is dead from here on."""


def die() -> None:
    """As a process does when its message has left, before it can write that down."""
    raise Killed


def claims(runtime: Runtime) -> list[Job]:
    """What a worker claims, and has not begun to send."""
    return list(Search(Sending(runtime), strides(POOLS, 16), frozenset()).jobs())


def sends_and_dies(runtime: Runtime) -> None:
    """A worker hands its message to the provider, and writes nothing down any more."""
    outlet = runtime.outlets[MethodKind.SMS, FIRST]
    runtime.outlets[MethodKind.SMS, FIRST] = replace(outlet, channel=Meanwhile(outlet.channel, after=die))
    with pytest.raises(Killed):
        Worker(runtime).step()


def fates(world: World, *faults: Fault, number: str = COORDINATOR, **more: object) -> None:
    """Let all these faults strike the next request about that number."""
    for fault in faults:
        world.sandbox.misbehaves(fault, number=number, **more)  # type: ignore[arg-type]


# The answer is lost, but the message was taken


def test_its_callback_settles_a_lost_answer(world: World) -> None:
    """A5: the callback names the attempt, so nobody has to be asked and nothing is sent twice."""
    fates(world, Fault.LOSE_ANSWER)

    incident = world.raises()
    (attempt,) = tries(incident, "coordinator", "sms")

    assert attempt.status == "delivered"
    assert "attempt_unknown" in incident.timeline()
    world.passes(minutes=2)
    assert len(world.phone("coordinator").inbox) == 1


def test_the_provider_is_asked_after_fifteen_seconds(world: World) -> None:
    """A5: where no callback comes, the message is found in the provider's list."""
    fates(world, Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER)
    incident = world.raises()

    world.passes(seconds=14)
    before = [attempt.status for attempt in tries(incident, "coordinator", "sms")]
    world.passes(seconds=1)
    after = [attempt.status for attempt in tries(incident, "coordinator", "sms")]

    assert (before, after) == (["unknown"], ["delivered"])
    world.passes(minutes=2)
    assert len(world.phone("coordinator").inbox) == 1


def test_the_provider_is_asked_again_a_minute_later(world: World) -> None:
    """A5: its lists lag behind what it took."""
    fates(world, Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER)
    fates(world, Fault.LIST_LATE, delay=timedelta(seconds=60))
    incident = world.raises()

    world.passes(seconds=74)
    before = [attempt.status for attempt in tries(incident, "coordinator", "sms")]
    world.passes(seconds=1)
    after = [attempt.status for attempt in tries(incident, "coordinator", "sms")]

    assert (before, after) == (["unknown"], ["delivered"])
    assert len(world.phone("coordinator").inbox) == 1


def test_a_call_whose_answer_is_lost_is_not_placed_again(world: World) -> None:
    """A5: calls are settled like messages, and the number is not rung a second time meanwhile."""
    incident = world.raises()
    fates(world, Fault.LOSE_ANSWER, number=CAST["police"])

    world.passes(minutes=25, seconds=29)

    assert [attempt.status for attempt in tries(incident, "police", "call")] == ["sent"]
    assert len(world.phone("police").calls) == 1


def test_a_mail_whose_answer_is_lost_is_sent_once_more_at_most(world: World) -> None:
    """A5: a mail server can't be asked; mailboxes see by the Message-ID that they have the second one already."""
    mailbox = world.mailbox("duty@pbi-international.example")
    mailbox.misbehaves(MailFault.CUT_OFF)
    incident = world.raises()

    world.passes(minutes=20)

    assert [attempt.extra for attempt in tries(incident, "head-office", "email")] == [False, True]
    assert len({mail.headers["Message-ID"] for mail in mailbox.mails}) == 1
    assert len(mailbox.mails) == 2


# The message is lost


def test_what_the_provider_does_not_know_is_sent_once_more(world: World) -> None:
    """A5: after the second question, with the same words and code, and marked."""
    fates(world, Fault.ERROR_500)
    incident = world.raises()

    world.passes(seconds=74)
    assert world.phone("coordinator").inbox == []
    world.passes(seconds=1)

    lost, extra = tries(incident, "coordinator", "sms")
    assert (lost.status, lost.failure, lost.extra) == ("failed", "outcome_unknown", False)
    assert (extra.status, extra.extra) == ("delivered", True)
    assert incident.timeline().count("attempt_sent_again") == 1
    assert planned(incident, "coordinator") == [("coordinator", "sms", 0)]


def test_a_message_that_turns_up_after_all_has_the_code_of_its_double(world: World) -> None:
    """A5: at most one too many, and either of the two can be answered."""
    fates(world, Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER)
    fates(world, Fault.LIST_LATE, delay=timedelta(hours=1))
    incident = world.raises()

    world.passes(seconds=80)

    first, second = world.phone("coordinator").inbox
    assert first == second
    world.texts("coordinator", f"OK {code_in(first)}")
    assert [each["contact"] for each in incident["acknowledgements"]] == ["coordinator"]


def test_a_second_unknown_outcome_brings_the_next_method_at_once(world: World) -> None:
    """A5: nothing is sent a third time; the call that was planned for minute three goes now."""
    fates(world, Fault.ERROR_500, times=2)
    incident = world.raises()

    world.passes(seconds=90)

    assert [attempt.failure for attempt in tries(incident, "coordinator", "sms")] == ["outcome_unknown"] * 2
    assert ("coordinator", "call", 1.25) in planned(incident, "coordinator")
    assert len(world.phone("coordinator").calls) == 1


def test_planned_steps_go_on_while_an_outcome_is_unknown(world: World) -> None:
    """A5, A7: a doubt delays nothing."""
    fates(world, Fault.ERROR_500, times=2, number=CAST["ombuds"])
    incident = world.raises()

    world.passes(minutes=11)

    assert [attempt.status for attempt in tries(incident, "ombuds", "sms")] == ["unknown"]
    assert ("ombuds", "email", 10) in planned(incident, "ombuds")
    assert planned(incident, "defenders-network") == [("defenders-network", "sms", 10)]


def test_an_acknowledgement_ends_the_doubt(world: World) -> None:
    """A4: while it is acknowledged nothing of it is sent again."""
    fates(world, Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER, number=CAST["defenders"])
    fates(world, Fault.LIST_LATE, number=CAST["defenders"], delay=timedelta(hours=1))
    incident = world.raises()
    world.passes(minutes=10)

    world.texts("defenders", f"OK {code_in(world.phone('defenders').inbox[0])}")
    world.passes(minutes=2)

    assert [attempt.status for attempt in tries(incident, "defenders-network", "sms")] == ["cancelled"]


# Callbacks


@pytest.mark.parametrize("fault", [Fault.CALL_BACK_EARLY, Fault.CALL_BACK_TWICE])
def test_a_callback_has_one_effect_whenever_and_however_often_it_comes(world: World, fault: Fault) -> None:
    """A1: sooner than the 201, or twice, it tells the same."""
    world.hears_each_step = True
    fates(world, fault)

    incident = world.raises()

    (attempt,) = tries(incident, "coordinator", "sms")
    assert attempt.status == "delivered"
    assert [incident.timeline().count(f"attempt_{status}") for status in ("sent", "delivered")] == [1, 1]
    assert len(world.phone("coordinator").inbox) == 1


def test_where_no_callback_ever_comes_the_provider_is_asked(world: World) -> None:
    """A5: callbacks can be lost; a minute later the provider itself says what became of it."""
    fates(world, Fault.CALL_BACK_NEVER)
    incident = world.raises()
    before = [attempt.status for attempt in tries(incident, "coordinator", "sms")]

    world.passes(minutes=1)

    assert before == ["sent"]
    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["delivered"]


def test_a_failure_that_no_callback_reports_is_found_out(world: World) -> None:
    """A2, A5: undelivered, and nobody said so: the next method goes when the provider is asked."""
    world.phone("coordinator").behaves("switched_off")
    fates(world, Fault.CALL_BACK_NEVER)
    incident = world.raises()

    world.passes(minutes=1)

    assert ("coordinator", "call", 1) in planned(incident, "coordinator")


# The worker dies


def test_what_a_dead_worker_had_claimed_goes_out(either_world: World, another: Runtime) -> None:
    """A5: nobody knows whether it left, so it is asked for when the lease is over, and sent once more, marked."""
    world = either_world
    incident = reports(world)
    assert len(claims(another)) == 1

    world.passes(seconds=89)
    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["unknown"]
    world.passes(seconds=1)

    assert [attempt.extra for attempt in tries(incident, "coordinator", "sms")] == [False, True]
    assert len(world.phone("coordinator").inbox) == 1


def test_what_a_worker_sent_before_it_died_is_not_sent_again(either_world: World, another: Runtime) -> None:
    """A5: its callback settles it at once."""
    world = either_world
    incident = reports(world)
    sends_and_dies(another)

    world.passes(minutes=2)

    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["delivered"]
    assert len(world.phone("coordinator").inbox) == 1
    assert "attempt_unknown" not in incident.timeline()


def test_what_a_worker_sent_before_it_died_is_asked_for(either_world: World, another: Runtime) -> None:
    """A5: without a callback the provider's list settles it, when the lease is over."""
    world = either_world
    fates(world, Fault.CALL_BACK_NEVER)
    incident = reports(world)
    sends_and_dies(another)

    world.passes(seconds=29)
    before = [attempt.status for attempt in tries(incident, "coordinator", "sms")]
    world.passes(minutes=2)

    assert before == ["sending"]
    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["delivered"]
    assert len(world.phone("coordinator").inbox) == 1


def test_an_acknowledgement_stops_what_is_claimed_but_not_sent(either_world: World, another: Runtime) -> None:
    """A4: the sender looks once more, right before the call."""
    world = either_world
    incident = reports(world)
    claimed = claims(another)

    incident.act("acknowledgements", expect=201, tree="colombia", contact="coordinator", kind="acknowledged")
    for job in claimed:
        perform(job)
    world.settles()

    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["cancelled"]
    assert not any("URGENTE" in text for text in world.phone("coordinator").inbox)
