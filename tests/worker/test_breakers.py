"""What sends say of their provider: all workers hear of it, what waits is told so once, and all of it leaves again."""

from datetime import timedelta
from threading import Thread, get_ident

import pytest
from sqlalchemy import event, select

from alertnet.channels.base import Accepted, Cause, Leave, NotSent, Outgoing, Refused, Result, Unsure, at_once
from alertnet.core.delivery.circuit_breaker import RUN
from alertnet.core.delivery.provider_codes import AccountFault
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.delivery.provider_routes import SECOND as OTHER
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Level
from alertnet.core.incident import Severity
from alertnet.core.monitoring.self_monitoring import Part, find_trouble
from alertnet.core.notification import Failure
from alertnet.flows.sending.claim_sends import LEASE, claim
from alertnet.flows.sending.pause import pause
from alertnet.flows.sending.provider_health import claim_probe, note
from alertnet.flows.sending.render_and_send import FAULT
from alertnet.flows.sending.send_capacity import Outward, ProviderLine
from alertnet.flows.voice.outgoing_call import answer_call
from alertnet.runtime.outlets import Outlet
from alertnet.runtime.wiring import Runtime
from alertnet.sandbox import Fault
from alertnet.store.monitoring.observations import observe
from alertnet.store.queues import circuit_breakers as breaker_store
from alertnet.store.tables import breakers
from alertnet.worker.routes import Routes
from alertnet.worker.service import POOLS, Worker, strides
from tests.support.channels import MadeUp
from tests.worker.conftest import Stages
from tests.worker.stage import CARLA, MINUTE, NOW, OURS, OURS_TOO, Stage, network

SMS = (MethodKind.SMS, FIRST)
SECOND = timedelta(seconds=1)
TIMEOUT = Unsure("TimeoutError")
TOO_FAST = NotSent("20429", 7 * SECOND, Cause.TOO_FAST)


class Provider(MadeUp):
    """A channel that answers as it is told, and counts what it is asked."""

    def __init__(self) -> None:
        self.result: Result | None = None
        self.is_there = False
        self.sent: list[str] = []
        self.questions = 0
        self.dislikes: set[str] = set()
        """Attempts that are refused, whatever becomes of others."""

    def send(self, outgoing: Outgoing, leave: Leave = at_once) -> Result | None:
        if not leave(lambda: self.sent.append(outgoing.attempt)):
            return None
        if outgoing.attempt in self.dislikes:
            return NotSent("403", fault=AccountFault.PERMISSION)
        return self.result or Accepted(f"SM{outgoing.attempt}")

    def trouble(self) -> Result | None:
        self.questions += 1
        return None if self.is_there else NotSent("away")


@pytest.fixture
def provider(stage: Stage) -> Provider:
    """The SMS of that stage go by it, and it is away."""
    provider = Provider()
    provider.result = NotSent("ConnectionRefusedError")
    stage.runtime.outlets[SMS] = Outlet(provider, (OURS,), 0)
    return provider


def notes(runtime: Runtime, *results: Result) -> None:
    for result in results:
        runtime.transact(note, SMS, result)


def is_away(runtime: Runtime) -> bool:
    return SMS in runtime.read(breaker_store.found) and runtime.read(breaker_store.found)[SMS].is_open


@pytest.mark.parametrize(
    "fault", [TIMEOUT, NotSent("ConnectionRefusedError"), Unsure("503")], ids=["timeout", "no connection", "5xx"]
)
def test_a_run_of_faults_is_the_providers(stage: Stage, fault: Result) -> None:
    """Not sent, unsure, 5xx and timeouts count."""
    notes(stage.runtime, *[fault] * RUN)

    assert is_away(stage.runtime)


@pytest.mark.parametrize(
    "result",
    [
        Refused(Failure.INVALID, "21211"),
        Refused(Failure.OUR_ACCOUNT, "21408"),
        NotSent("451", cause=Cause.ADDRESS),
        FAULT,
        TOO_FAST,
    ],
    ids=["invalid number", "no permission", "greylisted", "our own fault", "429"],
)
def test_what_is_no_fault_of_the_provider_opens_nothing(stage: Stage, result: Result) -> None:
    """Not by a contact's own invalid number, nor by what works but takes no more."""
    notes(stage.runtime, *[result] * (2 * RUN))
    before = is_away(stage.runtime)
    notes(stage.runtime, *[TIMEOUT] * RUN)

    assert (before, is_away(stage.runtime)) == (False, True)


