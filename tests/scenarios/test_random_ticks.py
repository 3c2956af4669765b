"""However seldom and irregularly somebody looks, the same night is planned, and the same messages leave (A7)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import select

from alertnet.store.tables import incidents, notifications
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import ALERTS
from tests.scenarios.world import Incident, World, code_in

MINUTES = 52
LONGEST_TICK = 55
"""Seconds: what starts more than a minute late is no longer on time, and may be planned anew."""

# A call that nobody answers has failed half a minute after it rang, and brings a text forward to that moment. When it
# rang depends on when somebody looked, so the police, who are called before they are texted, are left out.
LEFT = ("sent", "delivered", "failed")
NIGHT = {"exclude": ["police"]}


def a_night(world: World, tick: Callable[[], timedelta]) -> Incident:
    """An incident; the network does everything at its moment, the worker looks when it looks."""
    incident = world.raises(**NIGHT)
    start = world.clock.at
    answers_at = start + timedelta(minutes=12)
    end = start + timedelta(minutes=MINUTES)
    look_at = start
    while world.clock.at < end:
        upcoming = [look_at, end, *([answers_at] if world.clock.at < answers_at else [])]
        network = world.sandbox.next_due()
        world.clock.at = max(world.clock.at, min([*upcoming, *([network] if network else [])]))
        world.sandbox.settle()
        if world.clock.at == answers_at:
            world.phone("head office").sends(f"OK {code_in(world.phone('head office').inbox[0])}")
        if world.clock.at >= look_at:
            world.worker.step()
            look_at = world.clock.at + tick()
    world.settles()
    return incident


def irregular(random: Random) -> Callable[[], timedelta]:
    """Ticks of any length that is still punctual."""
    return lambda: timedelta(seconds=random.uniform(0, LONGEST_TICK))


def plan(incident: Incident) -> list[tuple[object, ...]]:
    """Everything that was planned, with the seconds since the opening, and whether it left."""
    columns = [notifications.c[name] for name in ("tree", "level", "round", "contact", "method", "kind")]
    query = (
        select(*columns, notifications.c.planned_at, notifications.c.status, incidents.c.opened_at)
        .join(incidents, incidents.c.id == notifications.c.incident_id)
        .where(notifications.c.kind.in_(ALERTS))
    )
    rows = incident.world.runtime.read(lambda tx: tx.session.execute(query).all())
    plans = [(*row[:6], (row.planned_at - row.opened_at).total_seconds(), row.status in LEFT) for row in rows]
    return sorted(plans, key=str)


def test_a_night_looked_at_now_and_then_is_that_of_one_look_in_half_a_minute(world_on: Worlds, tmp_path: Path) -> None:
    """A7: anchored to `opened_at`, never to processing time."""
    steady = world_on(f"sqlite:///{tmp_path / 'steady.db'}")
    expected = plan(a_night(steady, lambda: timedelta(seconds=30)))
    assert len(expected) > 25

    erratic = world_on(f"sqlite:///{tmp_path / 'erratic.db'}")

    assert plan(a_night(erratic, irregular(Random(1)))) == expected
