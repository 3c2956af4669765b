"""What a worker asks of PostgreSQL costs the same beside a long past as beside none: it never looks at what is over."""

import re
from collections.abc import Iterator
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


def steps(engine: Engine, statement: str, parameters: Any) -> Iterator[dict[str, Any]]:
    """The steps of its plan, which is the same for all values, as they went."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    for place, name in enumerate(names, 1):
        statement = statement.replace(f"%({name})s", f"${place}")
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PREPARE asked AS {statement.replace('%%', '%')}", prepare=False)
        values = psycopg.ClientCursor(driver).mogrify(
            f"({', '.join(['%s'] * len(names))})" if names else "", [parameters[name] for name in names]
        )
        (found,) = driver.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked {values}", prepare=False).fetchone()
        driver.execute("DEALLOCATE asked")
        connection.rollback()
    yield from _below(found[0]["Plan"])


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