def test_while_all_is_well_nothing_is_written(stage: Stage) -> None:
    """The fast path: neither a row nor a transaction more."""
    stage.opens()
    stage.worker.step()

    assert stage.attempt(MethodKind.SMS).status == "sent"
    assert stage.runtime.read(lambda tx: tx.session.execute(select(breakers)).all()) == []


def test_coming_and_going_is_on_the_record(stage: Stage) -> None:
    """A10: and the row goes when it is over."""
    notes(stage.runtime, *[TIMEOUT] * RUN, Accepted("SM1"))

    entries = [(kind, payload["provider"]) for kind, payload in stage.history("system") if "provider" in payload]
    assert entries == [("provider_away", "1"), ("provider_back", "1")]
    assert stage.runtime.read(lambda tx: tx.session.execute(select(breakers)).all()) == []


def test_what_one_worker_found_dead_no_other_tries(stages: Stages, each_database: str) -> None:
    """Kept in the database, so that workers on all machines share it."""
    stage = stages(each_database)
    other, provider = stage.connect(), Provider()
    other.outlets[SMS] = Outlet(provider, (OURS,), 0)
    notes(stage.runtime, *[TIMEOUT] * RUN)
    stage.opens()
    worker = Worker(other)

    worker.step()
    before = list(provider.sent)
    notes(stage.runtime, Accepted("SM1"))
    worker.step()

    other.close()
    assert (before, provider.sent) == ([], [stage.attempt(MethodKind.SMS).id])


def test_what_waits_is_told_so_once_and_the_next_method_goes(stage: Stage, provider: Provider) -> None:
    """A11: an hour without the provider is one line in the history, and nobody waits for it."""
    notes(stage.runtime, *[TIMEOUT] * RUN)
    incident = stage.opens()

    stage.passes(minutes=2)

    assert provider.sent == []
    assert stage.attempt(MethodKind.SMS).status == "queued"
    assert stage.kinds(incident).count("attempt_delayed") == 1
    assert stage.attempts(MethodKind.CALL)[0].created_at == NOW


def test_it_is_asked_and_nobody_is_sent_anything_by_that(stage: Stage, provider: Provider) -> None:
    notes(stage.runtime, *[TIMEOUT] * RUN)

    stage.passes(minutes=3)

    # After 5, 15, 35 and 75 seconds, then each minute.
    assert provider.questions == 5
    assert provider.sent == []


def test_only_one_worker_asks(stages: Stages, each_database: str) -> None:
    stage = stages(each_database)
    other = stage.connect()
    notes(stage.runtime, *[TIMEOUT] * RUN)
    stage.clock.at += 5 * SECOND

    asked = [runtime.transact(claim_probe, SMS) for runtime in (stage.runtime, other)]

    other.close()
    assert asked == [True, False]


def test_one_attempt_tries_then_all_leave_most_severe_first(stage: Stage, provider: Provider) -> None:
    """A7: half open means one, and what waited leaves in the order that it had."""
    notes(stage.runtime, *[TIMEOUT] * RUN)
    opened = []
    for severity in (Severity.SERIOUS, Severity.CRITICAL, Severity.SERIOUS, Severity.CRITICAL):
        opened.append((severity.rank, stage.opens(severity=severity)))
        stage.passes(milliseconds=10)
    provider.is_there, provider.result = True, None

    stage.passes(seconds=20)

    incidents = {row.id: row.incident_id for row in stage.attempts(MethodKind.SMS)}
    assert [incidents[id] for id in provider.sent] == [id for _, id in sorted(opened, key=lambda each: each[0])]
    assert not is_away(stage.runtime)


def test_while_one_attempt_tries_no_other_worker_tries_another(stages: Stages, each_database: str) -> None:
    """A5, A11: half open means one until its outcome is known, or its lease is over; a provider may be silent."""
    stage = stages(each_database)
    other, provider = stage.connect(), Provider()
    provider.is_there = True
    for runtime in (stage.runtime, other):
        runtime.outlets[SMS] = Outlet(provider, (OURS,), 0)
    notes(stage.runtime, *[TIMEOUT] * RUN)
    stage.opens()
    stage.opens()
    stage.clock.at += 5 * SECOND
    mine, theirs = Routes(stage.runtime), Routes(other)
    for route in mine.look(trouble=True):
        mine.probe(route)
    assert list(theirs.look(trouble=True)) == []

    tried = stage.runtime.transact(mine.claim_sends, MethodKind.SMS, strides(POOLS))
    meanwhile = other.transact(theirs.claim_sends, MethodKind.SMS, strides(POOLS))
    stage.clock.at += LEASE
    later = other.transact(theirs.claim_sends, MethodKind.SMS, strides(POOLS))

    other.close()
    assert [len(each.claimed) for each in (tried, meanwhile, later)] == [1, 0, 1]


