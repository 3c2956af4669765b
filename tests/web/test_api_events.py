"""The event stream: the timeline from where the follower stands, and what is written from then on, as it is written."""

import asyncio
import json
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.testclient import TestClient

from alertnet.cli.admin.actions import close_incident
from alertnet.core.incident import CloseReason
from alertnet.flows.credentials.pins import set_pins
from alertnet.flows.sms.receive_sms import receive_sms
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import api_keys
from alertnet.store.records.inbound import InboundText
from alertnet.web.app import make_app
from tests.web.conftest import MakeKey

REPORT = {"type": "arrest", "country": "CO"}
LONGEST = 20.0  # seconds until a stream that says nothing fails its test


async def follow(
    app: FastAPI,
    path: str,
    headers: dict[str, str],
    until: Callable[[str], bool],
    then: Callable[[str], None],
    parts: list[bytes] | None = None,
) -> str:
    """What the stream says; each time more has come `then` is called, and when `until` holds the follower goes away.

    `parts`: takes what came, as it came, which is compressed.
    """
    text, gone, unpacked = "", asyncio.Event(), zlib.decompressobj(wbits=31).decompress
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        for message in asked:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal text
        part = message.get("body", b"")
        if parts is not None:
            parts.append(part)
        text += (part if parts is None else unpacked(part)).decode()
        await asyncio.to_thread(then, text)
        if until(text):
            gone.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": urlsplit(path).path,
        "raw_path": path.encode(),
        "query_string": urlsplit(path).query.encode(),
        "headers": [(b"accept-encoding", b"identity" if parts is None else b"gzip")]
        + [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    await asyncio.wait_for(app(scope, receive, send), LONGEST)
    return text


def entries_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


def test_the_stream_tells_the_history_and_then_the_news(api: TestClient, runtime: Runtime) -> None:
    """What is committed while somebody follows arrives, in order, with its seq as the event's id."""
    ref = api.post("/v1/incidents", json=REPORT).json()["ref"]
    closed = iter([ref])

    def then(text: str) -> None:
        if "incident_opened" in text:
            for ref in closed:
                runtime.transact(close_incident, ref, CloseReason.RELEASED, None)

    headers = {"Authorization": api.headers["Authorization"]}
    text = asyncio.run(
        follow(make_app(runtime), f"/v1/incidents/{ref}/events", headers, lambda text: "incident_closed" in text, then)
    )

    told = entries_of(text)
    assert told == api.get(f"/v1/incidents/{ref}/timeline").json()["items"][: len(told)]
    assert "event: incident_closed" in text
    assert "id: 1\n" in text


def test_a_stream_ends_when_the_process_is_to_end(api: TestClient, runtime: Runtime) -> None:
    """A stop waited ten seconds for each stream, and took no new connection meanwhile."""
    ref = api.post("/v1/incidents", json=REPORT).json()["ref"]
    app, headers = make_app(runtime), {"Authorization": api.headers["Authorization"]}

    def then(text: str) -> None:
        if text:
            app.state.leaving.set()

    text = asyncio.run(follow(app, f"/v1/incidents/{ref}/events", headers, lambda _: False, then))

    assert entries_of(text)[0]["kind"] == "incident_opened"


def test_who_was_cut_off_goes_on_after_the_last_event(api: TestClient, runtime: Runtime) -> None:
    ref = api.post("/v1/incidents", json=REPORT).json()["ref"]
    headers = {"Authorization": api.headers["Authorization"], "Last-Event-ID": "1"}

    text = asyncio.run(
        follow(
            make_app(runtime), f"/v1/incidents/{ref}/events", headers, lambda text: "id: 2\n" in text, lambda _: None
        )
    )

    assert entries_of(text)[0]["seq"] == 2


def test_who_goes_away_in_the_midst_of_the_history_is_no_fault_of_ours(api: TestClient, runtime: Runtime) -> None:
    """A line may break while much is still to be told; the log has a line for each fault, and this is none."""
    ref = api.post("/v1/incidents", json=REPORT).json()["ref"]
    for text in "abcdefghijkl":
        assert api.post(f"/v1/incidents/{ref}/updates", json={"text": text}).status_code == 200
    assert len(api.get(f"/v1/incidents/{ref}/timeline").json()["items"]) > 12
    headers = {"Authorization": api.headers["Authorization"]}

    told = asyncio.run(
        follow(
            make_app(runtime), f"/v1/incidents/{ref}/events", headers, lambda text: "id: 1\n" in text, lambda _: None
        )
    )

    assert entries_of(told)[0]["kind"] == "incident_opened"


def test_a_revoked_key_ends_its_stream_before_the_next_entry(api: TestClient, runtime: Runtime) -> None:
    """Who may no longer read is told nothing more, though the connection stands."""
    ref = api.post("/v1/incidents", json=REPORT).json()["ref"]
    id, text = runtime.transact(api_keys.create, None, ["read"])
    revoked = iter([id])

    def then(text: str) -> None:
        if "incident_opened" in text:
            for id in revoked:
                runtime.transact(api_keys.revoke, id)
                runtime.transact(close_incident, ref, CloseReason.RELEASED, None)

    told = asyncio.run(
        follow(
            make_app(runtime),
            f"/v1/incidents/{ref}/events",
            {"Authorization": f"Bearer {text}"},
            lambda _: False,
            then,
        )
    )

    assert "incident_opened" in told
    assert "incident_closed" not in told


def test_a_revoked_key_ends_its_stream_though_nothing_happens(api: TestClient, runtime: Runtime) -> None:
    """A connection that stands idle is no longer anybody's: it ends within two looks of the listener."""
    ref = api.post("/v1/incidents", json=REPORT).json()["ref"]
    id, text = runtime.transact(api_keys.create, None, ["read"])
    revoked = iter([id])

    def then(text: str) -> None:
        if "incident_opened" in text:
            for id in revoked:
                runtime.transact(api_keys.revoke, id)

    headers = {"Authorization": f"Bearer {text}"}
    told = asyncio.run(follow(make_app(runtime), f"/v1/incidents/{ref}/events", headers, lambda _: False, then))

    assert "incident_opened" in told


def test_a_stream_names_duress_to_a_key_that_coordinates_alone(api: TestClient, key: MakeKey, runtime: Runtime) -> None:
    """B4: live as in the timeline."""
    runtime.transact(set_pins, "north/ana", "47110", "47990")
    sms = InboundText("SM1", "+573005550001", "ALERT 47990 32 L12")
    reply = runtime.transact(receive_sms, runtime.edition, sms)
    assert reply is not None

    def told(*scopes: str) -> str:
        path, headers = f"/v1/incidents/{reply.said.ref}/events", key(*scopes, team="north")
        return asyncio.run(
            follow(make_app(runtime), path, headers, lambda text: "alarm_raised" in text, lambda _: None)
        )

    assert '"pin": "duress"' in told("read", "coordinate")
    assert '"pin": "true"' in told("read")
    assert "duress" not in told("read")


def test_a_stream_of_an_unknown_incident_is_a_problem_and_no_stream(api: TestClient) -> None:
    response = api.get("/v1/incidents/A-7K3M/events")

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


def test_a_stream_needs_a_key_that_may_read(client: TestClient, key: MakeKey) -> None:
    assert client.get("/v1/incidents/A-7K3M/events").status_code == 401
    assert client.get("/v1/incidents/A-7K3M/events", headers=key("raise")).status_code == 403
