"""The clock was an hour ahead and is set right: nothing waits for the hour, and what waits too long is known."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from alertnet.channels.base import Cause, NotSent
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.flows.sending.provider_health import note
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.queues import circuit_breakers as breaker_store
from alertnet.store.tables import attempts, senders
from alertnet.worker.self_monitoring import beat
from tests.scenarios.conftest import Worlds
from tests.scenarios.record import reports, tries
from tests.scenarios.valley import COORDINATION, a_tree
from tests.scenarios.world import FRIDAY_NIGHT, World

HOUR = timedelta(hours=1)
SMS = (MethodKind.SMS, FIRST)


POLICE = """
  - {name: Friends, notify: [ombuds], wait: 10m}
  - {name: Police, needs_go: {proceed_after: 2h}, notify: [defenders], wait: 10m}
"""


@pytest.fixture
def world(world_of: Worlds) -> World:
    """Two trees: the coordinators, their friends, and whoever is told after a go."""
    return world_of(*(a_tree(COORDINATION + POLICE, tree=tree) for tree in ("valley", "coast")))


@pytest.fixture
def paced(world_on: Worlds, sqlite_url: str) -> World:
    return world_on(sqlite_url, ALERTNET_RATES="sms=1,calls=1")


def ahead(world: World) -> None:
    """Everything so far happened on a clock that was an hour ahead."""
    world.clock.at = FRIDAY_NIGHT + HOUR


def set_right(world: World) -> None:
    world.clock.at -= HOUR


def beats(world: World, worker: str = "a worker") -> None:
    """A worker shows that it is alive, and looks."""
    beat(world.runtime, worker, lambda *_: None)


def test_the_pace_of_a_clock_that_was_ahead_holds_nothing_back(paced: World) -> None:
    """A7: the numbers were last used an hour ahead; what is reported now leaves now."""
    ahead(paced)
    paced.raises()
    paced.passes(seconds=30)
    set_right(paced)

    incident = paced.raises()
    paced.passes(seconds=5)

    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["delivered"]


@pytest.mark.parametrize("pause", [timedelta(seconds=50), None], ids=["a pause", "away"])
def test_a_breaker_of_a_clock_that_was_ahead_holds_nothing_back(world: World, pause: timedelta | None) -> None:
    """A11: a pause that ends in an hour, and a provider that is asked in an hour, are not believed."""
    ahead(world)
    result = NotSent("429", pause, Cause.TOO_FAST) if pause else NotSent("401", cause=Cause.ACCOUNT)
    world.runtime.transact(note, SMS, result)
    assert SMS in world.runtime.read(breaker_store.found)
    set_right(world)

    incident = world.raises()
    world.passes(seconds=10)

    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["delivered"]
    assert world.runtime.read(breaker_store.found) == {}


@pytest.mark.parametrize("is_begun", [True, False], ids=["put off, begun and in doubt", "just queued"])
def test_what_waited_on_a_clock_that_was_ahead_leaves(world: World, *, is_begun: bool) -> None:
    """A5: none of them waits for the hour."""
    ahead(world)
    world.sandbox.stop()
    incident = reports(world)
    if is_begun:
        world.passes(seconds=40)
    world.sandbox.start()
    set_right(world)
    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["queued"]

    beats(world)
    world.passes(seconds=20)

    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["delivered"]
    assert len(world.phone("coordinator").inbox) == 1


def test_an_incident_that_a_clock_that_was_ahead_has_opened_goes_on(world: World) -> None:
    """A7: levels and questions do not wait until it is that late again, and come once."""
    ahead(world)
    world.texts("ana", "SOS")
    incident = world.newest()
    world.passes(minutes=1)
    set_right(world)
    asked = world.phone("coordinator").inbox[-1]

    beats(world)
    world.passes(minutes=12)
    incident.act("go", decision="go")
    world.passes(minutes=1)

    assert world.phone("coordinator").inbox.count(asked) == 1
    assert incident.level("valley") == "Friends"
    assert incident.timeline().count("clock_set_right") == 1
    assert incident.timeline().count("decision_repeated") == 2


@pytest.mark.parametrize("is_reached", [True, False], ids=["reached before a worker looks", "left alone"])
def test_a_clock_that_jumps_ahead_and_is_set_right_delays_no_open_incident(world: World, *, is_reached: bool) -> None:
    """A7: of what the jump opened the next level would else wait for the hour too, and nobody would hear why."""
    incident = world.raises(type="raid")
    beats(world)
    world.passes(minutes=1)
    world.clock.at += HOUR
    world.passes(seconds=30)
    beats(world)
    assert incident.level("valley") == "Friends"
    set_right(world)

    beats(world)
    if is_reached:
        incident.act("exclude", contacts=["desk"])
    world.passes(seconds=10)

    left = [datetime.fromisoformat(each["due_at"]) - world.clock.at for each in incident["escalations"]]
    assert [span <= timedelta(minutes=15) for span in left] == [True, True]
    assert incident.timeline().count("clock_set_right") == 1
    world.passes(minutes=16)
    assert incident.timeline().count("go_asked") == 2


def test_what_was_acknowledged_on_a_clock_that_was_ahead_is_set_right_too(world: World) -> None:
    """A2: nothing is due in it, and yet it would wait for the hour once the answer is revoked."""
    incident = world.raises(type="surveillance", consent="national")
    beats(world)
    world.clock.at += HOUR
    world.passes(seconds=30)
    for tree, contact in (("valley", "coordinator"), ("valley", "ombuds"), ("coast", "ombuds")):
        incident.act("acknowledgements", expect=201, tree=tree, contact=contact, kind="acknowledged")
    beats(world)
    assert [each["due_at"] for each in incident["escalations"]] == [None, None]
    set_right(world)

    beats(world)
    world.passes(seconds=10)

    assert incident.timeline().count("clock_set_right") == 1
    assert [each["status"] for each in incident["escalations"]] == ["acknowledged"] * 2


def test_what_was_planned_before_a_jump_of_the_clock_keeps_its_time(world: World) -> None:
    """A7: nothing came due in the jump, so nothing is told earlier than planned."""
    incident = world.raises(type="raid")
    beats(world)
    due = [each["due_at"] for each in incident["escalations"]]
    world.clock.at += timedelta(minutes=2)
    world.passes(seconds=10)
    beats(world)
    world.clock.at -= timedelta(minutes=2)

    beats(world)
    world.passes(seconds=10)

    assert [each["due_at"] for each in incident["escalations"]] == due
    assert "clock_set_right" not in incident.timeline()


def test_a_machine_that_starts_with_its_clock_behind_moves_no_level_up(world: World) -> None:
    """A7: without a battery it begins at the hour it last wrote down; NTP sets it right, and all is as planned."""
    incident = world.raises(type="raid")
    beats(world)
    world.passes(minutes=11)
    beats(world)
    due = [each["due_at"] for each in incident["escalations"]]
    world.clock.at -= timedelta(minutes=10)
    beats(world, "a worker started anew")
    world.passes(seconds=10)
    beats(world, "a worker started anew")
    world.clock.at += timedelta(minutes=10)

    beats(world, "a worker started anew")
    world.settles()

    assert [each["due_at"] for each in incident["escalations"]] == due
    assert "clock_set_right" not in incident.timeline()


def test_what_another_process_has_opened_a_moment_ahead_is_left_as_it_is(world: World) -> None:
    """B9: clocks differ by moments, and none of them is a reason to ring twice."""
    world.clock.forward(seconds=1)
    world.texts("ana", "SOS")
    world.clock.forward(seconds=-1)
    asked = list(world.phone("coordinator").inbox)

    beats(world)
    world.passes(seconds=10)

    assert asked
    assert world.phone("coordinator").inbox == asked
    assert "clock_set_right" not in world.newest().timeline()


def test_an_expired_lease_of_a_clock_that_was_ahead_is_found(world: World) -> None:
    """A5: whoever sent it died, and the lease seems to last for an hour."""
    ahead(world)
    incident = reports(world)
    begun = {"status": "sending", "lease": "x" * 32, "due_at": world.clock.at + timedelta(seconds=30)}
    world.runtime.transact(lambda tx: tx.session.execute(update(attempts).values(begun)))
    set_right(world)

    beats(world)
    world.passes(minutes=2)

    statuses = {attempt.extra: attempt.status for attempt in tries(incident, "coordinator", "sms")}
    assert statuses == {False: "failed", True: "delivered"}


def held_up(tx: Tx, until: datetime) -> None:
    tx.session.execute(update(senders).values(free_at=until))


def test_what_the_pace_holds_for_more_than_two_minutes_is_late_and_shown(paced: World) -> None:
    """A11: a queue that is too long for its number stops the heartbeat, and `/readyz` and the metrics say which."""
    beats(paced)
    paced.raises()
    for _ in range(8):
        paced.clock.at += timedelta(seconds=10)
        beats(paced)
    incident = reports(paced)
    found = []
    for _ in range(15):
        paced.clock.at += timedelta(seconds=10)
        paced.runtime.transact(held_up, paced.clock.at + timedelta(seconds=20))
        beats(paced)
        found.append(paced.client.get("/readyz").json()["late"].get("sms"))

    assert [attempt.status for attempt in tries(incident, "coordinator", "sms")] == ["queued"]
    assert found == [None] * 12 + [130, 140, 150]
    assert 'alertnet_late_seconds{queue="sms"} 150.0' in paced.client.get("/metrics").text
    assert "punctuality" in paced.client.get("/readyz").json()["trouble"]


def test_what_is_late_is_found_though_the_watch_began_on_a_clock_that_was_ahead(world: World) -> None:
    """A11: `/readyz` must not be green for an hour because nothing before then counts."""
    ahead(world)
    beats(world)
    set_right(world)
    reports(world)
    for _ in range(9):
        world.clock.at += timedelta(seconds=10)
        beats(world)

    assert world.client.get("/readyz").json()["late"]["sms"] > 60
    assert world.runtime.read(lambda tx: heartbeats.read(tx.session)[heartbeats.WATCH_SINCE].at) < world.clock.at
