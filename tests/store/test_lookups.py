"""Attempts of a batch are looked up one by one on SQLite too; `tests/worker/test_plans.py` shows it on PostgreSQL."""

from typing import Any

from sqlalchemy import Engine, event

from alertnet.store.db.session import Session
from alertnet.store.queues import attempts, due_attempts

IDS = [f"{number:032x}" for number in range(16)]


def test_sqlite_finds_the_attempts_of_a_batch_and_what_belongs_to_them_by_their_ids(sqlite_engine: Engine) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    with sqlite_engine.begin() as connection:
        event.listen(sqlite_engine, "before_cursor_execute", note)
        with Session(connection) as session:
            due_attempts.with_words(session, IDS)
            attempts.lock(session, IDS)
        event.remove(sqlite_engine, "before_cursor_execute", note)

        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values) for sql, values in asked]
        steps = [str(row[3]).split() for plan in plans for row in plan]

    looked_up = {step[1] for step in steps if step[0] == "SEARCH"}
    assert looked_up == {"attempts", "notifications", "incidents", "parts", "served", "escalations"}
    assert [step for step in steps if step[0] == "SCAN" and step[1] in looked_up] == []
