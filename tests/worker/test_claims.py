"""Which attempts are taken, in which order and how fast, and which are put aside."""

import gc
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from weakref import ReferenceType, ref

import pytest
from sqlalchemy import event, update

from alertnet.core.codec import to_plain
from alertnet.core.delivery.provider_routes import FIRST, SECOND, Routing
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Level
from alertnet.core.disclosure import Said, Subject
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.incident import Facts, Severity
from alertnet.core.notification import Kind
from alertnet.flows.escalation.record_response import Response
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.incidents.repeat_prompt import repeat_prompt
from alertnet.flows.incidents.update import exclude
from alertnet.flows.notifications.compose import notify_coordinators
from alertnet.flows.sending.claim_sends import LEASE, Claims, claim
from alertnet.flows.sending.render_and_send import Claimed
from alertnet.flows.sending.send_capacity import Outward, ProviderLine
from alertnet.flows.unit.locked_incident import LockedIncident, take_up, taken_up
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx, apart
from alertnet.store.queues import due_attempts
from alertnet.store.records import prompts as prompt_store
from alertnet.store.records.notifications import NotificationDraft
from alertnet.store.tables import attempts, notifications
from tests.worker.conftest import Stages
from tests.worker.stage import ARREST, CARLA, DIEGO, EMMA, MINUTE, NOW, OURS, OURS_TOO, Stage, network, opening


def claims_by(runtime: Runtime, method: MethodKind = MethodKind.SMS, limit: int = 16, rate: float = 0) -> Claims:
    return runtime.transact(claim, method, Outward([ProviderLine(FIRST, (OURS,), rate, limit)]))


def change(stage: Stage, notification: str, **values: object) -> None:
    rows = update(notifications).where(notifications.c.id == notification).values(**values)
    stage.runtime.transact(lambda tx: tx.session.execute(rows))


def due_prompts(stage: Stage) -> list[tuple[str, str]]:
    return stage.runtime.read(lambda tx: prompt_store.due(tx, 10))


def post_notices(tx: Tx, numbers: Sequence[str]) -> None:
    """A text to each of these numbers, of no incident."""
    work = UnitOfWork(tx)
    words = Said("PBI", "PBI", "news", "+573005550199", "UTC")
    for number in numbers:
        draft = NotificationDraft(Kind.NOTICE, "carla", MethodKind.SMS, number, "en", words, tx.now, rank=0)
        work.post(draft)
    work.flush()


def test_the_most_severe_goes_first(stage: Stage) -> None:
    """A7: what is overdue runs most severe first, then in the order in which it was due."""
    opened = []
    for severity in (Severity.SERIOUS, Severity.CRITICAL, Severity.WATCH, Severity.CRITICAL):
        opened.append((severity.rank, stage.opens(severity=severity)))
        stage.clock.at += timedelta(milliseconds=1)

    taken = [claims_by(stage.runtime, limit=1).claimed[0].id for _ in opened]

    incidents = {row.id: row.incident_id for row in stage.attempts(MethodKind.SMS)}
    assert [incidents[id] for id in taken] == [incident for _, incident in sorted(opened, key=lambda each: each[0])]


def test_what_was_written_first_leaves_first(stage: Stage) -> None:
    """A7: the coordinator hears of an unverified report before being asked whether it is true."""
    for _ in range(8):
        stage.opens(verified=False)

    taken = claims_by(stage.runtime, limit=100).claimed

    assert [each.kind for each in taken] == [Kind.ALERT] * 8
    assert [each.kind for each in taken[0].said.more] == [Kind.DECISION] * 8


def test_a_claim_is_a_lease(stage: Stage) -> None:
    """A5: the intent is committed before the provider hears of it, with the moment at which it is in doubt."""
    stage.opens()

    (claimed,) = claims_by(stage.runtime).claimed

    row = stage.attempt(MethodKind.SMS)
    assert (row.status, row.lease, row.due_at, row.sender) == ("sending", claimed.lease, NOW + LEASE, OURS)
    assert claims_by(stage.runtime).claimed == []


