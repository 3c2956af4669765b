"""What a channel's result makes of an attempt, and what follows from it at once."""

import io
import json
from datetime import timedelta

import pytest
import structlog
from structlog.typing import EventDict

from alertnet.channels.base import Accepted, NotSent, Refused, Unsure
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Level, NeedsGo
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.incident import Severity
from alertnet.core.notification import Failure
from alertnet.flows.escalation.record_response import Response, respond
from alertnet.flows.incidents.update import exclude
from alertnet.flows.notifications.cancel_messages import HANG_UP_WITHIN
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.sending.claim_sends import LEASE, claim
from alertnet.flows.sending.record_outcome import SendOutcome, record
from alertnet.flows.sending.render_and_send import Claimed, render, still_ours
from alertnet.flows.sending.send_capacity import Outward, ProviderLine
from alertnet.flows.unit.locked_incident import take_up
from alertnet.sandbox import Behaviour, Fault
from alertnet.store.db.tx import Tx
from tests.worker.conftest import Stages
from tests.worker.stage import CARLA, CARLAS_MAIL, DIEGO, MINUTE, NOW, OURS, Stage, network


def claims(stage: Stage, method: MethodKind = MethodKind.SMS) -> Claimed:
    (claimed,) = stage.runtime.transact(claim, method, Outward([ProviderLine(FIRST, (OURS,), 0, 1)])).claimed
    return claimed


def acknowledges(stage: Stage, incident: str, contact: str = "carla") -> None:
    stage.responds(incident, "colombia", contact, Response(AnswerKind.ACKNOWLEDGED, Via.SMS))


def _acknowledge(tx: Tx, incident: str, contact: str) -> None:
    locked = take_up(tx, incident)
    respond(locked.recipient("colombia", contact), Response(AnswerKind.ACKNOWLEDGED, Via.SMS))
    locked.finish()


def test_what_is_accepted_is_sent_and_on_the_record(stage: Stage) -> None:
    """A10: the history tells which attempt went to whom, and neither number nor words."""
    incident = stage.opens()

    stage.worker.step()

    attempt = stage.attempt(MethodKind.SMS)
    assert (attempt.status, stage.notified()["sms"]) == ("sent", "sent")
    assert attempt.provider_id.startswith("SM")
    kind, payload = stage.history(incident)[-1]
    assert kind == "attempt_sent"
    assert payload == {
        "attempt": attempt.id,
        "message": "alert",
        "tree": "colombia",
        "contact": "carla",
        "method": "sms",
    }


def test_what_is_accepted_is_on_the_record_also_where_no_line_of_it_can_be_logged(
    stage: Stage, log: io.StringIO
) -> None:
    def refuse(_logger: object, _level: str, line: EventDict) -> EventDict:
        if line["event"] == "attempt_made":
            raise OSError
        return line

    structlog.configure(processors=[refuse, *structlog.get_config()["processors"]])
    stage.opens()

    stage.worker.step()

    assert stage.attempt(MethodKind.SMS).status == "sent"
    assert "job_failed" in log.getvalue()


def test_the_link_in_a_message_leads_to_the_contacts_page(stage: Stage) -> None:
    """A9: the link carries its token alone, below the address that the operator set."""
    stage.opens()

    stage.settles()

    (text,) = stage.sandbox.handset(CARLA).inbox
    assert "https://alarm.example.org/a/" in text


def test_a_number_that_does_not_exist_brings_the_next_method_at_once(stage: Stage, log: io.StringIO) -> None:
    """B3, hand-over: a refused method brings the next one forward, and its address is not used again.

    The log says by the provider's code why.
    """
    stage.sandbox.handset(CARLA).behaves(Behaviour.INVALID)
    stage.opens()

    stage.settles()

    failed = {(row.method, row.failure, row.error) for row in stage.attempts() if row.status == "failed"}
    assert failed == {("sms", "invalid", "21211"), ("call", "invalid", "21217")}
    made = [line for each in log.getvalue().splitlines() if (line := json.loads(each))["event"] == "attempt_made"]
    assert {(line["method"], line["why"]) for line in made} == {("sms", "21211"), ("call", "21217"), ("email", None)}
    assert [mail.to for mail in stage.sandbox.mailbox(CARLAS_MAIL).mails] == [CARLAS_MAIL]


def test_without_the_settings_of_a_method_the_next_one_goes(stages: Stages) -> None:
    """A2: nothing waits for a channel that isn't there."""
    stage = stages(without=("ALERTNET_SMTP_URL",))
    stage.sandbox.handset(CARLA).behaves(Behaviour.INVALID)
    stage.opens()

    stage.settles()

    assert [(row.method, row.error) for row in stage.attempts() if row.method == "email"] == [("email", "settings")]


