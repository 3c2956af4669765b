"""Pairs of flows at one moment: whatever the order of their statements, it comes to one after the other (A1-A5)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from alertnet.core.incident import CloseReason, Scope, Wider
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.escalation.escalate import escalate_due
from alertnet.flows.incidents.close_incident import close_incident
from alertnet.flows.incidents.update import exclude, hear_consent
from alertnet.flows.unit.locked_incident import LockedIncident
from tests.flows.switchboard import Switchboard, connect
from tests.support.schedules import Schedules

pytestmark = [pytest.mark.postgres, pytest.mark.long]


@dataclass(frozen=True)
class Evening:
    """An incident that Ana has raised, and the code by which a coordinator may answer it."""

    board: Switchboard
    incident: str
    code: str

    def at_desk(self, does: Callable[[LockedIncident], object]) -> None:
        self.board.acts(self.incident, does)


def closes(evening: Evening) -> None:
    evening.at_desk(lambda locked: close_incident(locked, CloseReason.RESOLVED, by="the desk"))


def excludes(evening: Evening) -> None:
    evening.at_desk(lambda locked: exclude(locked, ("ombuds",), by="the desk"))


def narrows(evening: Evening) -> None:
    heard = Wider(Scope.INTERNAL, None, "Ana", "by phone", evening.board.clock.at)
    evening.at_desk(lambda locked: hear_consent(locked, heard, (), "the desk"))


def answers(evening: Evening) -> None:
    evening.board.answers_text("coordinator", f"OK {evening.code}", "SM1")


def writes(evening: Evening) -> None:
    evening.board.answers_text("ana", "LOW 47110", "SM2")


def escalates(evening: Evening) -> None:
    evening.board.runtime.transact(escalate_due, 32)


@pytest.fixture
def evening(postgres: str) -> Iterator[Evening]:
    """Its next level is due."""
    board = connect(postgres)
    board.runtime.transact(set_pins, "north/ana", "47110", "47990")
    board.texts("ana", "ALERT 47110 21")
    code = board.codes_of("coordinator")[-1]
    board.clock.forward(minutes=10)
    yield Evening(board, board.newest(), code)
    board.runtime.close()


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (closes, answers),
        (closes, writes),
        (excludes, escalates),
        (narrows, escalates),
        (escalates, escalates),
    ],
)
def test_two_flows_at_one_moment_come_to_one_after_the_other(
    evening: Evening, one: Callable[[Evening], None], two: Callable[[Evening], None]
) -> None:
    first, second = ("one", partial(one, evening)), ("two", partial(two, evening))
    schedules = Schedules(evening.board.runtime)

    with schedules.kept():
        expected = [schedules.serial(first, second), schedules.serial(second, first)]
        came = [*schedules.preempted(first, second), *schedules.preempted(second, first)]

    assert len(came) > 10
    assert [(stop, outcome) for stop, outcome in came if outcome not in expected] == []
    assert schedules.deadlocks() == 0
