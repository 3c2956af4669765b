"""Figures are counted by the database, over a range of days, and never by reading all that there is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from alertnet.core.directory.contact_tree import Network
from alertnet.flows.desk.figures import read_figures
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.tables import acknowledgements, actions, attempts, documents, incidents, notifications
from tests.store.conftest import NOW


def begins(tx: Tx, number: int, *, drill: bool = False, days: int = 0, now: datetime = NOW) -> str:
    """An incident that opened so many days ago."""
    opened_at, id = now - timedelta(days=days), f"i{number}"
    row: dict[str, Any] = {
        "id": id,
        "ref": f"A-{number:04}",
        "status": "closed",
        "type": "arrest",
        "severity": "critical",
    }
    row |= {"severity": "critical", "country": "CO", "facts": {"drill": drill}, "trees": {}, "templates": "t"}
    row |= {"pruned": [], "warnings": []}
    tx.session.execute(insert(incidents).values(**row, opened_at=opened_at))
    return id


def tells(
    tx: Tx,
    incident: str,
    at: datetime,
    status: str = "delivered",
    method: str = "sms",
    who: tuple[str, str, str] = ("valley", "Friends", "bob"),
) -> None:
    """Somebody of the level is told. `who`: by tree, level and contact."""
    tree, level, contact = who
    id = f"{incident}-{method}-{at:%H%M}"
    row: dict[str, Any] = {"id": id, "incident_id": incident, "kind": "alert", "tree": tree, "level": level}
    row |= {"round": 1, "contact": contact, "method": method, "language": "en", "address": "x", "address_index": b"x"}
    row |= {"trees": [tree], "said": {}, "planned_at": at, "status": status}
    tx.session.execute(insert(notifications).values(**row))
    sent: dict[str, Any] = {"id": id, "notification_id": id, "incident_id": incident, "method": method}
    sent |= {"is_alert": True, "rank": 0, "address_index": b"x", "status": status, "extra": False, "checks": 0}
    sent |= {"delays": 0, "wrong_keys": 0, "created_at": at, "started_at": at, "changed_at": at}
    tx.session.execute(insert(attempts).values(**sent))


def answers(tx: Tx, incident: str, at: datetime, tree: str = "valley", contact: str = "bob") -> None:
    row = {"id": f"{incident}-{contact}", "incident_id": incident, "tree": tree, "contact": contact, "at": at}
    tx.session.execute(insert(acknowledgements).values(**row, kind="acknowledged", via="sms"))
    tx.session.execute(insert(actions).values(**row, action="visited"))


@pytest.fixture
def months(tx: Tx) -> Tx:
    """Six arrests, answered after 11, 12, … minutes, one that nobody answered, a drill, and one of last year."""
    tx.session.execute(insert(documents).values(hash="t", kind="templates", content="x"))
    for number in range(6):
        at = NOW - timedelta(days=number)
        incident = begins(tx, number, days=number)
        tells(tx, incident, at + timedelta(minutes=1))
        tells(tx, incident, at + timedelta(minutes=2), "failed", "call")
        answers(tx, incident, at + timedelta(minutes=11 + number))
    tells(tx, begins(tx, 6), NOW)
    drill = begins(tx, 7, drill=True)
    tells(tx, drill, NOW)
    answers(tx, drill, NOW + timedelta(minutes=2))
    tells(tx, begins(tx, 8, days=400), NOW - timedelta(days=400))
    return tx


def test_times_and_reach_are_counted_and_drills_stand_apart(months: Tx) -> None:
    found = read_figures(months, Network(), NOW - timedelta(days=100), NOW)

    assert (found.real.count, found.drills.count) == (7, 1)
    assert found.real.times["to first message"].p50 == timedelta(minutes=1)
    answered = found.real.times["to first answer"]
    assert (answered.p50, answered.never) == (timedelta(minutes=13), 1)
    assert found.real.times["to first action"].p50 == timedelta(minutes=13)
    assert answered.p90 is None
    assert found.drills.times["to first answer"].longest == timedelta(minutes=2)
    [level] = {(each.level, each.times.count, each.times.p50) for each in found.levels}
    assert level == ("Friends", 7, timedelta(minutes=12))
    assert [(each.method, each.tries, each.arrived) for each in found.tried] == [("call", 6, 0), ("sms", 7, 7)]
    assert [(each.method, each.tries) for each in found.tried_in_drills] == [("sms", 1)]


def test_a_spreadsheet_has_the_same(months: Tx) -> None:
    rows = read_figures(months, Network(), NOW - timedelta(days=100), NOW).as_csv().splitlines()

    assert rows[0].startswith("\ufefffigure,tree,what,part,count,never,p50_s")
    assert "incidents,,to first answer,,7,1,780,,660,960" in rows
    assert "reached,valley,bob,call,6,6,,,," in rows


def test_no_table_is_read_from_end_to_end(months: Tx) -> None:
    """However much is on record, as many steps into an index as there are incidents in these days."""
    asked: list[tuple[str, Any]] = []
    connection = months.session.connection
    engine = connection.engine

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    connection.commit()
    connection.begin()
    event.listen(engine, "before_cursor_execute", note)
    with Session(connection) as session:
        read_figures(replace(months, session=session), Network(), NOW - timedelta(days=100), NOW)
    event.remove(engine, "before_cursor_execute", note)

    assert len(asked) == 6
    if engine.dialect.name == "sqlite":
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values) for sql, values in asked]
        steps = [str(row[3]) for plan in plans for row in plan]
        assert len(steps) > 6
        assert [step for step in steps if step.startswith("SCAN")] == []
