"""What a worker asks of PostgreSQL costs the same beside a long past as beside none: it never looks at what is over."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event, text, update

from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Level
from alertnet.core.incident import CloseReason
from alertnet.core.notification import Kind
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.sandbox import Fault
from alertnet.store.db.tx import Tx
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues import due_attempts
from alertnet.store.tables import attempts
from benchmarks.copies import multiply
from tests.worker.conftest import Stages
from tests.worker.stage import MINUTE, Stage, network

PAST = 1500
"""Closed incidents."""
FEW = 150
"""Rows that one step of a plan may look at: more than is open here, and far less than is closed."""
BOTH = network(Level("Both", ("carla", "diego"), wait=30 * MINUTE))


@pytest.fixture
def old(stages: Stages, postgres: str) -> Stage:
    """A stage on a database in which most is over."""
    stage = stages(postgres, known=BOTH)
    incident = stage.opens()
    stage.settles()
    stage.acts(incident, lambda locked: close_incident(locked, CloseReason.RESOLVED, by="test"))
    stage.settles()
    with stage.runtime.engine.begin() as connection:
        connection.execute(update(attempts).values(due_at=None, status="delivered"))
        multiply(connection, PAST)
    with stage.runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return stage


def dies_while_sending(stage: Stage) -> None:
    """One attempt that a worker has begun with, and will not finish."""
    (attempt, *_) = [row for row in stage.attempts(MethodKind.CALL) if row.status == "queued"]
    now = stage.clock.at
    under_lease = {"status": "sending", "lease": "of a dead worker", "started_at": now, "due_at": now}
    change = update(attempts).where(attempts.c.id == attempt.id).values(under_lease)
    stage.runtime.transact(lambda tx: tx.session.execute(change))


def selects(stage: Stage) -> dict[str, Any]:
    """From now on: every statement that reads, once, with the values of its last use."""
    seen: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and "FROM" in statement:
            seen[statement] = parameters

    event.listen(stage.runtime.engine, "before_cursor_execute", note)
    return seen


def steps(engine: Engine, statement: str, parameters: Any) -> list[dict[str, Any]]:
    """The steps of its plan, which is the same for all values, as they went."""
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        found = planned(driver, "asked", statement)(parameters)
        driver.execute("DEALLOCATE asked", prepare=False)
        connection.rollback()
    return found


def planned(driver: Any, name: str, statement: str) -> Callable[[Any], list[dict[str, Any]]]:
    """Prepare it under that name; gives what runs it with values, by the plan of the first run, and gives its steps."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    for place, each in enumerate(names, 1):
        statement = statement.replace(f"%({each})s", f"${place}")
    driver.execute(f"PREPARE {name} AS {statement.replace('%%', '%')}", prepare=False)

    def run(parameters: Any) -> list[dict[str, Any]]:
        given = f"({', '.join(['%s'] * len(names))})" if names else ""
        values = psycopg.ClientCursor(driver).mogrify(given, [parameters[each] for each in names])
        (found,) = driver.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE {name} {values}", prepare=False).fetchone()
        driver.rollback()
        return [*_below(found[0]["Plan"])]

    return run


def _below(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for below in step.get("Plans", ()):
        yield from _below(below)


def looked_at(step: dict[str, Any]) -> float:
    """How many rows it went through, all its loops together."""
    return float((step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"])


def test_no_statement_of_a_worker_looks_at_what_is_over(old: Stage) -> None:
    """Claiming, due rows, leases, alarms, outcomes, questions, polls: all by an index of what is due."""
    old.sandbox.misbehaves(Fault.LOSE_ANSWER, times=2)
    for _ in range(4):
        old.opens()
    dies_while_sending(old)
    seen = selects(old)

    for minutes in (0, 1, 1, 35):
        old.clock.at += timedelta(minutes=minutes)
        old.settles()
    old.worker.poll_missed_inbound()
    old.worker.next_due()

    queues = {"attempts", "escalations", "alarms", "journeys"}
    due = {table for table in queues for each in seen if f"{table}.due_at <=" in each}
    faults = [
        f"{step['Node Type']} {step.get('Relation Name', '')} {looked_at(step)}: {statement}"
        for statement, parameters in seen.items()
        for step in steps(old.runtime.engine, statement, parameters)
        if looked_at(step) > FEW
    ]
    assert (due, faults) == (queues, [])


def test_what_else_waits_for_a_phone_is_found_beside_thousands_of_alerts_that_wait_for_it(
    stages: Stages, postgres: str
) -> None:
    """A burst fills the queue faster than it is sent; who else waits was looked for in all of it."""
    stage = stages(postgres, known=BOTH)
    stage.opens()
    with stage.runtime.engine.begin() as connection:
        multiply(connection, PAST)
    (first, reminder, *_) = [row.id for row in stage.attempts(MethodKind.SMS)]
    seen = selects(stage)

    def others(tx: Tx) -> list[str]:
        tx.session.execute(update(attempts).where(attempts.c.id == reminder).values(rank=1))
        (due,), _ = due_attempts.with_words(tx.session, [first])
        found = due_attempts.claim_others(tx.session, due, [Kind.ALERT], 50, stage.clock.at - MINUTE)
        return [other.id for other in found]

    found = stage.runtime.transact(others)

    (asked,) = [(statement, values) for statement, values in seen.items() if "SKIP LOCKED" in statement]
    assert found == [reminder]
    assert max(looked_at(step) for step in steps(stage.runtime.engine, *asked)) <= FEW


@pytest.mark.parametrize(("opened", "gathered"), [(1, False), (1, True), (16, True), (64, True)])
def test_a_plan_made_while_little_is_there_looks_up_each_attempt_beside_thousands(
    stages: Stages, postgres: str, opened: int, gathered: bool
) -> None:
    """A connection keeps it while they come: what it walks through then, it walks through for every batch."""
    stage = stages(postgres, known=BOTH)
    for _ in range(opened):
        stage.opens()
    ids = [row.id for row in stage.attempts()][:2] * 16
    seen = selects(stage)

    def claims_and_records(tx: Tx) -> tuple[int, int]:
        return len(due_attempts.with_words(tx.session, ids)[0]), len(attempt_store.lock(tx.session, ids)[0])

    found = stage.runtime.transact(claims_and_records)
    with stage.runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if gathered else "SELECT"))
    with stage.runtime.engine.connect() as lasting:
        driver = lasting.connection.driver_connection
        runs = {each: planned(driver, f"asked_{place}", each) for place, each in enumerate(seen)}
        for each, values in seen.items():
            runs[each](values)
        with stage.runtime.engine.begin() as connection:
            multiply(connection, PAST // opened)
        walks = [
            f"{step['Node Type']} {step.get('Relation Name', '')} {looked_at(step)}: {each}"
            for each, values in seen.items()
            for step in runs[each](values)
            if looked_at(step) > FEW
        ]
    assert (found, len(seen), walks) == ((2, 2), 3, [])
