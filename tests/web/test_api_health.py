"""Whether the program is alive and ready, and what Prometheus is told."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient
from sqlalchemy import event

from alertnet.channels.base import Cause, NotSent
from alertnet.core.delivery.circuit_breaker import PATIENCE, RUN
from alertnet.core.delivery.provider_routes import FIRST, SECOND
from alertnet.core.directory.contact import MethodKind
from alertnet.core.monitoring.self_monitoring import AWAY_FOR
from alertnet.flows.sending.provider_health import note
from alertnet.runtime.database.transactions import NotWritable
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from alertnet.store.queues import workers
from tests.support.clock import Clock
from tests.support.metrics_page import metric
from tests.web.world import NOW, world_in

RULES = Path(__file__).parents[2] / "deploy/alertnet.rules.yaml"
REPORT = {"type": "arrest", "country": "CO"}
NOBODY = REPORT | {"exclude": ["coordinator"]}
"""Consent is internal, and all who are internal, the last resort too, are excluded: that wins over A2."""


def test_the_process_says_that_it_is_alive(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_whoever_asks_for_the_head_alone_is_told_the_same(client: TestClient, path: str) -> None:
    """Many a load balancer and watchdog asks by HEAD, and takes a 405 for a death."""
    head, whole = client.head(path), client.get(path)

    assert (head.status_code, head.text) == (whole.status_code, "")
    assert whole.text


def test_it_is_ready_with_a_database_trees_and_a_worker(client: TestClient, runtime: Runtime) -> None:
    runtime.transact(workers.beat, "a worker")

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "database": True,
        "trees": True,
        "worker": True,
        "heartbeat": True,
        "trouble": [],
        "late": {},
        "inbound_at": None,
        "unheard": [],
        "away": [],
        "fault": None,
    }


def test_it_is_not_ready_when_no_worker_was_seen_for_a_while(
    client: TestClient, runtime: Runtime, clock: Clock
) -> None:
    runtime.transact(workers.beat, "a worker")
    clock.forward(seconds=11)

    response = client.get("/readyz")

    assert (response.status_code, response.json()["worker"]) == (503, False)
    assert response.headers["Retry-After"] == "10"


def test_it_is_not_ready_without_the_database(client: TestClient, runtime: Runtime, tmp_path: Path) -> None:
    assert client.get("/readyz").json()["database"]
    runtime.engine.dispose()
    (tmp_path / "test.db").unlink()
    (tmp_path / "test.db").mkdir()

    response = client.get("/readyz")

    assert (response.status_code, response.json()["database"]) == (503, False)


@contextmanager
def full(runtime: Runtime) -> Iterator[None]:
    """The file may not grow, as on a full disk."""

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    runtime.engine.dispose()
    event.listen(runtime.engine, "connect", prepare)
    yield
    event.remove(runtime.engine, "connect", prepare)
    runtime.engine.dispose()


def fill(runtime: Runtime) -> None:
    def crowd(tx: Tx) -> None:
        for number in range(1000):
            workers.beat(tx, f"worker {number}")

    with pytest.raises(NotWritable):
        runtime.transact(crowd)


def test_it_is_not_ready_while_nothing_can_be_written_and_says_why(client: TestClient, runtime: Runtime) -> None:
    runtime.transact(workers.beat, "a worker")
    assert client.get("/readyz").json()["database"]
    with full(runtime):
        fill(runtime)
        # What there is can still be changed on a disk that is full, as long as it needs no more room.
        runtime.absence.is_time_to_try()

        metrics, response = client.get("/metrics").text, client.get("/readyz")

    assert metric(metrics, "alertnet_database_up") == 0
    assert (response.status_code, response.json()["database"]) == (503, False)
    assert response.json()["fault"].endswith("is full")


def test_it_is_ready_again_once_something_can_be_written_although_nobody_else_writes(
    client: TestClient, runtime: Runtime
) -> None:
    """A web without a worker, from which traffic is kept while it is not ready, would never know."""
    runtime.transact(workers.beat, "a worker")
    with full(runtime):
        fill(runtime)

    response = client.get("/readyz")

    assert (response.status_code, response.json()["fault"]) == (200, None)
    assert metric(client.get("/metrics").text, "alertnet_database_up") == 1


def test_an_incident_that_nobody_may_hear_of_is_named(api: TestClient) -> None:
    """A2: if nobody at all is left, the answer, `/readyz` and the metrics say so."""
    answer = api.post("/v1/incidents", json=NOBODY).json()

    assert answer["escalations"] == []
    assert "nobody" in answer["warnings"][0]
    assert api.get("/readyz").json()["unheard"] == [answer["ref"]]
    assert "alertnet_unheard_incidents 1.0" in api.get("/metrics").text


def test_a_provider_that_is_away_is_named_and_stops_no_traffic(tmp_path: Path) -> None:
    """Reports still come in, and wait: a load balancer must not turn them away."""
    with world_in(tmp_path) as world:
        world.runtime.transact(workers.beat, "a worker")
        for _ in range(RUN):
            world.runtime.transact(note, (MethodKind.SMS, FIRST), NotSent("TimeoutError"))

        response = world.client.get("/readyz")

        assert response.status_code == 200
        assert response.json()["away"] == [{"method": "sms", "provider": "1", "since": NOW.isoformat()}]
        assert 'alertnet_provider_away_seconds{method="sms",provider="1"} 0.0' in world.client.get("/metrics").text


def test_a_number_that_has_no_other_provider_is_in_trouble_where_it_says_how_we_stand(tmp_path: Path) -> None:
    """A11: as coordinators are told by the watch; the page said that another provider had taken over."""
    account = {"TWILIO_2_ACCOUNT_SID": "AC" + "2" * 32, "TWILIO_2_AUTH_TOKEN": "t"}
    only = {"ALERTNET_TWILIO_2_FROM": "+15005550016", "ALERTNET_ROUTES": "+57=2 *=1,2"}
    with world_in(tmp_path, **account, **only) as world:
        for _ in range(RUN):
            world.runtime.transact(note, (MethodKind.SMS, SECOND), NotSent("TimeoutError"))
        vars(world.runtime)["clock"] = Clock(NOW + AWAY_FOR + timedelta(seconds=1))

        trouble = world.client.get("/readyz").json()["trouble"]

    assert "sms" in trouble
    assert "providers" not in trouble


@pytest.mark.parametrize(
    ("pause", "since"), [(PATIENCE, []), (2 * PATIENCE, [NOW.isoformat()])], ids=["a moment", "long"]
)
def test_a_provider_that_asks_for_a_long_pause_is_away(tmp_path: Path, pause: timedelta, since: list[str]) -> None:
    """A7: nothing leaves by it meanwhile; a pause that is waited for is no absence."""
    with world_in(tmp_path) as world:
        world.runtime.transact(note, (MethodKind.SMS, FIRST), NotSent("20429", pause, Cause.TOO_FAST))

        away = world.client.get("/readyz").json()["away"]
        metrics = world.client.get("/metrics").text

        assert [each["since"] for each in away] == since
        assert ('alertnet_provider_away_seconds{method="sms",provider="1"} 0.0' in metrics) == bool(since)


def test_a_provider_that_is_not_there_any_more_is_not_away(tmp_path: Path) -> None:
    """Whoever takes a broken provider out of the settings has done with it."""
    with world_in(tmp_path) as world:
        for provider in [FIRST, SECOND] * RUN:
            world.runtime.transact(note, (MethodKind.SMS, provider), NotSent("TimeoutError"))

        away = world.client.get("/readyz").json()["away"]

        assert [each["provider"] for each in away] == [FIRST]


def test_what_is_late_is_named_and_stops_no_traffic(api: TestClient, runtime: Runtime, clock: Clock) -> None:
    """Which part is in trouble; the heartbeat stops, and reports still come in."""
    runtime.transact(heartbeats.note, heartbeats.WATCH_SINCE)
    api.post("/v1/incidents", json=REPORT)
    clock.forward(seconds=61)
    runtime.transact(workers.beat, "a worker")

    response = api.get("/readyz")

    found = response.json()
    assert (response.status_code, found["heartbeat"], found["trouble"]) == (200, False, ["punctuality"])
    assert found["late"]["sms"] == 61


def test_the_metrics_show_what_the_watch_sees(api: TestClient, runtime: Runtime, clock: Clock) -> None:
    runtime.transact(heartbeats.note, heartbeats.WATCH_SINCE)
    runtime.transact(heartbeats.note, heartbeats.HEARTBEAT)
    beat_at = clock().timestamp()
    api.post("/v1/incidents", json=REPORT)
    runtime.transact(heartbeats.note_lost_report, MethodKind.SMS, clock() + timedelta(seconds=1))
    runtime.transact(workers.beat, "a worker")
    clock.forward(seconds=61)

    lines = api.get("/metrics").text.splitlines()

    assert 'alertnet_trouble{part="punctuality"} 1.0' in lines
    assert 'alertnet_trouble{part="inbound"} 0.0' in lines
    assert "alertnet_heartbeat_allowed 0.0" in lines
    assert 'alertnet_late_seconds{queue="sms"} 61.0' in lines
    assert 'alertnet_unsent_attempts{method="sms"} 1.0' in lines
    assert 'alertnet_unsent_attempts{method="call"} 0.0' in lines
    assert "alertnet_workers_missing 1.0" in lines
    assert "alertnet_worker_age_seconds 61.0" in lines
    assert 'alertnet_reports_lost{method="sms"} 1.0' in lines
    assert float(next(line for line in lines if line.startswith("alertnet_heartbeat_time")).split()[1]) == beat_at


def test_the_metrics_allow_no_heartbeat_once_no_worker_is_left_to_send_it(
    api: TestClient, runtime: Runtime, clock: Clock
) -> None:
    """A11: all is in order but that nobody works; Prometheus must not read that the heartbeat goes on."""
    runtime.transact(workers.beat, "a worker")
    runtime.transact(heartbeats.note, heartbeats.INBOUND)
    before = api.get("/metrics").text.splitlines()
    clock.forward(seconds=15)

    after, ready = api.get("/metrics").text.splitlines(), api.get("/readyz").json()

    assert "alertnet_heartbeat_allowed 1.0" in before
    assert "alertnet_heartbeat_allowed 0.0" in after
    assert (ready["heartbeat"], ready["trouble"]) == (False, [])


def test_the_metrics_count_what_is_open_waiting_and_overdue(api: TestClient, clock: Clock) -> None:
    api.post("/v1/incidents", json=REPORT)
    clock.forward(seconds=30)

    lines = api.get("/metrics").text.splitlines()

    assert 'alertnet_open_incidents{severity="critical"} 1.0' in lines
    assert 'alertnet_attempts{method="sms",status="queued"} 1.0' in lines
    assert 'alertnet_queue_overdue{queue="attempts"} 1.0' in lines
    assert 'alertnet_queue_oldest_overdue_seconds{queue="attempts"} 30.0' in lines
    assert 'alertnet_queue_waiting{queue="escalations"} 2.0' in lines
    assert 'alertnet_queue_overdue{queue="escalations"} 0.0' in lines


def test_the_rules_for_prometheus_ask_for_metrics_that_there_are(api: TestClient) -> None:
    """A rule on a name that nobody gives never rings."""
    rules = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    asked = [re.findall(r"alertnet_\w+", rule["expr"]) for rule in rules]

    given = api.get("/metrics").text

    assert len(asked) == 4
    assert [name for names in asked for name in names if f"# TYPE {name} gauge" not in given] == []
    assert all(asked)


def test_the_metrics_leave_out_what_is_closed(api: TestClient) -> None:
    closed = api.post("/v1/incidents", json=REPORT).headers["Location"]
    before = api.get("/metrics").text
    api.post(f"{closed}/close", json={"reason": "resolved"})

    after = api.get("/metrics").text

    for family in ("alertnet_open_incidents{", "alertnet_attempts{"):
        assert family in before
        assert family not in after
