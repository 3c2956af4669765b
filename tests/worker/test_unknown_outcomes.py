"""An outcome that nobody knows is asked for, and settled without a second message wherever that is possible (A5)."""

from datetime import timedelta

import pytest

from alertnet.channels.base import Absent, CannotTell
from alertnet.core.delivery.provider_routes import FIRST, SECOND
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Level
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.flows.escalation.record_response import Response
from alertnet.flows.sending.claim_sends import LEASE, claim
from alertnet.flows.sending.locked_attempt import ASK_AFTER, lock_attempt
from alertnet.flows.sending.record_outcome import track_sms
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.flows.sending.send_capacity import Outward, ProviderLine
from alertnet.flows.sending.settle_unknown import MOST_QUERIES, claim_status_queries, expire_lease, record_lookup
from alertnet.flows.system.restored_backup import mark_unknown
from alertnet.sandbox import Fault, MailFault
from alertnet.sandbox.telephony.network import Message
from alertnet.store.db.tx import Tx
from tests.worker.conftest import Stages
from tests.worker.stage import CARLA, CARLAS_MAIL, DIEGO, EMMA, MINUTE, NOW, OURS, Stage, network


def test_a_lost_answer_is_settled_by_its_callback(stage: Stage) -> None:
    """A5: the provider took it, its answer was lost, its receipt was not."""
    stage.sandbox.misbehaves(Fault.LOSE_ANSWER, number=CARLA)
    stage.opens()

    stage.worker.step()
    before = stage.attempt(MethodKind.SMS).status
    stage.sandbox.settle()

    assert (before, stage.attempt(MethodKind.SMS).status) == ("unknown", "delivered")
    assert len(stage.sandbox.handset(CARLA).inbox) == 1


def test_a_lost_answer_without_callbacks_is_settled_by_asking_after_15_seconds(stage: Stage) -> None:
    """A5: the provider's list has it; no second message."""
    for fault in (Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER):
        stage.sandbox.misbehaves(fault, number=CARLA)
    stage.opens()
    stage.settles()

    stage.passes(seconds=14)
    before = stage.attempt(MethodKind.SMS).status
    stage.passes(seconds=1)

    assert (before, stage.attempt(MethodKind.SMS).status) == ("unknown", "delivered")
    assert len(stage.sandbox.handset(CARLA).inbox) == 1


def test_a_list_that_lags_is_asked_again_after_75_seconds(stage: Stage) -> None:
    """A5: not found once is not lost."""
    for fault in (Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER):
        stage.sandbox.misbehaves(fault, number=CARLA)
    stage.sandbox.misbehaves(Fault.LIST_LATE, number=CARLA, delay=timedelta(seconds=40))
    stage.opens()
    stage.settles()

    stage.passes(seconds=74)
    before = stage.attempt(MethodKind.SMS).status
    stage.passes(seconds=1)

    assert (before, stage.attempt(MethodKind.SMS).status) == ("unknown", "delivered")
    assert len(stage.sandbox.handset(CARLA).inbox) == 1


def test_what_can_not_be_found_is_sent_once_more_with_the_same_code(stage: Stage) -> None:
    """A5: one re-send, marked, with the same words; it is one more attempt of the same notification."""
    stage.sandbox.misbehaves(Fault.ERROR_500, number=CARLA)
    incident = stage.opens()
    stage.settles()

    stage.passes(seconds=74)
    before = list(stage.sandbox.handset(CARLA).inbox)
    stage.passes(seconds=1)

    lost, extra = stage.attempts(MethodKind.SMS)
    assert (lost.status, lost.failure, lost.extra) == ("failed", "outcome_unknown", False)
    assert (extra.status, extra.extra, extra.notification_id) == ("delivered", True, lost.notification_id)
    assert (before, len(stage.sandbox.handset(CARLA).inbox)) == ([], 1)
    assert stage.notified()["sms"] == "delivered"
    assert "attempt_sent_again" in stage.kinds(incident)
    assert stage.attempts(MethodKind.CALL) == []


@pytest.mark.parametrize("status", ["sent", "delivered"])
def test_a_re_send_that_has_not_left_is_called_off_when_the_first_turns_up(stage: Stage, status: str) -> None:
    """A5: at most one extra for each unknown outcome, and none where a late callback says that none is needed."""
    stage.sandbox.misbehaves(Fault.ERROR_500, number=CARLA)
    incident = stage.opens()
    stage.settles()
    first = stage.attempt(MethodKind.SMS)
    for seconds in (15, 60):
        stage.clock.at += timedelta(seconds=seconds)
        (claimed,) = stage.runtime.transact(claim_status_queries, MethodKind.SMS, 1).claimed
        stage.runtime.transact(record_lookup, claimed.id, claimed.lease, Absent())
    assert [row.status for row in stage.attempts(MethodKind.SMS)] == ["failed", "queued"]

    stage.runtime.transact(track_sms, first.id, "SM1", status)
    stage.settles()

    assert [row.status for row in stage.attempts(MethodKind.SMS)] == [status, "cancelled"]
    assert stage.sandbox.handset(CARLA).inbox == []
    assert stage.notified()["sms"] == status
    assert stage.kinds(incident)[-2:] == ["attempt_cancelled", f"attempt_{status}"]


