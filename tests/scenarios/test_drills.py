"""Drills: planned, told the day before, held by themselves, and never in the way of what is real."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from alertnet.core.errors import BadInput, WrongState
from alertnet.core.incident import Facts, Scope, Severity
from alertnet.core.monitoring.drills import Sums
from alertnet.flows.desk.drills import read_drill
from alertnet.flows.incidents.drills import begin_drill, cancel_drill, plan_drill
from alertnet.store.queues import drills
from alertnet.store.queues.drills import StoredDrill
from tests.scenarios.conftest import Worlds
from tests.scenarios.valley import CONTACTS, COORDINATION, FIELD, a_tree
from tests.scenarios.world import FRIDAY_NIGHT, Incident, World, code_in

TAKES_PART = CONTACTS.replace("organisation: Defenders,", "organisation: Defenders, drills: true,")
LEVELS = COORDINATION + "  - {name: Friends, notify: [ombuds, defenders], wait: 10m}\n"
MONDAY = datetime(2026, 11, 30, 15, tzinfo=UTC)
"""Ten in the morning there."""
OUTSIDERS = ("ombuds", "police", "stranger")
CASE = Facts("arrest", Severity.CRITICAL, "CO", Scope.INTERNATIONAL, team="north")
OFFICE = "the office"


@pytest.fixture
def world(world_of: Worlds) -> World:
    return world_of(a_tree(LEVELS, TAKES_PART))


def begins(world: World) -> Incident:
    """Somebody begins a drill; what is due at once has happened when this returns."""
    begun = world.runtime.transact(begin_drill, world.runtime.edition, CASE, by=OFFICE)
    world.settles()
    return Incident(world, begun.incident.ref)


def plans(world: World, at: datetime, every_months: int | None = None, exclude: tuple[str, ...] = ()) -> str:
    """Somebody plans a drill; likewise. Gives its id."""
    facts = replace(CASE, exclude=exclude)
    id = world.runtime.transact(plan_drill, world.runtime.edition, facts, at, every_months, by=OFFICE)
    world.settles()
    return id


def passes_until(world: World, at: datetime) -> None:
    world.passes(seconds=(at - world.clock.at).total_seconds())


def inbox(world: World, who: str) -> list[str]:
    return [str(text) for text in world.phone(who).inbox]


def known(world: World) -> list[tuple[str, datetime]]:
    """Status and beginning of each drill, the latest first."""
    found: list[StoredDrill] = world.runtime.read(lambda tx: [*drills.to_come(tx.session), *drills.past(tx.session, 9)])
    return [(each.status.value, each.drill.starts_at) for each in found]


def skipped(world: World) -> list[str | None]:
    """Why drills were not held, the latest first."""
    past = world.runtime.read(lambda tx: drills.past(tx.session, 9))
    return [each.drill.why for each in past]


def test_a_drill_begins_by_itself_after_its_coordinators_were_told_the_day_before(world: World) -> None:
    """A3, A9: nobody hears of it outside who has not agreed to; it is called one in every message."""
    plans(world, MONDAY)
    passes_until(world, MONDAY - timedelta(days=1, minutes=1))
    assert inbox(world, "coordinator") == []

    world.passes(minutes=2)
    [notice] = inbox(world, "coordinator")
    assert notice.startswith("VALLEY SYSTEM: a drill in CO begins within a day (10:00). ")

    passes_until(world, MONDAY)
    drill = world.newest()
    assert drill["drill"] is True
    alert = inbox(world, "coordinator")[-1]
    assert alert.startswith("VALLEY DRILL")
    world.passes(minutes=11)
    assert inbox(world, "defenders")[0].startswith("VALLEY DRILL")
    assert [inbox(world, each) for each in OUTSIDERS] == [[], [], []]
    assert ("ombuds", "drill") in [(each["contact"], each["reason"]) for each in drill["pruned"]]
    assert known(world) == [("held", MONDAY)]


def test_it_is_held_again_at_the_same_hour_after_so_many_months(world: World) -> None:
    """A7: on the last day of a month that is short, and by the clocks of its tree."""
    last = datetime(2026, 11, 30, 15, tzinfo=UTC)
    plans(world, last, every_months=3)

    passes_until(world, last)
    world.newest().act("close", reason="resolved")

    assert known(world) == [("planned", datetime(2027, 2, 28, 15, tzinfo=UTC)), ("held", last)]
    passes_until(world, datetime(2027, 2, 28, 15, tzinfo=UTC))
    assert known(world)[0] == ("planned", datetime(2027, 5, 30, 15, tzinfo=UTC))


def test_one_that_is_cancelled_is_not_held_nor_those_that_would_follow(world: World) -> None:
    cancelled = plans(world, MONDAY, every_months=1)
    plans(world, MONDAY + timedelta(hours=1))

    world.runtime.transact(lambda tx: cancel_drill(tx, cancelled, by=OFFICE))

    with pytest.raises(WrongState):
        world.runtime.transact(lambda tx: cancel_drill(tx, cancelled, by=OFFICE))
    passes_until(world, MONDAY + timedelta(hours=2))
    assert sorted(known(world)) == [("cancelled", MONDAY), ("held", MONDAY + timedelta(hours=1))]


def test_one_that_could_not_begin_on_time_wakes_nobody_at_night(world: World) -> None:
    """Nothing ran from before its hour until the next night; the next one stays planned."""
    plans(world, MONDAY, every_months=6)
    passes_until(world, MONDAY - timedelta(minutes=5))

    world.clock.at = MONDAY + timedelta(hours=12)
    world.settles()

    assert known(world) == [("planned", datetime(2027, 5, 30, 15, tzinfo=UTC)), ("skipped", MONDAY)]
    assert "the drill in CO is not held this time" in inbox(world, "coordinator")[-1]
    assert world.client.get("/v1/incidents", headers=world.headers).json()["items"] == []


def test_one_that_names_whom_no_tree_knows_any_more_is_skipped_at_once(world_on: Worlds, tmp_path: Path) -> None:
    folder = tmp_path / "trees"
    folder.mkdir()
    (folder / "valley.yaml").write_text(a_tree(LEVELS, TAKES_PART))
    (folder / "teams.yaml").write_text(FIELD)
    world = world_on(f"sqlite:///{tmp_path / 'alertnet.db'}", folder)
    plans(world, MONDAY, exclude=("defenders",))
    (folder / "valley.yaml").write_text(a_tree(COORDINATION, TAKES_PART.replace("defenders:", "friends:")))
    world.runtime.trees.look()

    passes_until(world, MONDAY + timedelta(minutes=1))

    assert known(world) == [("skipped", MONDAY)]
    assert skipped(world) == ["unknown_name"]
    assert "the drill in CO is not held this time" in inbox(world, "coordinator")[-1]


@pytest.mark.parametrize("is_read", [True, False])
def test_none_begins_beside_something_critical_that_is_real(world: World, *, is_read: bool) -> None:
    """One that can't be read may be real (A11): it is no fault that puts the drill off, and coordinators hear why."""
    plans(world, MONDAY)
    passes_until(world, MONDAY - timedelta(minutes=2))
    real = world.raises()
    if not is_read:
        damage = text("UPDATE incidents SET facts = :junk")
        world.runtime.transact(lambda tx: tx.session.execute(damage, {"junk": b"?"}))

    passes_until(world, MONDAY + timedelta(minutes=1))

    assert known(world) == [("skipped", MONDAY)]
    assert world.newest().ref == real.ref
    assert skipped(world) == [real.ref]


