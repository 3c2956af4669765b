"""Status callbacks, as lossy and unordered as they are."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, update

from alertnet.channels.base import Leave, Lookup, Outgoing, Result, at_once
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Level
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.flows.escalation.record_response import Response
from alertnet.flows.sending.claim_sends import claim
from alertnet.flows.sending.locked_attempt import ASK_AFTER, FOLLOW_UP
from alertnet.flows.sending.record_outcome import track_call, track_sms
from alertnet.flows.sending.send_capacity import Outward, ProviderLine
from alertnet.flows.voice.live_call import Keyed
from alertnet.flows.voice.outgoing_call import answer_call, key_in
from alertnet.sandbox import Behaviour, Fault
from alertnet.store.tables import documents, incidents
from tests.worker.conftest import Stages
from tests.worker.stage import CARLA, DIEGO, MINUTE, OURS, Stage, network


class NotAskedAlone:
    """A channel that must not be asked about a single message."""

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        raise AssertionError(outgoing)

    def lookup(self, outgoing: Outgoing, since: datetime, provider_id: str | None = None) -> Lookup:
        raise AssertionError(provider_id)

    def trouble(self) -> None:
        """It answers."""

    def hang_up(self, provider_id: str) -> None:
        raise AssertionError(provider_id)


ALLIES = network(Level("Allies", ("diego",), wait=30 * MINUTE))


def test_a_receipt_makes_it_delivered(stage: Stage) -> None:
    """And nothing else: a delivery receipt is no acknowledgement (A6)."""
    incident = stage.opens()

    stage.settles()

    assert stage.attempt(MethodKind.SMS).status == "delivered"
    assert stage.notified()["sms"] == "delivered"
    assert stage.escalation().status == "running"
    assert stage.kinds(incident) == ["attempt_sent", "attempt_delivered"]


def test_an_undelivered_sms_brings_the_next_method_at_once(stage: Stage) -> None:
    """B3, hand-over: a handset that is off; its number stays good."""
    stage.sandbox.handset(CARLA).behaves(Behaviour.SWITCHED_OFF)
    stage.opens()

    stage.settles()

    assert (stage.attempt(MethodKind.SMS).failure, stage.attempt(MethodKind.SMS).error) == ("undelivered", "30003")
    assert "no_answer" in [attempt.failure for attempt in stage.attempts(MethodKind.CALL)]
    assert stage.attempt(MethodKind.EMAIL).status == "sent"
    assert stage.escalation().state.get("stale", []) == []


@pytest.mark.parametrize("fault", [Fault.CALL_BACK_EARLY, Fault.CALL_BACK_TWICE])
def test_callbacks_may_overtake_our_commit_and_come_twice(stage: Stage, fault: Fault) -> None:
    """A5: a callback binds the provider's id to our attempt, whoever is first; the second changes nothing."""
    incident = stage.opens()
    stage.sandbox.misbehaves(fault, number=CARLA)

    stage.settles()

    attempt = stage.attempt(MethodKind.SMS)
    assert (attempt.status, len(stage.sandbox.handset(CARLA).inbox)) == ("delivered", 1)
    assert attempt.provider_id.startswith("SM")
    assert stage.kinds(incident) == ["attempt_sent", "attempt_delivered"]


def test_callbacks_in_any_order_lead_to_the_same(stage: Stage) -> None:
    """Receipts are unordered: a later word that says less is passed over."""
    incident = stage.opens()
    stage.worker.step()
    attempt = stage.attempt(MethodKind.SMS)

    for status in ("delivered", "sent", "queued", "delivered", "undelivered"):
        stage.runtime.transact(track_sms, attempt.id, attempt.provider_id, status, 30003)

    assert stage.attempt(MethodKind.SMS).status == "delivered"
    assert stage.kinds(incident) == ["attempt_sent", "attempt_delivered"]


