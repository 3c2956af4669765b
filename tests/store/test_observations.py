"""What the watch looks at costs the same however much is closed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.store.db.engine import make_engine
from alertnet.store.db.statements import session_on
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Vault
from alertnet.store.monitoring.observations import observe
from alertnet.store.queues.circuit_breakers import hold
from tests.database import migrate
from tests.store.conftest import NOW
from tests.support.entropy import Foreseen

QUEUES = ("attempts", "escalations", "alarms", "incidents")


@pytest.fixture
def on_sqlite(tmp_path: Path, vault: Vault) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'test.db'}", vault)
    migrate(engine)
    yield engine
    engine.dispose()


def test_no_queue_is_read_from_end_to_end(on_sqlite: Engine, vault: Vault) -> None:
    """The tick stays the same with 100,000 closed incidents, for every step is one into an index."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    with on_sqlite.begin() as connection, session_on(connection) as session:
        hold(Tx(session, NOW, Foreseen(), vault), (MethodKind.SMS, FIRST))
    with on_sqlite.begin() as connection:
        event.listen(on_sqlite, "before_cursor_execute", note)
        with session_on(connection) as session:
            observe(Tx(session, NOW, Foreseen(), vault), frozenset(), is_tested=False)
        event.remove(on_sqlite, "before_cursor_execute", note)

        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values) for sql, values in asked]
        steps = [str(row[3]) for plan in plans for row in plan]

    assert len(steps) > 20
    assert [step for step in steps if step.startswith("SCAN") and step.split()[1] in QUEUES] == []
