"""The limits of the API: how often a key asks, how many streams it holds, and what wrong keys are answered (B9)."""

import asyncio
import re
from contextlib import AsyncExitStack
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alertnet.core.limits import EVENT_STREAMS, LONGEST_BODY, LONGEST_NOTE, REQUESTS, WRONG_KEYS
from alertnet.runtime.wiring import Runtime
from alertnet.web.app import make_app
from tests.conftest import Logged
from tests.support.clock import Clock
from tests.web.conftest import MakeKey, settings_for
from tests.web.test_api_events import follow

REPORT = {"type": "arrest", "country": "CO"}
WRONG = {"Authorization": "Bearer alertnet_abcdefgh_00"}
PROXY, CLIENT, OTHER = "10.1.0.7", "203.0.113.5", "203.0.113.6"


def guesses(client: TestClient, times: int, **headers: str) -> list[int]:
    """The statuses of so many requests with a wrong key."""
    return [client.get("/v1/incidents", headers=WRONG | headers).status_code for _ in range(times)]


def metric(client: TestClient, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(name)).rpartition(" ")[2])


def test_of_wrong_keys_from_an_address_ten_a_minute_are_looked_at(
    client: TestClient, clock: Clock, key: MakeKey
) -> None:
    """B9: the others are told to wait, while a right key goes on working from there; in a minute all is as before."""
    right = key("read")

    assert guesses(client, 12) == [401] * 10 + [429] * 2
    slowed = client.get("/v1/incidents", headers=WRONG)
    assert (slowed.headers["Retry-After"], slowed.headers["content-type"]) == ("60", "application/problem+json")
    assert client.get("/v1/incidents", headers=right).status_code == 200
    clock.forward(seconds=61)
    assert guesses(client, 1) == [401]


def test_no_key_and_a_key_of_another_scope_are_no_wrong_keys(client: TestClient, key: MakeKey) -> None:
    reads = key("read")
    for _ in range(WRONG_KEYS.most + 1):
        assert client.get("/v1/incidents").status_code == 401
        assert client.post("/v1/incidents", json=REPORT, headers=reads).status_code == 403

    assert guesses(client, 1) == [401]


def test_wrong_keys_are_counted_and_said_once_a_minute_without_the_key(
    client: TestClient, clock: Clock, logged: Logged
) -> None:
    """A9: the log never holds a key, not even a wrong one: it may be a right one with a slip."""
    guesses(client, 15)
    clock.forward(seconds=61)
    guesses(client, 1)

    said = [line for line in logged() if "wrong_api_keys" in line]
    assert len(said) == 2
    assert re.search(r"times\W+15\b", said[1])
    assert "abcdefgh" not in str(said)
    assert metric(client, "alertnet_wrong_keys_total") == 16
    assert metric(client, 'alertnet_requests_dropped_total{limit="wrong_keys"}') == 5


@pytest.fixture
def behind_a_proxy(runtime: Runtime, clock: Clock) -> TestClient:
    """A client whose requests come from a proxy that the settings trust."""
    vars(runtime)["settings"] = settings_for(
        str(runtime.engine.url), ALERTNET_TRUSTED_PROXIES="10.1.0.0/16, 2001:db8::1"
    )
    return TestClient(make_app(runtime), client=(PROXY, 1), raise_server_exceptions=False)


def test_a_trusted_proxy_is_believed_about_its_client(behind_a_proxy: TestClient) -> None:
    """The last that it added counts; what the client wrote before it does not."""
    for number in range(WRONG_KEYS.most):
        assert guesses(behind_a_proxy, 1, **{"X-Forwarded-For": f"198.51.100.{number}, {CLIENT}"}) == [401]

    assert guesses(behind_a_proxy, 1, **{"X-Forwarded-For": f"198.51.100.99, {CLIENT}, {PROXY}"}) == [429]
    assert guesses(behind_a_proxy, 1, **{"X-Forwarded-For": OTHER}) == [401]


def test_nobody_else_is_believed_about_an_address(client: TestClient) -> None:
    """Else each guess would come from an address of its own."""
    statuses = [guesses(client, 1, **{"X-Forwarded-For": f"198.51.100.{number}"})[0] for number in range(11)]

    assert statuses == [401] * 10 + [429]