def test_a_late_receipt_betters_a_failure(stage: Stage) -> None:
    """It arrived after all; the method that was brought forward has gone."""
    stage.opens()
    stage.worker.step()
    attempt = stage.attempt(MethodKind.SMS)

    stage.runtime.transact(track_sms, attempt.id, attempt.provider_id, "undelivered", 30008)
    stage.runtime.transact(track_sms, attempt.id, attempt.provider_id, "delivered")

    assert (stage.attempt(MethodKind.SMS).status, stage.attempt(MethodKind.SMS).failure) == ("delivered", None)
    assert stage.attempt(MethodKind.CALL).status == "queued"


def test_the_status_of_another_message_is_not_ours(stage: Stage) -> None:
    """One attempt is one message of the provider's."""
    stage.opens()
    stage.worker.step()

    stage.runtime.transact(track_sms, stage.attempt(MethodKind.SMS).id, "SM" + "f" * 32, "failed", 30005)

    assert stage.attempt(MethodKind.SMS).status == "sent"


def test_a_status_of_nothing_is_nothing(stage: Stage) -> None:
    """An attempt that never was has no status, and takes none from the one that is."""
    stage.opens()
    stage.worker.step()

    stage.runtime.transact(track_sms, "no such attempt", "SM1", "delivered")
    stage.runtime.transact(track_call, "no such attempt", "CA1", "completed")

    assert [each.status for each in stage.attempts()] == ["sent"]


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [(Behaviour.BUSY, "busy"), (Behaviour.SWITCHED_OFF, "no_answer"), (Behaviour.VOICEMAIL, "no_code")],
)
def test_a_call_that_reaches_no_person_brings_the_next_method(
    stages: Stages, behaviour: Behaviour, failure: str
) -> None:
    """A6, B3: busy, no answer, and whatever picked up without keying the code, a voicemail above all."""
    stage = stages(known=ALLIES)
    stage.sandbox.handset(DIEGO).behaves(behaviour)
    stage.opens()

    stage.worker.step()
    stage.sandbox.settle()

    assert failure in [attempt.failure for attempt in stage.attempts(MethodKind.CALL)]
    assert stage.attempt(MethodKind.SMS).status == "queued"


@pytest.mark.parametrize("behaviour", [Behaviour.SWITCHED_OFF, Behaviour.MANUAL])
def test_a_call_whose_callbacks_are_lost_is_asked_for(stages: Stages, behaviour: Behaviour) -> None:
    """A2: the end of a call that nobody reports is found by asking, and its number is free again."""
    stage = stages(known=ALLIES)
    stage.sandbox.handset(DIEGO).behaves(behaviour)
    stage.sandbox.misbehaves(Fault.CALL_BACK_NEVER, number=DIEGO)
    stage.opens()
    stage.settles()

    stage.passes(seconds=FOLLOW_UP.total_seconds())

    assert stage.attempts(MethodKind.CALL)[0].failure == "no_answer"
    assert stage.attempts(MethodKind.SMS) != []


def test_an_sms_whose_callbacks_are_lost_is_asked_for(stage: Stage) -> None:
    """A5: what the provider has and nobody reports is found by asking, without a second message."""
    stage.sandbox.misbehaves(Fault.CALL_BACK_NEVER, number=CARLA)
    stage.opens()
    stage.settles()
    before = stage.attempt(MethodKind.SMS).status

    stage.passes(seconds=FOLLOW_UP.total_seconds())

    assert (before, stage.attempt(MethodKind.SMS).status) == ("sent", "delivered")
    assert len(stage.sandbox.handset(CARLA).inbox) == 1


def test_many_whose_callbacks_are_lost_are_asked_for_together(stage: Stage) -> None:
    """After an outage of our web the provider is not flooded: its list answers for all of them."""
    stage.sandbox.misbehaves(Fault.CALL_BACK_NEVER, times=20)
    for _ in range(20):
        stage.opens()
    stage.settles()
    outlet = stage.runtime.outlets[MethodKind.SMS, FIRST]
    stage.runtime.outlets[MethodKind.SMS, FIRST] = replace(outlet, channel=NotAskedAlone())

    stage.passes(seconds=FOLLOW_UP.total_seconds())

    assert {row.status for row in stage.attempts(MethodKind.SMS)} == {"delivered"}