def test_none_begins_while_something_critical_waits_for_an_answer(world: World) -> None:
    """However long ago it was raised."""
    real = world.raises()
    world.clock.at = MONDAY - timedelta(minutes=30)
    world.settles()
    plans(world, MONDAY)

    passes_until(world, MONDAY + timedelta(minutes=1))

    assert known(world) == [("skipped", MONDAY)]
    assert skipped(world) == [real.ref]


def test_one_begins_beside_something_critical_that_was_taken_charge_of_more_than_a_day_ago(world: World) -> None:
    """It is open for weeks, and nobody is rung for it any more."""
    real = world.raises()
    world.texts("coordinator", code_in(inbox(world, "coordinator")[0]))
    world.passes(minutes=11)
    world.texts("defenders", code_in(inbox(world, "defenders")[0]))
    assert (real["status"], real["severity"], real.status("valley")) == ("open", "critical", "acknowledged")
    world.clock.at = MONDAY - timedelta(hours=1)
    plans(world, MONDAY)

    passes_until(world, MONDAY + timedelta(minutes=1))

    assert known(world) == [("held", MONDAY)]
    assert world.newest()["drill"] is True


def calls(world: World) -> None:
    world.phone("luis").dials().hang_up()
    world.passes(minutes=2)
    world.catches_up()


def withdraws(world: World) -> None:
    world.texts("luis", "FALSA")


def writes_on_a_borrowed_phone(world: World) -> None:
    world.texts("stranger", "they took us to the river")
    headers = world.key(None, "coordinate")
    [text] = world.client.get("/v1/quarantine", headers=headers).json()["items"]
    world.client.post(f"/v1/quarantine/{text['id']}", json={"team": "north", "member": "luis"}, headers=headers)
    world.settles()


