"""What the watch looks at costs the same however much is closed."""

from typing import Any

from sqlalchemy import Engine, event

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Vault
from alertnet.store.monitoring.observations import observe
from alertnet.store.queues.circuit_breakers import hold
from tests.store.conftest import NOW
from tests.support.entropy import Foreseen

QUEUES = ("attempts", "escalations", "alarms", "incidents")


def test_no_queue_is_read_from_end_to_end(sqlite_engine: Engine, vault: Vault) -> None:
    """The tick stays the same with 100,000 closed incidents, for every step is one into an index."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    with sqlite_engine.begin() as connection, Session(connection) as session:
        hold(Tx(session, NOW, Foreseen(), vault), (MethodKind.SMS, FIRST))
    with sqlite_engine.begin() as connection:
        event.listen(sqlite_engine, "before_cursor_execute", note)
        with Session(connection) as session:
            observe(Tx(session, NOW, Foreseen(), vault), frozenset(), is_tested=False)
        event.remove(sqlite_engine, "before_cursor_execute", note)

        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values) for sql, values in asked]
        steps = [str(row[3]) for plan in plans for row in plan]

    assert len(steps) > 20
    assert [step for step in steps if step.startswith("SCAN") and step.split()[1] in QUEUES] == []