def test_what_can_not_be_put_into_words_keeps_no_other_from_being_settled(stage: Stage) -> None:
    """A11: of three in doubt one can't be rendered any more."""
    stage.sandbox.misbehaves(Fault.LOSE_ANSWER, times=3)
    stage.sandbox.misbehaves(Fault.CALL_BACK_NEVER, times=3)
    for _ in range(3):
        stage.opens()
    stage.worker.step()
    change = update(incidents).where(incidents.c.id == stage.attempts(MethodKind.SMS)[0].incident_id)
    stage.runtime.transact(
        lambda tx: tx.session.execute(insert(documents).values(hash="f" * 64, kind="templates", content="[]"))
    )
    stage.runtime.transact(lambda tx: tx.session.execute(change.values(templates="f" * 64)))

    stage.passes(seconds=ASK_AFTER.total_seconds())

    assert sorted(row.status for row in stage.attempts(MethodKind.SMS)) == ["delivered", "delivered", "unknown"]


def test_an_sms_without_a_receipt_is_not_asked_for_for_ever(stage: Stage) -> None:
    """Many carriers give none: `sent` may be the last word, neither delivered nor failed."""
    stage.sandbox.handset(CARLA).behaves(Behaviour.NO_RECEIPTS)
    stage.opens()
    stage.settles()

    for _ in range(8):
        stage.clock.at = stage.attempts(MethodKind.SMS)[0].due_at or stage.clock.at
        stage.worker.step()

    attempt = stage.attempts(MethodKind.SMS)[0]
    assert (attempt.status, attempt.due_at) == ("sent", None)


def test_a_ringing_status_that_comes_late_brings_no_call_back(stages: Stages) -> None:
    """A4: a call that was hung up stays hung up, in whatever order its statuses come."""
    stage = stages(known=ALLIES)
    stage.opens()
    (claimed,) = stage.runtime.transact(claim, MethodKind.CALL, Outward([ProviderLine(FIRST, (OURS,), 0, 1)])).claimed

    for status in ("canceled", "ringing", "initiated"):
        stage.runtime.transact(track_call, claimed.id, "CA7", status)

    assert stage.attempt(MethodKind.CALL).status == "cancelled"
    assert stage.attempt(MethodKind.CALL).due_at is None


def test_a_call_that_ends_because_it_was_taken_care_of_has_not_failed(stages: Stages) -> None:
    """A4: hung up while somebody listened: no code was keyed, and none was needed any more."""
    stage = stages(known=ALLIES)
    incident = stage.opens()
    stage.worker.step()
    call = stage.attempt(MethodKind.CALL)
    stage.runtime.transact(track_call, call.id, call.provider_id, "in-progress")
    stage.responds(incident, "colombia", "diego", Response(AnswerKind.ACKNOWLEDGED, Via.VOUCHED))

    stage.runtime.transact(track_call, call.id, call.provider_id, "completed", 200)

    assert (stage.attempt(MethodKind.CALL).status, stage.attempt(MethodKind.CALL).failure) == ("cancelled", None)


def test_the_keyed_code_outlasts_the_end_of_the_call(stages: Stages) -> None:
    """A6: a call whose code was keyed is delivered, and its end changes nothing but that the number is free."""
    stage = stages(known=ALLIES)
    stage.opens()
    stage.worker.step()
    call = stage.attempt(MethodKind.CALL)
    stage.runtime.transact(answer_call, call.id, call.provider_id)
    code = stage.attempt(MethodKind.CALL).spoken_code
    stage.runtime.transact(key_in, call.id, Keyed(code))

    stage.clock.at += timedelta(seconds=20)
    stage.runtime.transact(track_call, call.id, call.provider_id, "completed", 200)

    assert (stage.attempt(MethodKind.CALL).status, stage.attempt(MethodKind.CALL).due_at) == ("delivered", None)
    assert stage.attempts(MethodKind.SMS) == []