@pytest.mark.parametrize("speaks", [calls, withdraws, writes_on_a_borrowed_phone])
def test_what_a_team_says_during_its_drill_is_about_what_is_real(world: World, speaks: Callable[[World], None]) -> None:
    """A12: also where the drill was begun with the team's own key, and after what the team has reported."""
    world.texts("ana", "ALERTA 31 L12")
    real = world.newest()
    world.passes(minutes=1)
    begins(world)
    before = len(inbox(world, "coordinator"))

    speaks(world)

    [alarm] = [text for text in inbox(world, "coordinator")[before:] if "To take charge" in text]
    assert alarm.startswith(f"VALLEY ALARM {real.ref}")


@pytest.mark.parametrize("text", ["we hear shots at the school", "OK {code} but they shoot at us here", "STOP"])
def test_what_a_contact_writes_during_a_drill_is_real_to_its_coordinators(world: World, text: str) -> None:
    """A12: nobody takes a cry for help for part of the exercise; the drill goes on, and its code is good in it."""
    drill = world.raises(drill=True)
    world.passes(minutes=10)
    [told] = inbox(world, "defenders")
    before = len(inbox(world, "coordinator"))

    world.texts("defenders", text.format(code=code_in(told)))

    [alarm] = inbox(world, "coordinator")[before:]
    assert alarm.startswith("VALLEY ALARM")
    assert drill.ref not in alarm
    world.texts("defenders", f"OK {code_in(told)}")
    assert drill.answers() == [("defenders", "acknowledged", "sms")]


def test_what_a_contact_writes_during_a_drill_and_an_incident_rings_in_the_incident(world: World) -> None:
    """A12: and in it alone."""
    real, drill = world.raises(), world.raises(drill=True)
    world.passes(minutes=10)
    before = len(inbox(world, "coordinator"))

    world.texts("defenders", "they are at the door")

    [alarm] = inbox(world, "coordinator")[before:]
    assert alarm.startswith(f"VALLEY ALARM {real.ref}")
    assert "alarm_raised" not in drill.timeline()


@pytest.mark.parametrize("is_real", [True, False])
def test_a_contacts_call_without_a_code_during_a_drill_is_real_to_its_coordinators(world: World, is_real: bool) -> None:
    """A12: it rings in the incident that is open, not in the drill that was begun after it; or as of none."""
    real = world.raises() if is_real else None
    world.raises(drill=True)
    world.passes(minutes=10)
    before = len(inbox(world, "coordinator"))

    world.phone("defenders").dials().stays_silent()
    world.settles()

    [alarm] = [text for text in inbox(world, "coordinator")[before:] if "defenders" in text]
    assert alarm.startswith(f"VALLEY ALARM {real.ref if real else 'TEL'}")


def test_who_tries_to_answer_a_drill_and_errs_is_told_how(world: World) -> None:
    """B4: an exercise is there to learn that; it rings at nobody."""
    world.raises(drill=True)
    world.passes(minutes=10)
    [told] = inbox(world, "defenders")
    before = len(inbox(world, "coordinator"))

    reply = world.texts("defenders", "OK")

    assert code_in(told) in (reply or "")
    assert len(inbox(world, "coordinator")) == before


def test_its_coordinators_hear_at_once_of_one_that_is_planned_for_the_same_day(world: World) -> None:
    world.clock.at = MONDAY - timedelta(hours=3)

    plans(world, MONDAY)
    passes_until(world, MONDAY - timedelta(minutes=5))

    [notice] = inbox(world, "coordinator")
    assert notice.startswith("VALLEY SYSTEM: a drill in CO begins within a day (10:00). ")


def test_its_report_says_who_was_reached_how_fast_they_answered_and_which_numbers_are_dead(world: World) -> None:
    world.phone("defenders").behaves("invalid")
    began = begins(world)
    world.passes(minutes=2)
    world.texts("coordinator", f"OK {code_in(inbox(world, 'coordinator')[-1])}")
    world.passes(minutes=9)

    report = world.runtime.read(read_drill, began.ref)

    told = {each.contact: each for each in report.parts}
    assert (told["coordinator"].is_reached, told["coordinator"].answer) == (True, "acknowledged")
    assert (told["coordinator"].via, told["coordinator"].took) == ("sms", timedelta(minutes=2))
    assert (told["defenders"].is_reached, told["defenders"].took) == (False, None)
    [number] = told["defenders"].fared
    assert (number.method, number.arrived, number.is_dead) == ("sms", 0, True)
    assert report.sums == Sums(told=3, reached=2, answered=1, dead=1)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"at": FRIDAY_NIGHT}, "at"),
        ({"at": MONDAY, "every_months": 0}, "every_months"),
        ({"at": MONDAY, "exclude": ("nobody",)}, "exclude"),
    ],
)
def test_what_cannot_be_planned_is_refused_by_name(world: World, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput) as refused:
        plans(world, **fields)

    assert refused.value.field == named
    assert known(world) == []
    assert world.clock.at == FRIDAY_NIGHT
