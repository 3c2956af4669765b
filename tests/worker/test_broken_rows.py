"""A row that was broken by hand is put aside and reported by what is wrong with it, and no other waits for it (A11)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import LargeBinary, Table, column, insert, select, table, update

from alertnet.channels.base import Refused
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Level, Network
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.notification import Failure
from alertnet.flows.escalation.record_response import Response
from alertnet.flows.sending.claim_sends import claim
from alertnet.flows.sending.record_outcome import SendOutcome
from alertnet.flows.sending.send_capacity import Outward, ProviderLine
from alertnet.store.db.tx import Tx
from alertnet.store.tables import alarms, attempts, escalations, inbound, incidents
from alertnet.worker.missed_inbound import hear_unkeyed
from alertnet.worker.sender import Sending
from tests.worker.conftest import Stages
from tests.worker.stage import CARLA, MINUTE, NOW, OURS, Stage, network

HALF_A_MINUTE = timedelta(seconds=30)


def two_trees() -> Network:
    """Carla stands in one tree, and Diego in another; both serve the country."""
    (first,) = network().trees.values()
    other = replace(first, id="cauca", levels=(Level("Local", ("diego",), wait=30 * MINUTE),), last_resort=("diego",))
    return Network({first.id: first, other.id: other}, {}, {})


def change(stage: Stage, table: Table, id: str, **values: Any) -> None:
    stage.runtime.transact(lambda tx: tx.session.execute(update(table).where(table.c.id == id).values(values)))


def escalation_of(stage: Stage, incident: str, tree: str = "colombia") -> Any:
    query = select(escalations).where(escalations.c.incident_id == incident, escalations.c.tree == tree)
    return stage.runtime.read(lambda tx: tx.session.execute(query).one())


def postponed(stage: Stage) -> list[tuple[str, str, str]]:
    """Queue, row and fault of what was put aside, in order."""
    entries = [payload for kind, payload in stage.history("system") if kind == "put_off"]
    return [(each["queue"], each["row"], each["fault"]) for each in entries]


def test_an_escalation_that_can_not_be_is_put_aside_and_the_batch_goes_on(stages: Stages, each_database: str) -> None:
    """A11: of three incidents due together one is broken; the others' calls leave at their moment."""
    stage = stages(each_database)
    opened = [stage.opens() for _ in range(3)]
    stage.settles()
    broken = escalation_of(stage, opened[1])
    change(stage, escalations, broken.id, state=broken.state | {"passed": -7})
    stage.clock.at += 3 * MINUTE

    stage.worker.step()

    called = [row.incident_id for row in stage.attempts(MethodKind.CALL)]
    assert sorted(called) == sorted({*opened} - {opened[1]})
    ((queue, row, fault),) = postponed(stage)
    assert (queue, row) == ("escalations", broken.id)
    assert fault == f"escalation {broken.id}: state.passed is -7 (allowed: -1 before the first, 0 or more)"
    assert escalation_of(stage, opened[1]).due_at == NOW + 4 * MINUTE


def test_an_escalation_that_was_mended_goes_on(stages: Stages, each_database: str) -> None:
    """A2, A11: it is looked at again every minute, so that nothing has to be set in motion by hand."""
    stage = stages(each_database)
    broken = escalation_of(stage, stage.opens())
    change(stage, escalations, broken.id, round=9)
    stage.passes(minutes=5)
    assert stage.attempts(MethodKind.CALL) == []
    assert {fault for _, _, fault in postponed(stage)} == {f"escalation {broken.id}: round is 9 (allowed: 1)"}

    change(stage, escalations, broken.id, round=1)
    stage.passes(minutes=2)

    assert {row.contact for row in stage.attempts(MethodKind.CALL)} == {"carla"}


def test_the_other_trees_of_an_incident_go_on_beside_one_that_is_broken(stages: Stages, each_database: str) -> None:
    """A11: Diego's second method goes at its moment, whatever has become of Carla's tree."""
    stage = stages(each_database, known=two_trees())
    incident = stage.opens()
    stage.settles()
    broken = escalation_of(stage, incident)
    change(stage, escalations, broken.id, scope="somewhere")

    stage.passes(minutes=6)

    assert [row.contact for row in stage.attempts(MethodKind.SMS)] == ["carla", "diego"]
    assert {row for _, row, _ in postponed(stage)} == {broken.id}
    assert [row for row in stage.attempts(MethodKind.CALL) if row.contact == "carla"] == []


def test_an_answer_in_another_tree_takes_back_nothing_of_one_that_is_broken(stages: Stages, each_database: str) -> None:
    """A4, A11: nobody knows that the broken one is answered, so what waits of it still leaves."""
    stage = stages(each_database, known=two_trees())
    incident = stage.opens()
    broken = escalation_of(stage, incident)
    change(stage, escalations, broken.id, round=9)

    stage.responds(incident, "cauca", "diego", Response(AnswerKind.ACKNOWLEDGED, Via.VOUCHED))
    stage.settles()

    assert [(row.contact, row.status) for row in stage.attempts(MethodKind.CALL)] == [("diego", "cancelled")]
    assert [(row.contact, row.status) for row in stage.attempts(MethodKind.SMS)] == [("carla", "delivered")]