def test_a_provider_that_is_away_makes_it_wait_and_the_next_method_go(stage: Stage) -> None:
    """Attempts wait with growing pauses, 5 s doubling to a minute; the contact's next method goes at the first."""
    incident = stage.opens()

    pauses = []
    for _ in range(6):
        claimed = claims(stage)
        stage.runtime.transact(record, SendOutcome(claimed.id, claimed.lease, NotSent("ConnectionRefusedError")))
        stage.clock.at, before = stage.attempt(MethodKind.SMS).due_at, stage.clock.at
        pauses.append((stage.clock.at - before).total_seconds())

    assert pauses == [5, 10, 20, 40, 60, 60]
    assert stage.attempt(MethodKind.CALL).status == "queued"
    assert stage.kinds(incident) == ["attempt_delayed"]


def test_the_provider_says_how_long_to_wait(stage: Stage) -> None:
    """A 429 was never processed, and says when to come again."""
    stage.opens()
    stage.sandbox.misbehaves(Fault.ERROR_429, number=CARLA)

    stage.worker.step()
    waiting = stage.attempts(MethodKind.SMS)[0]
    stage.passes(minutes=1)

    assert (waiting.status, waiting.error) == ("queued", "20429")
    assert waiting.due_at > NOW
    assert len(stage.sandbox.handset(CARLA).inbox) == 1


def test_what_waits_for_the_provider_is_not_given_up(stage: Stage) -> None:
    """A5: never given up in silence: not even when its level has ended meanwhile, for nobody has heard of it yet."""
    stage.opens()
    stage.clock.at = NOW + 30 * MINUTE - timedelta(seconds=1)
    claimed = claims(stage)

    stage.runtime.transact(record, SendOutcome(claimed.id, claimed.lease, NotSent("TimeoutError")))

    attempt = stage.attempt(MethodKind.SMS)
    assert (attempt.status, attempt.due_at) == ("queued", stage.clock.at + timedelta(seconds=5))


@pytest.mark.parametrize(("late", "validity"), [(0, 30), (20, 10), (29, 5), (60, 5)])
def test_the_provider_goes_on_trying_to_the_end_of_the_level(stage: Stage, late: int, validity: int) -> None:
    """ValidityPeriod is the time to the level's end; what leaves late is still tried for five minutes."""
    stage.opens()
    stage.clock.at = NOW + late * MINUTE
    claimed = claims(stage)

    outgoing = render(claimed, stage.runtime.renderer(stage.runtime.edition.templates), "https://alarm.example.org")

    assert outgoing.validity == validity * MINUTE


def test_whoever_has_lost_the_lease_changes_nothing(stage: Stage) -> None:
    """A5: a worker that comes back from the dead finds its attempt in other hands; only the provider's id is kept."""
    stage.opens()
    claimed = claims(stage)
    stage.clock.at += LEASE
    stage.worker.step()

    stage.runtime.transact(record, SendOutcome(claimed.id, claimed.lease, Refused(Failure.INVALID, "21211")))
    refused = stage.attempt(MethodKind.SMS)
    stage.runtime.transact(record, SendOutcome(claimed.id, claimed.lease, Accepted("SM7")))
    accepted = stage.attempt(MethodKind.SMS)

    assert (refused.status, refused.failure, refused.provider_id) == ("unknown", None, None)
    assert (accepted.status, accepted.provider_id) == ("unknown", "SM7")


def test_an_acknowledgement_stops_what_is_claimed_but_not_sent(stage: Stage) -> None:
    """A4: the sender reads the status again right before the first byte."""
    incident = stage.opens()
    claimed = claims(stage)
    before = stage.runtime.read(still_ours, [claimed])

    acknowledges(stage, incident)

    assert before
    assert not stage.runtime.read(still_ours, [claimed])
    assert stage.attempt(MethodKind.SMS).status == "cancelled"


def test_whatever_was_claimed_for_a_contact_that_is_excluded_meanwhile_stays_here(stage: Stage) -> None:
    """A3: asked when resolving, when claiming, and right before the first byte leaves, for every kind of message."""
    incident = stage.opens()
    stage.settles()
    stage.acts(incident, notify_coordinators, Subject.NEWS)
    claimed = claims(stage)

    stage.acts(incident, exclude, ("carla",), by="test")

    assert not stage.runtime.read(still_ours, [claimed])
    assert stage.attempt(MethodKind.SMS, "notice").status == "cancelled"


def test_a_lease_that_has_run_out_lets_nothing_leave(stage: Stage) -> None:
    """A5: whoever slept through its lease does not send: the attempt may be another's by now."""
    stage.opens()
    claimed = claims(stage)
    before = stage.runtime.read(still_ours, [claimed])

    stage.clock.at += LEASE

    assert before
    assert not stage.runtime.read(still_ours, [claimed])


def test_a_call_that_left_although_it_was_cancelled_is_hung_up(stages: Stages) -> None:
    """A4, A5: the record tells the truth, and what rings for nothing is ended."""
    stage = stages(known=network(Level("Allies", ("diego",), wait=30 * MINUTE)))
    incident = stage.opens()
    claimed = claims(stage, MethodKind.CALL)
    acknowledges(stage, incident, "diego")

    def flow(tx: Tx) -> list[str]:
        record(tx, SendOutcome(claimed.id, claimed.lease, Accepted("CA7")))
        return tx.calls_to_end

    assert stage.runtime.transact(flow) == ["CA7"]
    assert stage.attempt(MethodKind.CALL).status == "sent"


