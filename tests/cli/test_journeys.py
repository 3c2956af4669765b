"""`journeys`: the day's overview of the field for whoever watches over it."""

from datetime import timedelta

from alertnet.core.directory.routine import USUAL, Routine
from alertnet.core.inbound.on_the_road.journey import Journey, JourneyKind, Leg
from alertnet.core.incident import Scope
from alertnet.core.monitoring.self_monitoring import Part
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import troubles
from alertnet.store.queues import journeys
from tests.cli.conftest import Office

BOGOTA = "America/Bogota"


def on_the_road(tx: Tx, member: str, to: str, ahead: timedelta, team: str = "north") -> None:
    leg = Leg(to, tx.now + ahead, BOGOTA)
    journeys.add(tx, Journey(JourneyKind.JOURNEY, team, member, "CO", Scope.NATIONAL, (leg,), USUAL, tx.now))


def calls_in(tx: Tx, name: str, ahead: timedelta) -> None:
    leg, routine = Leg(None, tx.now + ahead, BOGOTA), Routine(name, (0,))
    journey = Journey(JourneyKind.ROUTINE, "north", None, "CO", Scope.NATIONAL, (leg,), USUAL, tx.now, routine=routine)
    journeys.add(tx, journey)


def is_a_day(runtime: Runtime) -> None:
    """Luis is overdue, Ana is on the road, a routine is awaited tonight and another one next week."""
    runtime.transact(on_the_road, "luis", "Vereda Secreta", -timedelta(minutes=20))
    runtime.transact(on_the_road, "ana", "L12", timedelta(hours=1))
    runtime.transact(on_the_road, "eva", "L3", timedelta(hours=2), "south")
    runtime.transact(calls_in, "evening", timedelta(hours=3))
    runtime.transact(calls_in, "weekly", timedelta(days=4))


def test_the_day_is_shown_soonest_first(office: Office, runtime: Runtime) -> None:
    """A9: a place that is no code stays out of it."""
    is_a_day(runtime)

    said = office.types("journeys")

    assert (said.code, said.err) == (0, "")
    rows = [line.split("  ") for line in said.out.splitlines()]
    found = [[cell.strip() for cell in row if cell.strip()][:2] for row in rows]
    assert found == [
        ["overdue", "north/luis"],
        ["on the road", "north/ana"],
        ["on the road", "south/eva"],
        ["awaited", "north"],
    ]
    assert "L12 " in said.out
    assert "Secreta" not in said.out
    assert "eva" not in office.types("journeys", "--team", "north").out


def test_it_says_first_that_nothing_can_be_heard(office: Office, runtime: Runtime) -> None:
    runtime.transact(troubles.begin, Part.INBOUND)

    assert "nothing counts as missed" in office.types("journeys").err


def test_a_team_that_is_misspelt_is_refused_with_those_there_are(office: Office, runtime: Runtime) -> None:
    """Else it would look as if nobody of the team were on the road."""
    is_a_day(runtime)

    err = office.refused("journeys", "--team", "nort")

    assert err == "--team: 'nort' is not allowed (allowed: north)\n"


def test_a_team_of_which_nobody_is_on_the_road_is_none_that_is_misspelt(office: Office, runtime: Runtime) -> None:
    said = office.types("journeys", "--team", "north")

    assert (said.code, said.out, said.err) == (0, "", "Nobody is on the road.\n")