def test_a_second_unknown_fails_and_the_next_method_goes_at_once(stage: Stage) -> None:
    """A5: at most one extra for each unknown outcome, and never given up in silence."""
    stage.sandbox.misbehaves(Fault.ERROR_500, times=2, number=CARLA)
    stage.opens()
    stage.settles()

    stage.passes(seconds=75)

    assert [row.failure for row in stage.attempts(MethodKind.SMS)] == ["outcome_unknown", "outcome_unknown"]
    assert stage.attempt(MethodKind.CALL).status == "sent"


def test_a_worker_killed_between_claim_and_send_loses_nothing(stages: Stages, each_database: str) -> None:
    """A5: the lease runs out, the provider does not know it, and another worker sends it."""
    stage = stages(each_database)
    stage.opens()
    (claimed,) = stage.runtime.transact(claim, MethodKind.SMS, Outward([ProviderLine(FIRST, (OURS,), 0, 1)])).claimed

    stage.passes(seconds=LEASE.total_seconds())
    asked = stage.attempt(MethodKind.SMS)
    stage.passes(seconds=60)

    assert (asked.id, asked.status) == (claimed.id, "unknown")
    assert [row.status for row in stage.attempts(MethodKind.SMS)] == ["failed", "delivered"]
    assert len(stage.sandbox.handset(CARLA).inbox) == 1


@pytest.mark.parametrize(("by", "has_it"), [(FIRST, SECOND), (SECOND, FIRST)])
def test_what_a_backup_had_waiting_is_asked_of_the_provider_that_did_not_turn_it_away(
    stage: Stage, by: str, has_it: str
) -> None:
    """A5: after a restore; the one that it was to go to next may have had it since."""
    stage.opens()
    (claimed,) = stage.runtime.transact(claim, MethodKind.SMS, Outward([ProviderLine(by, (OURS,), 0, 1)])).claimed

    def turn_away(tx: Tx) -> None:
        attempt = lock_attempt(tx, claimed.id)
        assert attempt is not None
        attempt.turned_away("429")
        attempt.finish()

    stage.runtime.transact(turn_away)
    stage.runtime.transact(mark_unknown, claimed.id, NOW)
    stage.clock.at += ASK_AFTER

    (asked,) = stage.runtime.transact(claim_status_queries, MethodKind.SMS, 1).claimed
    assert (asked.provider, asked.sender) == (has_it, "")


def test_a_lease_that_runs_is_left_alone(stage: Stage) -> None:
    """A5: nobody doubts an attempt whose worker still has time to report."""
    stage.opens()
    (claimed,) = stage.runtime.transact(claim, MethodKind.SMS, Outward([ProviderLine(FIRST, (OURS,), 0, 1)])).claimed

    stage.clock.at += LEASE - timedelta(seconds=1)
    stage.runtime.transact(expire_lease, claimed.id)

    assert stage.attempt(MethodKind.SMS).status == "sending"


def test_what_the_provider_is_asked_about_is_one_workers_until_its_lease_is_over(stage: Stage) -> None:
    """A5: nobody else asks meanwhile, and an answer that comes later than that settles nothing."""

    def asks() -> list[Claimed]:
        return stage.runtime.transact(claim_status_queries, MethodKind.SMS, 9).claimed

    stage.opens()
    (claimed,) = stage.runtime.transact(claim, MethodKind.SMS, Outward([ProviderLine(FIRST, (OURS,), 0, 1)])).claimed
    stage.clock.at += LEASE
    stage.runtime.transact(expire_lease, claimed.id)
    stage.clock.at += ASK_AFTER
    (slow,), meanwhile = asks(), asks()
    stage.clock.at += LEASE
    (other,) = asks()

    checks = []
    for each in (slow, other):
        stage.runtime.transact(record_lookup, each.id, each.lease, Absent())
        checks.append(stage.attempt(MethodKind.SMS).checks)

    assert meanwhile == []
    assert checks == [0, 1]