def test_what_waited_leaves_before_what_came_later(stage: Stage, provider: Provider) -> None:
    """A7: it keeps the place that it had before its provider was away."""
    notes(stage.runtime, *[TIMEOUT] * RUN)
    waited = stage.opens()
    stage.passes(seconds=2)
    came_later = stage.opens()
    stage.clock.at += SECOND
    provider.result = None

    notes(stage.runtime, Accepted("SM1"))
    stage.worker.step()

    incidents = {row.id: row.incident_id for row in stage.attempts(MethodKind.SMS)}
    assert [incidents[id] for id in provider.sent] == [waited, came_later]


def test_one_that_answers_but_does_not_work_costs_one_attempt_at_a_time(stage: Stage, provider: Provider) -> None:
    """A probe is one attempt, whoever else waits."""
    notes(stage.runtime, *[TIMEOUT] * RUN)
    for _ in range(6):
        stage.opens()
    provider.is_there = True

    stage.passes(seconds=5)
    tried_once = len(provider.sent)
    stage.passes(seconds=9)
    tried_no_more = len(provider.sent)
    stage.passes(seconds=1)

    assert (tried_once, tried_no_more, len(provider.sent)) == (1, 1, 2)
    assert [kind for kind, _ in stage.history("system")].count("provider_away") == 1


def test_a_pause_that_the_provider_asks_for_holds_for_all_workers(stages: Stages, each_database: str) -> None:
    """429 and Retry-After push back everybody, not only the attempt that was told so."""
    stage = stages(each_database)
    other, provider = stage.connect(), Provider()
    other.outlets[SMS] = Outlet(provider, (OURS,), 0)
    notes(stage.runtime, TOO_FAST)
    stage.opens()

    worker, sent = Worker(other), []
    for _ in range(9):
        worker.step()
        sent.append(len(provider.sent))
        stage.clock.at += SECOND

    other.close()
    assert sent == [0, 0, 0, 0, 0, 0, 0, 1, 1]


def test_a_short_pause_hurries_no_other_method(stage: Stage, provider: Provider) -> None:
    """It is as if the pace were slower: the call keeps its time."""
    notes(stage.runtime, TOO_FAST)
    provider.result = None
    incident = stage.opens()

    stage.passes(seconds=8)

    assert (len(provider.sent), stage.attempts(MethodKind.CALL)) == (1, [])
    assert "attempt_delayed" not in stage.kinds(incident)


def test_a_long_pause_is_like_being_away(stage: Stage, provider: Provider) -> None:
    """An hour is not waited for: the next method goes at once."""
    notes(stage.runtime, NotSent("20429", timedelta(hours=1), Cause.TOO_FAST))
    stage.opens()

    stage.passes(seconds=1)

    assert provider.sent == []
    assert stage.attempts(MethodKind.CALL)[0].created_at == NOW


def test_a_long_pause_counts_from_its_beginning(stage: Stage) -> None:
    """A2: with no other provider nothing leaves by that method, which has to be told after half a minute."""
    hour = NotSent("20429", timedelta(hours=1), Cause.TOO_FAST)
    notes(stage.runtime, hour)
    stage.clock.at += 31 * SECOND
    notes(stage.runtime, hour)

    seen = stage.runtime.read(observe, frozenset({SMS}), is_tested=False)

    assert seen.away == {SMS: NOW}
    assert find_trouble(seen) == {Part.SMS}


@pytest.mark.parametrize("early", [True, False], ids=["called back before", "called back after"])
def test_one_whose_answers_get_lost_and_that_calls_back_is_not_away(stage: Stage, early: bool) -> None:
    """A5, A7: it has the message and says so, sooner or later than its answer was lost."""
    for _ in range(3 * RUN):
        stage.sandbox.misbehaves(Fault.LOSE_ANSWER)
        if early:
            stage.sandbox.misbehaves(Fault.CALL_BACK_EARLY)
        stage.opens()
        stage.settles()

    assert {row.status for row in stage.attempts(MethodKind.SMS)} == {"delivered"}
    assert stage.runtime.read(breaker_store.found) == {}
    assert "provider_away" not in [kind for kind, _ in stage.history("system")]


