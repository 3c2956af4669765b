"""Many escalations and outcomes in one transaction: the same as each alone, and none waits for another (A11)."""

from dataclasses import replace
from threading import current_thread
from typing import Any

import pytest
from sqlalchemy import event, select

from alertnet.channels.base import Accepted, Refused
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Level, Network
from alertnet.core.notification import Failure
from alertnet.flows.escalation.escalate import escalate_due
from alertnet.flows.sending.claim_sends import claim
from alertnet.flows.sending.record_outcome import SendOutcome, record_each
from alertnet.flows.sending.send_capacity import Outward, ProviderLine
from alertnet.store.tables import escalations, incidents
from alertnet.worker.due_work import Search
from alertnet.worker.sender import Sending
from alertnet.worker.service import POOLS, strides
from tests.worker.conftest import Stages
from tests.worker.stage import MINUTE, OURS, Stage, network

WAIT = 30 * MINUTE
TWO_LEVELS = network(Level("Coordination", ("carla",), wait=WAIT), Level("Network", ("diego",), wait=WAIT))


def claims_all(stage: Stage) -> list[SendOutcome]:
    """What was queued by SMS is under way, and accepted."""
    claimed = stage.runtime.transact(claim, MethodKind.SMS, Outward([ProviderLine(FIRST, (OURS,), 0, 10)])).claimed
    return [SendOutcome(each.id, each.lease, Accepted(f"SM{place}")) for place, each in enumerate(claimed)]


def levels(stage: Stage) -> dict[str, str]:
    """The level that each incident's escalation has reached."""
    query = select(escalations.c.incident_id, escalations.c.level)
    return {row.incident_id: row.level for row in stage.runtime.read(lambda tx: tx.session.execute(query).all())}


def test_what_is_due_of_several_incidents_moves_in_one_transaction(stages: Stages) -> None:
    stage = stages(known=TWO_LEVELS)
    raised = [stage.opens() for _ in range(3)]
    stage.clock.at += WAIT
    before = stage.runtime.transactions.commits

    count = stage.runtime.transact(escalate_due, 10)

    assert (count, stage.runtime.transactions.commits - before) == (3, 1)
    assert levels(stage) == dict.fromkeys(raised, "Network")


def test_a_batch_takes_no_more_than_it_may(stages: Stages) -> None:
    stage = stages(known=TWO_LEVELS)
    for _ in range(3):
        stage.opens()
    stage.clock.at += WAIT

    counts = [stage.runtime.transact(escalate_due, 2) for _ in range(3)]

    assert counts == [2, 1, 0]


@pytest.mark.parametrize("is_broken", [False, True])
def test_what_falls_due_while_a_batch_is_written_follows_at_once(stages: Stages, is_broken: bool) -> None:
    """A7: it does not wait until somebody looks again, whatever of the batch can't be read (A11)."""
    stage = stages(known=TWO_LEVELS)
    first = stage.opens()
    stage.clock.at += MINUTE
    second = stage.opens()
    stage.clock.at += WAIT - MINUTE
    *_, escalate = Search(Sending(stage.runtime), strides(POOLS), frozenset()).jobs()

    def time_passes() -> None:
        stage.clock.at += MINUTE

    if is_broken:
        with stage.runtime.engine.begin() as connection:
            connection.execute(escalations.update().where(escalations.c.incident_id == first).values(state={}))
    stage.runtime.on_commit.append(time_passes)
    escalate.run()

    assert levels(stage) == {first: "Coordination" if is_broken else "Network", second: "Network"}


def test_a_look_that_fails_though_nothing_is_due_is_left_to_the_next_tick(stages: Stages) -> None:
    """A11: tried again at once, it would fail as often as the machine can, and fill the log."""
    stage = stages(known=TWO_LEVELS)
    stage.opens()
    stage.clock.at += WAIT
    *_, escalate = Search(Sending(stage.runtime), strides(POOLS), frozenset()).jobs()
    stage.runtime.transact(escalate_due, 1)
    failed: list[str] = []

    def fails(*args: Any) -> None:
        if current_thread().name == "writer" and "FROM escalations" in args[2] and len(failed) < 9:
            failed.append(args[2])
            raise RuntimeError

    event.listen(stage.runtime.engine, "before_cursor_execute", fails)

    with pytest.raises(RuntimeError):
        escalate.run()


def test_a_full_batch_is_known_for_one_where_an_incident_has_several_trees(stages: Stages) -> None:
    """A7: what is left over follows at once; counted by incidents, the batch would look like the last one."""
    other = replace(TWO_LEVELS.trees["colombia"], id="coast")
    stage = stages(known=Network({**TWO_LEVELS.trees, other.id: other}, {}, {}))
    stage.opens()
    stage.clock.at += WAIT

    counts = [stage.runtime.transact(escalate_due, 2) for _ in range(2)]

    assert counts == [2, 0]


def test_outcomes_of_one_incident_that_come_together_each_have_their_effect(stages: Stages) -> None:
    stage = stages(known=network(Level("All", ("carla", "emma"), wait=WAIT)))
    incident = stage.opens()
    outcomes = [SendOutcome(each.attempt, each.lease, Refused(Failure.INVALID, "21211")) for each in claims_all(stage)]

    stage.runtime.transact(record_each, outcomes)

    assert stage.kinds(incident).count("attempt_failed") == 2
    assert [each.status for each in stage.attempts(MethodKind.CALL)] == ["queued"]


@pytest.mark.postgres
def test_an_incident_that_is_held_delays_no_other(stages: Stages, postgres: str) -> None:
    """A11: its outcome and its escalation are left to be taken alone; those of the others are taken."""
    stage = stages(postgres, known=TWO_LEVELS)
    held, free = stage.opens(), stage.opens()
    outcomes = claims_all(stage)
    stage.clock.at += WAIT
    with stage.runtime.engine.begin() as connection:
        connection.execute(select(incidents).where(incidents.c.id == held).with_for_update())

        recorded = stage.runtime.transact(record_each, outcomes)
        count = stage.runtime.transact(escalate_due, 10)

    assert sorted(recorded) == [False, True]
    assert count == 1
    assert levels(stage) == {held: "Coordination", free: "Network"}


@pytest.mark.postgres
def test_an_incident_that_is_held_for_long_keeps_no_other_outcome_from_the_record(
    stages: Stages, postgres: str
) -> None:
    """A5: what is accepted and not known to be leaves a second time."""
    stage = stages(postgres, known=TWO_LEVELS)
    held, soon_free = stage.opens(), stage.opens()
    outcomes = claims_all(stage)
    with stage.runtime.engine.begin() as for_long, stage.runtime.engine.connect() as shortly:
        for_long.execute(select(incidents).where(incidents.c.id == held).with_for_update())
        shortly.execute(select(incidents).where(incidents.c.id == soon_free).with_for_update())

        def let_go(*args: Any) -> None:
            if "FOR UPDATE" in args[2] and "SKIP LOCKED" not in args[2] and shortly.in_transaction():
                shortly.rollback()

        event.listen(stage.runtime.engine, "before_cursor_execute", let_go)
        Sending(stage.runtime)._record_all(outcomes)

    known = {each.incident_id: each.status for each in stage.attempts(MethodKind.SMS)}
    assert known == {held: "sending", soon_free: "sent"}