def test_planned_steps_go_on_while_an_outcome_is_unknown(stage: Stage) -> None:
    """A5, A7: the call leaves at its planned moment, whatever became of the SMS."""
    stage.sandbox.misbehaves(Fault.ERROR_500, times=9, number=CARLA)
    stage.sandbox.misbehaves(Fault.ERROR_500, times=99, number=CARLA, method="GET")
    stage.opens()
    stage.settles()

    stage.passes(minutes=3)

    assert stage.attempts(MethodKind.CALL)[0].created_at <= NOW + 3 * MINUTE


def test_a_lost_call_is_found_among_the_calls_to_its_number(stages: Stages) -> None:
    """A5: calls have no words to find them by, but a number, a sender and a moment."""
    stage = stages(known=network(Level("Allies", ("diego",), wait=30 * MINUTE)))
    for fault in (Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER):
        stage.sandbox.misbehaves(fault, number=DIEGO)
    stage.opens()
    stage.settles()

    stage.passes(seconds=15)

    call = stage.attempt(MethodKind.CALL)
    assert (call.status, call.provider_id) == ("sent", stage.sandbox.handset(DIEGO).calls[0].record.sid)
    assert len(stage.sandbox.handset(DIEGO).calls) == 1


def test_the_call_of_another_attempt_settles_nothing(stages: Stages) -> None:
    """A5: the list shows a call to that number at that time, but it is known to be another attempt's."""
    stage = stages(known=network(Level("Allies", ("diego",), wait=30 * MINUTE)))
    stage.opens()
    stage.opens()
    stage.settles()
    # The first incident's SMS, and the second one's call.
    stage.sandbox.misbehaves(Fault.ERROR_500, times=2, number=DIEGO)
    stage.sandbox.handset(DIEGO).rejects()
    stage.settles()
    (unknown,) = (row for row in stage.attempts(MethodKind.CALL) if row.status == "unknown")

    stage.passes(seconds=75)

    calls = stage.attempts(MethodKind.CALL)
    assert [row.failure for row in calls if row.id == unknown.id] == ["outcome_unknown"]
    assert [row.extra for row in calls] == [False, False, True]
    assert len(stage.sandbox.handset(DIEGO).calls) == 2


def test_an_acknowledgement_ends_the_doubt(stage: Stage) -> None:
    """A4: nothing is sent again once it is taken care of."""
    stage.sandbox.misbehaves(Fault.ERROR_500, number=CARLA)
    incident = stage.opens()
    stage.settles()

    stage.responds(incident, "colombia", "carla", Response(AnswerKind.ACKNOWLEDGED, Via.VOUCHED))
    stage.passes(minutes=5)

    assert stage.attempt(MethodKind.SMS).status == "cancelled"
    assert [text for text in stage.sandbox.handset(CARLA).inbox if "URGENTE" in text] == []


def test_a_mail_whose_fate_is_unknown_is_sent_once_more(stage: Stage) -> None:
    """A5: a relay can't be asked: after two questions without an answer one more mail goes, and no third."""
    stage.sandbox.mailbox(CARLAS_MAIL).misbehaves(MailFault.CUT_OFF)
    stage.opens()

    stage.passes(minutes=20)

    assert [(row.extra, row.status) for row in stage.attempts(MethodKind.EMAIL)] == [(False, "failed"), (True, "sent")]


def test_a_provider_that_is_away_uses_up_no_question(stage: Stage) -> None:
    """A5: what it has is not given up unasked, however long it is away."""
    stage.sandbox.misbehaves(Fault.CALL_BACK_NEVER, number=CARLA)
    stage.opens()
    stage.settles()

    for _ in range(2 * MOST_QUERIES):
        stage.clock.at += MINUTE
        (asked,) = stage.runtime.transact(claim_status_queries, MethodKind.SMS, 1).claimed
        stage.runtime.transact(record_lookup, asked.id, asked.lease, CannotTell(is_away=True))

    (after,) = stage.attempts(MethodKind.SMS)
    assert (after.status, after.checks, after.due_at) == ("sent", 0, stage.clock.at + MINUTE)


def test_a_burst_of_lost_answers_of_a_number_with_history_rings_nobody_twice(stage: Stage) -> None:
    """A5: the provider's list of that number is long, and its entries are as large as the provider's."""
    network = stage.sandbox.network
    for number in range(1500):
        sid, words = network.new_sid("SM"), f"{number} " + "PBI URGENTE " * 60
        network.messages[sid] = Message(sid, "outbound-api", OURS, EMMA, words, "delivered", NOW, NOW, NOW, NOW)
    for fault in (Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER):
        stage.sandbox.misbehaves(fault, times=4, number=CARLA)
    stage.passes(minutes=3)
    for _ in range(4):
        stage.opens()
    stage.settles()

    stage.passes(seconds=80)

    assert [row.status for row in stage.attempts(MethodKind.SMS)] == ["delivered"] * 4
    assert len(stage.sandbox.handset(CARLA).inbox) == 4