def test_a_call_that_was_unknown_until_its_sender_went_on_is_hung_up(stages: Stages) -> None:
    """A4: a process that was stopped past its lease, as it placed the call, says last what the provider calls it."""
    stage = stages(known=network(Level("Allies", ("diego",), wait=30 * MINUTE)))
    incident = stage.opens()
    claimed = claims(stage, MethodKind.CALL)
    stage.clock.at += LEASE
    stage.worker.step()
    stage.runtime.transact(record, SendOutcome(claimed.id, claimed.lease, Accepted("CA7")))
    before = stage.attempt(MethodKind.CALL).status

    def flow(tx: Tx) -> list[str]:
        _acknowledge(tx, incident, "diego")
        return tx.calls_to_end

    assert (before, stage.runtime.transact(flow)) == ("unknown", ["CA7"])
    row = stage.attempt(MethodKind.CALL)
    assert (row.status, row.due_at) == ("cancelled", stage.clock.at + HANG_UP_WITHIN)


def test_an_acknowledgement_hangs_up_what_rings_and_that_is_no_failure(stages: Stages) -> None:
    """A4: what still rings is hung up; a call that we took back has not failed, and brings no other method."""
    stage = stages(known=network(Level("Allies", ("diego",), wait=30 * MINUTE)))
    incident = stage.opens()
    stage.settles()

    acknowledges(stage, incident, "diego")
    stage.settles()

    assert stage.sandbox.handset(DIEGO).ringing is None
    call = stage.attempt(MethodKind.CALL)
    assert (call.status, call.failure) == ("cancelled", None)
    assert stage.attempts(MethodKind.SMS) == []


@pytest.mark.parametrize("is_late", [False, True], ids=["rings", "left although cancelled"])
def test_a_call_whose_hanging_up_died_with_its_process_is_hung_up_by_another(stages: Stages, is_late: bool) -> None:
    """A4: until the provider says that it is over, what rings for nothing is asked about; then never again."""
    stage = stages(known=network(Level("Allies", ("diego",), wait=30 * MINUTE)))
    incident = stage.opens()
    if is_late:
        claimed = claims(stage, MethodKind.CALL)
        acknowledges(stage, incident, "diego")
        call = render(claimed, stage.runtime.renderer(claimed.templates or ""), "")
        taken = stage.runtime.outlets[MethodKind.CALL, FIRST].channel.send(call)
        assert isinstance(taken, Accepted)
        stage.commits(lambda tx: record(tx, SendOutcome(claimed.id, claimed.lease, taken)))
        stage.sandbox.settle()
    else:
        stage.settles()
        stage.commits(lambda tx: _acknowledge(tx, incident, "diego"))
    rang = stage.sandbox.handset(DIEGO).ringing is not None

    stage.passes(seconds=6)

    assert (rang, stage.sandbox.handset(DIEGO).ringing) == (True, None)
    row = stage.attempt(MethodKind.CALL)
    assert (row.status, row.due_at, row.failure) == ("cancelled", None, None)


def test_a_question_counts_from_when_it_left(stages: Stages) -> None:
    """B3: time in which a question could not be sent does not count against its automatic time."""
    gated = Level("Allies", ("diego",), needs_go=NeedsGo(proceed_after=20 * MINUTE))
    stage = stages(known=network(Level("Coordination", ("carla",), wait=MINUTE), gated))
    stage.opens(severity=Severity.SERIOUS)
    stage.settles()
    stage.clock.at += MINUTE

    asked_before = stage.escalation().state.get("question")
    stage.settles()
    question = stage.escalation().state["question"]

    assert asked_before is None
    assert question["sent"] is True
    assert {row.status for row in stage.attempts(MethodKind.SMS, "decision")} == {"delivered"}


def test_an_unsure_outcome_is_settled_later(stage: Stage) -> None:
    """A5: neither sent nor failed; the provider is asked after 15 s, and planned steps go on meanwhile."""
    incident = stage.opens()
    claimed = claims(stage)

    stage.runtime.transact(record, SendOutcome(claimed.id, claimed.lease, Unsure("TimeoutError")))

    attempt = stage.attempt(MethodKind.SMS)
    assert (attempt.status, attempt.due_at) == ("unknown", NOW + timedelta(seconds=15))
    assert stage.attempts(MethodKind.CALL) == []
    assert stage.kinds(incident) == ["attempt_unknown"]


def test_only_the_latest_lease_may_send(stage: Stage) -> None:
    """A5: an attempt that was queued again is its next claimer's alone."""
    stage.opens()
    first = claims(stage)
    stage.runtime.transact(record, SendOutcome(first.id, first.lease, NotSent("TimeoutError")))
    stage.clock.at += timedelta(seconds=5)
    second = claims(stage)

    stage.runtime.transact(record, SendOutcome(first.id, first.lease, Refused(Failure.INVALID, "21211")))

    assert not stage.runtime.read(still_ours, [first])
    assert stage.runtime.read(still_ours, [second])
    assert stage.attempt(MethodKind.SMS).status == "sending"
