"""A page of a list costs the same beside years of incidents as beside none."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from alertnet.core.directory.routine import USUAL
from alertnet.core.inbound.on_the_road.journey import Journey, JourneyKind, Leg
from alertnet.core.incident import Facts, Incident, IncidentStatus, Scope, Severity
from alertnet.store.db.session import Session
from alertnet.store.db.tx import Tx
from alertnet.store.db.vault import Vault
from alertnet.store.queues import journeys
from alertnet.store.records import documents, incidents
from alertnet.store.views import incident_list
from tests.store.conftest import NOW
from tests.support.entropy import Foreseen

FEW, MANY, A_PAGE = 60, 600, 6
OPEN, CLOSED = IncidentStatus.OPEN, IncidentStatus.CLOSED
YEARS = """
INSERT INTO journeys (id, kind, team, member, status, journey, expected_at, began_at, ended_at)
SELECT lpad(to_hex(n), 32, '0'), kind, team, member, status, journey, expected_at, began_at, ended_at
FROM journeys, generate_series(1, 20000) AS n WHERE status = 'over' ORDER BY n
"""


def happen(tx: Tx, numbers: range, templates: str) -> None:
    """An incident a day, of which every tenth is open; the north reports every other one, the south the oldest."""
    for number in numbers:
        team = "south" if number == 0 else "north" if number % 2 else None
        facts = Facts("arrest", Severity.CRITICAL, "CO", consent=Scope.NATIONAL, team=team)
        at, status = NOW + timedelta(days=number), CLOSED if number % 10 else OPEN
        incidents.add(tx, Incident(f"{number:032}", f"A-{number:04}", status, facts, {}, templates, at), [])


def travel(tx: Tx, numbers: range) -> None:
    """A journey of the north a day, of which the first are not over."""
    for number in numbers:
        leg = Leg("L12", NOW + timedelta(days=number), "UTC")
        journey = Journey(JourneyKind.JOURNEY, "north", "ana", "CO", Scope.NATIONAL, (leg,), USUAL, NOW)
        id = journeys.add(tx, journey)
        if number >= A_PAGE:
            journeys.save(tx, id, journey, is_over=True)


def test_pages_show_each_incident_once_newest_first(tx: Tx) -> None:
    happen(tx, range(FEW), documents.keep(tx, "templates", "x"))

    def through(status: str | None, team: str | None) -> list[int]:
        seen: list[int] = []
        before = None
        while found := incident_list.page(tx.session, status, before, 7, team):
            seen += [int(each.id) for each in found]
            before = (found[-1].opened_at, found[-1].id)
        return seen

    every = [*reversed(range(FEW))]
    assert through(None, None) == every
    assert through(OPEN, None) == [each for each in every if each % 10 == 0]
    assert through(None, "north") == [each for each in every if each % 2]
    assert through(CLOSED, "north") == [each for each in every if each % 2]
    assert through(None, "south") == [0]


PAGES: dict[str, Callable[[Tx], object]] = {
    "of all": lambda tx: incident_list.page(tx.session, None, None, A_PAGE),
    "the next of all": lambda tx: incident_list.page(tx.session, None, (NOW + timedelta(days=40), "0" * 32), A_PAGE),
    "of those that are open": lambda tx: incident_list.page(tx.session, OPEN, None, A_PAGE),
    "of a team": lambda tx: incident_list.page(tx.session, None, None, A_PAGE, "north"),
    "of a team that reported once, long ago": lambda tx: incident_list.page(tx.session, None, None, A_PAGE, "south"),
    "of journeys": lambda tx: journeys.page(tx.session, None, None, A_PAGE),
    "of a member's journeys, for a text": lambda tx: journeys.hold_of(tx, "north", "ana"),
    "of a team that has none": lambda tx: incident_list.page(tx.session, None, None, A_PAGE, "west"),
}


def test_a_page_takes_as_few_steps_beside_years_of_incidents(sqlite_engine: Engine, vault: Vault) -> None:
    with sqlite_engine.begin() as connection, Session(connection) as session:
        tx = Tx(session, NOW, Foreseen(), vault)
        templates = documents.keep(tx, "templates", "x")
        happen(tx, range(FEW), templates)
        travel(tx, range(FEW))
        beside_few = {name: _steps_of(tx, page) for name, page in PAGES.items()}
        happen(tx, range(FEW, MANY), templates)
        travel(tx, range(FEW, MANY))

        assert min(beside_few.values()) > 0
        assert [name for name, page in PAGES.items() if _steps_of(tx, page) > 1.2 * beside_few[name]] == []


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["postgres"])
def test_a_check_in_reads_few_of_years_of_journeys(kind: str, tx: Tx) -> None:
    """With each, those that go on are looked through for members who were moved."""
    travel(tx, range(A_PAGE + 1))
    tx.session.execute(text(YEARS))
    tx.session.execute(text("ANALYZE journeys"))
    before = _rows_read(tx)

    found = journeys.announced(tx.session)

    assert len(found) == A_PAGE
    assert A_PAGE <= _rows_read(tx) - before < FEW


def _rows_read(tx: Tx) -> int:
    read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'journeys'"
    return int(tx.session.scalar(text(read)) or 0)


def _steps_of(tx: Tx, read: Callable[[Tx], object]) -> int:
    """How many steps of SQLite's own machine it takes."""
    driver: Any = tx.session.connection.connection.driver_connection
    steps: list[None] = []
    driver.set_progress_handler(lambda: steps.append(None), 1)
    read(tx)
    driver.set_progress_handler(None, 1)
    return len(steps)