def test_two_workers_never_take_the_same(stages: Stages, each_database: str) -> None:
    """Any number of workers share the queue: each attempt is one worker's."""
    stage = stages(each_database)
    for _ in range(40):
        stage.opens()
    other = stage.connect()

    with ThreadPoolExecutor(8) as pool:
        looks = [pool.submit(claims_by, runtime, limit=3) for runtime in (stage.runtime, other) * 10]
        taken = Counter(each.id for look in looks for each in look.result().claimed)

    while more := claims_by(stage.runtime).claimed:
        taken.update(each.id for each in more)
    other.close()
    assert len(taken) == 40
    assert set(taken.values()) == {1}


def test_a_state_is_made_a_value_once_for_all_alerts_of_one_look(stages: Stages) -> None:
    """Where hundreds are told it is as long as all of them, and was read anew for each that was still to leave."""
    stage = stages(known=network(Level("Both", ("carla", "diego"), wait=30 * MINUTE)))
    stage.opens()
    ids = [row.id for row in stage.attempts()]

    found, _ = stage.runtime.read(lambda tx: due_attempts.with_words(tx.session, ids))

    states = [each.state for due in found for each in due.coverage]
    assert (len(states) > 1, len({*map(id, states)})) == (True, 1)


def test_a_number_is_called_once_at_a_time_over_all_incidents(stages: Stages) -> None:
    """B3: the next call waits, which is neither busy nor a failure, and the most severe comes first."""
    stage = stages(known=network(Level("Allies", ("diego",), wait=30 * MINUTE)))
    stage.opens(severity=Severity.MODERATE)
    stage.clock.at += timedelta(seconds=1)
    first = stage.opens(severity=Severity.CRITICAL)
    stage.settles()

    calls = {row.incident_id: row.status for row in stage.attempts(MethodKind.CALL)}
    assert calls.pop(first) == "sent"
    assert list(calls.values()) == ["queued"]

    stage.sandbox.handset(DIEGO).rejects()
    stage.settles()

    assert [row.status for row in stage.attempts(MethodKind.CALL)] == ["sent", "failed"]
    assert stage.sandbox.handset(DIEGO).ringing is not None


def test_two_workers_never_call_one_number_at_once(stages: Stages, each_database: str) -> None:
    """B3: one call at a time to a number, whichever workers look at the same moment."""
    stage = stages(each_database, known=network(Level("Allies", ("diego",), wait=30 * MINUTE)))
    other = stage.connect()
    for _ in range(6):
        stage.opens()

    with ThreadPoolExecutor(6) as pool:
        looks = [pool.submit(claims_by, runtime, MethodKind.CALL) for runtime in (stage.runtime, other) * 3]
        taken = [each for look in looks for each in look.result().claimed]

    other.close()
    assert len(taken) == 1


def test_nothing_leaves_faster_than_the_pace(stages: Stages) -> None:
    """We queue, the provider never does: one unit a second, and the worker knows when the next may go."""
    stage = stages(rates="sms=1,calls=1")
    for _ in range(4):
        stage.opens()

    sent_at = []
    for _ in range(8):
        stage.worker.step()
        sent_at.append(sum(row.status == "sent" for row in stage.attempts(MethodKind.SMS)))
        next_at = claims_by(stage.runtime, rate=1).next_at
        stage.clock.at += timedelta(milliseconds=500)

    assert sent_at == [1, 1, 2, 2, 3, 3, 4, 4]
    assert next_at == NOW + timedelta(seconds=4)


def test_what_is_longer_than_a_segment_takes_longer(stages: Stages) -> None:
    """The pace of SMS is counted in segments: what does not fit one is charged before it leaves."""
    stage = stages(rates="sms=1,calls=1")
    stage.opens()
    stage.opens()
    first = stage.attempts(MethodKind.SMS)[0].notification_id
    change(stage, first, said=to_plain(Said("PBI", "PBI", "R" * 170, "+573005550199", "UTC", link="x", code="4711")))

    left = []
    for _ in range(4):
        stage.worker.step()
        left.append(sum(row.status == "sent" for row in stage.attempts(MethodKind.SMS)))
        stage.clock.at += timedelta(seconds=1)

    assert left == [1, 1, 2, 2]