def test_an_incident_with_a_broken_escalation_can_be_answered(stages: Stages, each_database: str) -> None:
    """A11, A12: whoever answers is on the record, and is told so."""
    stage = stages(each_database)
    incident = stage.opens()
    stage.settles()
    change(stage, escalations, escalation_of(stage, incident).id, round=9)

    stage.responds(incident, "colombia", "carla", Response(AnswerKind.ACKNOWLEDGED, Via.SMS, address=CARLA))

    assert "acknowledged" in [kind for kind, _ in stage.history(incident)]
    assert stage.attempts(MethodKind.SMS, "recorded") != []


def test_an_attempt_that_can_not_be_is_put_aside_and_the_batch_goes_on(stages: Stages, each_database: str) -> None:
    """A11: of three that are due together one is broken; the others leave."""
    stage = stages(each_database)
    for _ in range(3):
        stage.opens()
    broken = stage.attempts(MethodKind.SMS)[1]
    change(stage, attempts, broken.id, checks=-1)

    stage.worker.step()

    assert [row.status for row in stage.attempts(MethodKind.SMS)] == ["sent", "queued", "sent"]
    assert postponed(stage) == [("attempts", broken.id, f"attempt {broken.id}: checks is -1 (allowed: 0 or more)")]


def test_an_outcome_that_can_not_follow_keeps_no_other_from_the_record(stages: Stages, each_database: str) -> None:
    """A5, A11: what was recorded with it would be in doubt, and leave a second time."""
    stage = stages(each_database)
    broken, whole = stage.opens(), stage.opens()
    claimed = stage.runtime.transact(claim, MethodKind.SMS, Outward([ProviderLine(FIRST, (OURS,), 0, 10)])).claimed
    change(stage, incidents, broken, facts={"type": "nothing"})

    refused = [SendOutcome(each.id, each.lease, Refused(Failure.INVALID, "21211")) for each in claimed]
    Sending(stage.runtime)._record_all(refused)

    known = {each.incident_id: each.status for each in stage.attempts(MethodKind.SMS)}
    assert known == {broken: "sending", whole: "failed"}


def test_an_attempt_whose_lease_is_lost_is_put_aside_and_others_are_settled(stages: Stages, each_database: str) -> None:
    """A5, A11: one that is broken while it is sent holds up no other that was sent by the same worker."""
    stage = stages(each_database)
    stage.opens(), stage.opens()
    broken, whole = stage.attempts(MethodKind.SMS)
    for id, lease in ((broken.id, None), (whole.id, "x")):
        change(stage, attempts, id, status="sending", lease=lease, due_at=NOW, started_at=NOW)
    stage.clock.at += HALF_A_MINUTE

    stage.worker.step()

    assert [row.status for row in stage.attempts(MethodKind.SMS)] == ["sending", "unknown"]
    assert postponed(stage) == [
        ("attempts", broken.id, f"attempt {broken.id}: lease is None (allowed: one while sending)")
    ]


def test_an_alarm_that_can_not_be_is_put_aside_and_others_ring(stages: Stages, each_database: str) -> None:
    """A2, A11: an alarm that nobody has answered rings again, beside one that is broken."""
    stage = stages(each_database)
    for _ in range(2):
        stage.opens(verified=False)
    rows = stage.runtime.read(lambda tx: tx.session.execute(select(alarms).order_by(alarms.c.id)).all())
    broken, whole = rows
    change(stage, alarms, broken.id, asked=-5)
    stage.clock.at += 10 * MINUTE

    stage.worker.step()

    rows = stage.runtime.read(lambda tx: tx.session.execute(select(alarms)).all())
    asked = {row.id: row.asked for row in rows}
    assert asked == {broken.id: -5, whole.id: 2}
    assert postponed(stage) == [("alarms", broken.id, f"alarm {broken.id}: asked is -5 (allowed: 0 or more)")]


def calls_of(tx: Tx, number: str, *ids: str) -> None:
    """Calls that were waited for a code in, and that ended without one."""
    for id in ids:
        values = {"provider_id": id, "kind": "call", "sender_index": tx.vault.index(number), "sender": number}
        tx.session.execute(insert(inbound).values(values | {"body": "", "received_at": tx.now, "known": True}))


def test_a_call_that_can_not_be_read_is_put_aside_and_others_are_heard_of(stages: Stages, each_database: str) -> None:
    """A11, A12: whoever called and keyed nothing is heard of, beside a row that was broken."""
    stage = stages(each_database)
    stage.opens()
    stage.runtime.transact(calls_of, CARLA, "CA1", "CA2", "CA3")
    sealed = table("inbound", column("provider_id"), column("sender", LargeBinary))
    spoil = update(sealed).where(sealed.c.provider_id == "CA2").values(sender=b"no such seal")
    stage.runtime.transact(lambda tx: tx.session.execute(spoil))
    stage.clock.at += 2 * MINUTE

    hear_unkeyed(stage.runtime)

    query = select(inbound.c.provider_id, inbound.c.known, inbound.c.reply).order_by(inbound.c.provider_id)
    rows = stage.runtime.read(lambda tx: tx.session.execute(query).all())
    assert [(row.provider_id, row.known, row.reply is not None) for row in rows] == [
        ("CA1", True, True),
        ("CA2", False, False),
        ("CA3", True, True),
    ]
    ((queue, row, fault),) = postponed(stage)
    assert (queue, row) == ("inbound", "CA2")
    assert CARLA not in fault