def test_a_callback_closes_the_breaker_and_what_waited_leaves(stage: Stage) -> None:
    """A7: a whole batch lost its answers before any of them was called back about."""
    stage.sandbox.misbehaves(Fault.LOSE_ANSWER, times=RUN)
    for _ in range(RUN):
        stage.opens()
    stage.worker.step()
    stage.opens()
    stage.worker.step()
    was_away = is_away(stage.runtime)

    stage.settles()

    assert (was_away, is_away(stage.runtime)) == (True, False)
    assert [row.status for row in stage.attempts(MethodKind.SMS)] == ["delivered"] * (RUN + 1)
    assert stage.clock.at == NOW
    kinds = [kind for kind, _ in stage.history("system") if kind.startswith("provider")]
    assert kinds == ["provider_away", "provider_back"]


def test_a_callback_about_what_it_was_known_to_have_says_nothing_new(stage: Stage) -> None:
    """A provider that reports on what it took an hour ago may be away by now."""
    stage.opens()
    stage.worker.step()
    notes(stage.runtime, *[TIMEOUT] * RUN)

    stage.sandbox.settle()

    assert stage.attempt(MethodKind.SMS).status == "delivered"
    assert is_away(stage.runtime)


def test_a_question_that_finds_the_message_is_a_sign_of_life(stage: Stage) -> None:
    """A5: its answers and its callbacks get lost, and yet it has what it was given."""
    for fault in (Fault.LOSE_ANSWER, Fault.CALL_BACK_NEVER):
        stage.sandbox.misbehaves(fault, number=CARLA)
    stage.opens()
    stage.settles()
    before = stage.runtime.read(breaker_store.found)

    stage.passes(seconds=15)

    assert [breaker.faults for breaker in before.values()] == [1]
    assert stage.runtime.read(breaker_store.found) == {}


def test_a_call_that_is_answered_is_a_sign_of_life(stages: Stages) -> None:
    """A5: whoever picked up proves that it was placed."""
    stage = stages(known=network(Level("Allies", ("diego",), wait=30 * MINUTE)))
    stage.opens()
    line = ProviderLine(FIRST, (OURS,), 0, 1)
    (claimed,) = stage.runtime.transact(claim, MethodKind.CALL, Outward([line])).claimed
    stage.runtime.transact(note, (MethodKind.CALL, FIRST), TIMEOUT)
    before = stage.runtime.read(breaker_store.found)

    stage.runtime.transact(answer_call, claimed.id, "CA1")

    assert [breaker.faults for breaker in before.values()] == [1]
    assert stage.runtime.read(breaker_store.found) == {}


def test_an_outcome_in_doubt_does_not_wait_for_a_provider_that_is_away(stage: Stage, provider: Provider) -> None:
    """A5: not to be asked is as good as no answer; the one re-send is due at its time."""
    provider.result = TIMEOUT
    stage.opens()
    stage.worker.step()
    notes(stage.runtime, *[TIMEOUT] * RUN)

    stage.passes(seconds=76)

    assert [row.extra for row in stage.attempts(MethodKind.SMS)] == [False, True]


def test_a_provider_that_another_worker_found_well_again_is_used_in_full(stages: Stages, each_database: str) -> None:
    """What this process saw last may be a second old: the row decides, and none is left behind."""
    stage = stages(each_database)
    other, provider = stage.connect(), Provider()
    provider.is_there = True
    for runtime in (stage.runtime, other):
        runtime.outlets[SMS] = Outlet(provider, (OURS,), 0)
    notes(stage.runtime, *[TIMEOUT] * RUN)
    stage.clock.at += 5 * SECOND
    routes = Routes(other)
    for route in routes.look(trouble=True):
        routes.probe(route)
    notes(stage.runtime, Accepted("SM1"))
    for _ in range(3):
        stage.opens()

    claims = other.transact(routes.claim_sends, MethodKind.SMS, strides(POOLS))

    left = other.read(lambda tx: tx.session.execute(select(breakers)).all())
    other.close()
    assert (len(claims.claimed), left) == (3, [])