def test_several_numbers_share_the_load_and_one_of_the_country_goes_first(stages: Stages) -> None:
    """Each number has a pace of its own. B4: a phone can answer one of its country, whose number may text it."""
    stage = stages(rates="sms=1,calls=1", numbers=f"{OURS},{OURS_TOO},+573005559999")
    for _ in range(5):
        stage.opens()

    stage.worker.step()

    sent = [row.sender for row in stage.attempts(MethodKind.SMS) if row.status == "sent"]
    assert sent[0] == "+573005559999"
    assert sorted(sent[1:]) == [OURS, OURS_TOO]


def test_what_is_new_leaves_before_old_alarms_that_are_repeated(stage: Stage) -> None:
    """A7: what a phone has heard before, however often, does not keep it from what is new and as grave."""
    for _ in range(3):
        stage.opens(verified=False)
    stage.settles()
    stage.clock.at += 10 * MINUTE
    for alarm, incident in due_prompts(stage):
        stage.runtime.transact(repeat_prompt, alarm, incident)
    stage.clock.at += timedelta(milliseconds=1)
    new = stage.opens()

    (first,) = claims_by(stage.runtime).claimed

    assert (first.kind, first.id) == (Kind.ALERT, stage.attempts(MethodKind.SMS)[-1].id)
    assert stage.attempts(MethodKind.SMS)[-1].incident_id == new
    assert [each.kind for each in first.said.more] == [Kind.DECISION] * 3


def test_the_gravest_alarms_are_repeated_first(stage: Stage) -> None:
    """A7: after a while away, the alarms of a critical incident ring again before older ones of others."""
    old = stage.opens(verified=False, severity=Severity.MODERATE)
    stage.clock.at += MINUTE
    grave = stage.opens(verified=False)
    stage.clock.at += 60 * MINUTE

    assert [incident for _, incident in due_prompts(stage)] == [grave, old]


def test_who_waits_for_one_provider_keeps_nobody_waiting_who_goes_by_another(stage: Stage) -> None:
    """A11: behind 150 that wait for a provider's pace, an alert for an idle one leaves in the same moment."""
    by_one = [ProviderLine(FIRST, (OURS,), 1, 16), ProviderLine(SECOND, (OURS_TOO,), 1, 16)]
    outward = Outward(by_one, Routing({"+57": (FIRST,), "+34": (SECOND,)}))
    stage.runtime.transact(post_notices, [f"+57300{number:07d}" for number in range(150)])
    stage.clock.at += timedelta(milliseconds=1)
    stage.runtime.transact(post_notices, ["+34600550140"])

    taken = []
    for _ in range(3):
        claims = stage.runtime.transact(claim, MethodKind.SMS, outward)
        taken.append([each.address for each in claims.claimed])

    assert taken[0] == ["+573000000000"]
    assert ["+34600550140"] in taken
    assert claims.next_at == stage.clock.at + timedelta(seconds=1)


def test_an_excluded_contact_gets_nothing_that_was_queued(stage: Stage) -> None:
    """A3: consent and exclusion are asked again when sending, for every kind of message, and the history says why."""
    incident = stage.opens()
    stage.settles()
    stage.acts(incident, notify_coordinators, Subject.NEWS)
    stage.acts(incident, exclude, ("carla",), by="test")
    inbox = list(stage.sandbox.handset(CARLA).inbox)

    stage.settles()

    assert stage.attempt(MethodKind.SMS, "notice").status == "cancelled"
    assert stage.sandbox.handset(CARLA).inbox == inbox
    assert ("attempt_cancelled", "excluded") in [
        (kind, payload.get("why")) for kind, payload in stage.history(incident)
    ]


@pytest.mark.parametrize("by", [0, 1], ids=["whoever opened it", "whoever took it up again"])
def test_whoever_is_excluded_in_the_very_transaction_that_queued_it_gets_nothing(
    stages: Stages, each_database: str, by: int
) -> None:
    """A3: what is claimed there is claimed as the transaction knows it, whoever else of it holds the incident."""
    stage = stages(each_database)
    edition = stage.runtime.edition

    def opens(tx: Tx, spared: tuple[str, ...]) -> Claims:
        locked = open_incident(tx, edition, Facts(**ARREST), by="test")
        again = take_up(tx, locked.incident.id)
        notify_coordinators(again, Subject.NEWS)
        again.finish()
        excluding = (locked, again)[by]
        excluding.change_facts(replace(excluding.facts, exclude=spared))
        excluding.finish()
        return claim(tx, MethodKind.SMS, Outward([ProviderLine(FIRST, (OURS,), 0, 16)]))

    spared = stage.runtime.transact(opens, ("carla",))
    told = stage.runtime.transact(opens, ("diego",))

    assert (spared.claimed, len(spared.unwanted)) == ([], 2)
    assert [(each.address, each.kind) for each in told.claimed] == [(CARLA, Kind.ALERT), (CARLA, Kind.NOTICE)]