@pytest.mark.parametrize(
    ("peer", "headers", "why"),
    [
        ("10.1.0.7", {"X-Forwarded-For": CLIENT}, None),
        ("10.1.0.7", {"X-Real-IP": CLIENT}, "the front does not say who asks"),
        ("172.17.0.1", {"X-Forwarded-For": CLIENT}, "the front is not trusted"),
        ("10.1.0.7", {"X-Forwarded-For": f"{CLIENT}, 10.2.0.1"}, "the front is not trusted"),
        ("127.0.0.1", {}, "the front does not say who asks"),
        ("192.168.1.9", {}, None),
        ("20.30.40.50", {"X-Forwarded-For": CLIENT}, None),
    ],
)
def test_the_log_says_where_a_front_makes_one_of_everybody(
    runtime: Runtime, behind_a_proxy: TestClient, logged: Logged, peer: str, headers: dict[str, str], why: str | None
) -> None:
    """Else whoever guesses shuts everybody out, and nobody knows why. A stranger gives no advice whom to trust."""
    guesses(TestClient(behind_a_proxy.app, client=(peer, 1)), 2, **headers)

    lines = logged()
    assert any("wrong_api_keys" in line for line in lines)
    said = [line for line in lines if "client_address_hidden" in line]
    assert [str(why) in line for line in said] == ([True] if why else [])


def test_a_key_asks_fifty_times_a_second(client: TestClient, clock: Clock, key: MakeKey) -> None:
    """B9: each key has its own room, and raising an incident is never limited."""
    busy, other = key("read", "raise"), key("read")
    statuses = [client.get("/v1/incidents", headers=busy).status_code for _ in range(REQUESTS.most + 1)]

    assert statuses == [200] * REQUESTS.most + [429]
    refused = client.get("/v1/incidents", headers=busy)
    assert refused.headers["Retry-After"] == "1"
    assert "50 times in a second" in refused.json()["detail"]
    assert client.get("/v1/incidents", headers=other).status_code == 200
    assert client.post("/v1/incidents", json=REPORT, headers=busy).status_code == 201
    clock.forward(seconds=1)
    assert client.get("/v1/incidents", headers=busy).status_code == 200


def test_what_is_no_report_is_limited_by_whatever_scope_it_is_let_in(client: TestClient, key: MakeKey) -> None:
    """B9: journeys and check-ins too. A device's alarm is a report, whatever scope its key has."""
    busy, device = key("raise"), key("device:d1", team="north")
    statuses = [client.post("/v1/journeys", json={}, headers=busy).status_code for _ in range(REQUESTS.most + 1)]
    pressed = [client.post("/v1/devices/d1/alarm", headers=device).status_code for _ in range(REQUESTS.most + 1)]

    assert statuses == [422] * REQUESTS.most + [429]
    assert client.post("/v1/incidents", json=REPORT, headers=busy).status_code == 201
    assert 429 not in pressed


def test_a_key_holds_twenty_event_streams(api: TestClient, runtime: Runtime) -> None:
    """B9: the next one is told to wait; when one ends there is room again."""
    ref = api.post("/v1/incidents", json=REPORT).json()["ref"]
    headers = {"Authorization": api.headers["Authorization"]}
    key_id = headers["Authorization"].split("_")[1]
    app = make_app(runtime)
    path = f"/v1/incidents/{ref}/events"

    def opens() -> str:
        return asyncio.run(follow(app, path, headers, lambda text: "incident_opened" in text, lambda _: None))

    async def one_more() -> Any:
        async with AsyncExitStack() as stack:
            for _ in range(EVENT_STREAMS):
                await stack.enter_async_context(app.state.live.following("another", key_id))
            return await asyncio.to_thread(TestClient(app).get, path, headers=headers)

    assert "incident_opened" in opens()
    refused = asyncio.run(one_more())
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
    assert "20 event streams" in refused.json()["detail"]
    assert "incident_opened" in opens()


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/incidents/A-7K3M", "/v1/nothing", "/v1/trees"])
def test_no_answer_of_the_api_is_kept_by_a_browser_or_proxy(api: TestClient, path: str) -> None:
    assert api.get(path).headers["Cache-Control"] == "no-store"
    assert TestClient(api.app).get(path).headers["Cache-Control"] == "no-store"


def test_a_body_of_more_than_64_kilobytes_is_refused(api: TestClient) -> None:
    body: dict[str, Any] = REPORT | {"details": "x" * 40_000}

    assert api.post("/v1/incidents", json=body).status_code == 201
    too_long = api.post(
        "/v1/incidents", content=b" " * (LONGEST_BODY + 1), headers={"Content-Type": "application/json"}
    )
    assert too_long.status_code == 413


def test_a_note_has_at_most_500_characters(api: TestClient) -> None:
    ref = api.post("/v1/incidents", json=REPORT).json()["ref"]
    deed = {"contact": "coordinator", "action": "visited"}

    assert api.post(f"/v1/incidents/{ref}/actions", json=deed | {"note": "x" * LONGEST_NOTE}).status_code == 200
    refused = api.post(f"/v1/incidents/{ref}/actions", json=deed | {"note": "x" * (LONGEST_NOTE + 1)})
    assert [error["field"] for error in refused.json()["errors"]] == ["note"]