def test_who_is_well_again_does_not_wait_for_the_pace_of_another(stages: Stages) -> None:
    """A7: while a provider rests the other's one number is the pace; from when it is back it sends at its own."""
    stage = stages()
    stage.runtime.outlets[SMS] = Outlet(Provider(), (OURS,), 1)
    stage.runtime.outlets[MethodKind.SMS, OTHER] = Outlet(Provider(), (OURS_TOO,), 0.02)
    notes(stage.runtime, TOO_FAST)
    for _ in range(3):
        stage.opens()

    routes = Routes(stage.runtime)

    def claimed_by() -> list[str]:
        list(routes.look(trouble=True))
        claims = stage.runtime.transact(routes.claim_sends, MethodKind.SMS, strides(POOLS))
        return [each.provider for each in claims.claimed]

    assert (claimed_by(), claimed_by()) == ([OTHER], [])
    stage.clock.at += 8 * SECOND
    notes(stage.runtime, Accepted("SM1"))
    assert claimed_by() == [FIRST]


def test_one_message_that_is_refused_again_and_again_keeps_no_other_from_trying(
    stage: Stage, provider: Provider
) -> None:
    """A11: a proxy that dislikes one text: the most severe is not all that a provider is ever tried with."""
    disliked = stage.opens(severity=Severity.CRITICAL)
    (worst,) = stage.attempts(MethodKind.SMS)
    provider.dislikes = {worst.id}
    provider.is_there, provider.result = True, None
    notes(stage.runtime, *[NotSent("403", fault=AccountFault.PERMISSION)] * RUN)
    for _ in range(3):
        stage.opens()

    stage.passes(seconds=60)

    statuses = {row.incident_id: row.status for row in stage.attempts(MethodKind.SMS)}
    assert provider.sent.count(worst.id) > 1
    assert statuses.pop(disliked) == "queued"
    assert list(statuses.values()) == ["sent"] * 3


def test_an_hour_that_is_asked_for_once_costs_a_minute(stage: Stage, provider: Provider) -> None:
    """A11: one `Retry-After: 3600` and all is well again: the message, and what came meanwhile, leaves in a minute."""
    provider.result = NotSent("20429", timedelta(hours=1), Cause.TOO_FAST)
    stage.opens()
    stage.settles()
    provider.result = None
    stage.opens()

    stage.passes(seconds=59)
    sent_before = len(provider.sent)
    stage.passes(seconds=2)

    assert sent_before == 1
    assert [row.status for row in stage.attempts(MethodKind.SMS)] == ["sent", "sent"]
    assert not is_away(stage.runtime)


@pytest.mark.parametrize("is_paused", [True, False])
def test_a_pause_counts_for_a_worker_whose_looks_hang(stage: Stage, is_paused: bool) -> None:
    """A2: what commits leave due goes on being claimed, but not for a provider that somebody has paused meanwhile."""
    routes = Routes(stage.runtime)
    assert list(routes.look(trouble=False)) == []
    if is_paused:
        until, known = stage.clock.at + MINUTE, list(stage.runtime.outlets)
        stage.runtime.transact(pause, [SMS], until, "the desk", "it bills twice", known=known, everything=True)
    stage.clock.at += 11 * SECOND
    stage.opens()

    claims = stage.runtime.transact(routes.claim_sends, MethodKind.SMS, strides(POOLS))

    assert len(claims.claimed) == (0 if is_paused else 1)


@pytest.mark.postgres
def test_a_pause_that_comes_as_the_first_fault_is_noted_holds(stages: Stages, postgres: str) -> None:
    """Nothing was wrong before, so that neither finds a row to wait for; what a person has said stands."""
    runtime = stages(postgres).runtime
    until, us, operators = runtime.now() + 30 * MINUTE, get_ident(), list[Thread]()
    pausing = Thread(
        target=runtime.transact, args=(pause, [SMS], until, "ana", "it garbles"), kwargs={"known": runtime.outlets}
    )

    def pause_first(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if get_ident() == us and statement.startswith("INSERT INTO breakers") and not operators:
            operators.append(pausing)
            pausing.start()
            pausing.join()

    event.listen(runtime.engine, "before_cursor_execute", pause_first)
    notes(runtime, TIMEOUT)

    assert operators
    assert runtime.read(breaker_store.found)[SMS].held_until == until