def test_what_was_just_queued_is_claimed_as_it_would_be_read(stages: Stages, each_database: str) -> None:
    """A3, A4: who claims it in the same transaction has it in hand, and asks for less."""
    everybody = Level("Everybody", ("carla", "diego", "emma"), wait=30 * MINUTE)
    stage, statements = stages(each_database, known=network(everybody)), list[str]()
    edition = stage.runtime.edition
    event.listen(stage.runtime.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    def claimed(tx: Tx) -> tuple[list[Claimed], int]:
        before, found = len(statements), list[Claimed]()
        with suppress(LookupError), apart(tx.session):
            for method in (MethodKind.SMS, MethodKind.CALL):
                found += claim(tx, method, Outward([ProviderLine(FIRST, (OURS,), 0, 16)])).claimed
            raise LookupError
        return [replace(each, lease="", coverage=()) for each in found], len(statements) - before

    def opens(tx: Tx) -> tuple[list[Claimed], list[Claimed], int]:
        opening(tx, edition)
        known, few = claimed(tx)
        taken_up(tx).clear()
        read, many = claimed(tx)
        return known, read, many - few

    known, read, saved = stage.runtime.transact(opens)

    assert [each.address for each in read] == [CARLA, EMMA, DIEGO]
    assert known == read
    assert saved == 2


def test_an_alert_that_is_no_longer_wanted_is_put_aside(stage: Stage) -> None:
    """A4: the queue is not trusted: what an acknowledged escalation no longer wants does not leave."""
    incident = stage.opens()
    stage.responds(incident, "colombia", "carla", Response(AnswerKind.ACKNOWLEDGED, Via.VOUCHED))
    again = update(attempts).where(attempts.c.is_alert).values(status="queued", due_at=NOW)
    stage.runtime.transact(lambda tx: tx.session.execute(again))

    stage.settles()

    assert stage.attempt(MethodKind.SMS).status == "cancelled"
    assert [text for text in stage.sandbox.handset(CARLA).inbox if "URGENTE" in text] == []


def test_an_alert_that_has_outlived_its_level_still_leaves(stage: Stage) -> None:
    """A5, B3: while nobody has answered it is wanted; only an answer or a stop takes it back, never the clock."""
    stage.opens()
    change(stage, stage.attempt(MethodKind.SMS).notification_id, expires_at=NOW)

    stage.worker.step()

    assert stage.attempt(MethodKind.SMS).status == "sent"


def test_what_cannot_be_read_is_put_aside_and_reported(stage: Stage) -> None:
    """A11: one unreadable message delays no other, and is on the system's record."""
    stage.opens()
    stage.opens()
    broken, _ = stage.attempts(MethodKind.SMS)
    change(stage, broken.notification_id, said="no such words")

    stage.worker.step()

    assert [row.status for row in stage.attempts(MethodKind.SMS)] == ["queued", "sent"]
    assert stage.attempts(MethodKind.SMS)[0].due_at == NOW + MINUTE
    kind, payload = stage.history("system")[-1]
    assert (kind, payload["row"]) == ("put_off", broken.id)


def test_what_a_transaction_knew_of_an_incident_goes_with_it(stages: Stages) -> None:
    """And is no work for the garbage collector, which would hold up whichever alarm comes next."""
    stage, held = stages(), list[LockedIncident]()
    incident = stage.opens()

    def moves(tx: Tx, *, is_held: bool) -> ReferenceType[LockedIncident]:
        locked = take_up(tx, incident)
        locked.finish()
        held.extend([locked] if is_held else [])
        return ref(locked)

    gc.disable()
    try:
        known = [stage.runtime.transact(moves, is_held=is_held)() for is_held in (True, False)]
    finally:
        gc.enable()
    assert known == [held[0], None]
