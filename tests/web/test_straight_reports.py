"""A report by a known key goes straight to its endpoint, and is answered as by all the layers that it passes by."""

import asyncio
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Message, Scope

from alertnet.runtime.wiring import Runtime
from alertnet.store.views import incident_list

REPORT = json.dumps({"type": "arrest", "country": "CO"}).encode()
HALF = len(REPORT) // 2
GONE: Message = {"type": "http.disconnect"}

Ask = Callable[..., tuple[Scope, list[Message]]]


def part(body: bytes, *, more_body: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more_body}


WHOLE = part(REPORT, more_body=False)


@pytest.fixture
def ask(api: TestClient) -> Ask:
    """Posts a report to the application itself, by a key that it knows: the request, and what was sent back."""
    assert api.post("/v1/incidents", content=REPORT, headers={"Content-Type": "application/json"}).status_code == 201
    app = api.app
    assert isinstance(app, FastAPI)
    headers = [(b"authorization", api.headers["Authorization"].encode()), (b"content-type", b"application/json")]
    about = {"type": "http", "method": "POST", "path": "/v1/incidents", "query_string": b"", "client": ("1.2.3.4", 1)}

    def post(*messages: Message, takes_answer: bool = True) -> tuple[Scope, list[Message]]:
        scope, left, sent = {**about, "headers": headers}, [*messages], list[Message]()

        async def receive() -> Message:
            return left.pop(0) if left else GONE

        async def send(message: Message) -> None:
            if not takes_answer:
                raise BrokenPipeError
            sent.append(message)

        with suppress(BrokenPipeError):
            asyncio.run(app(scope, receive, send))
        return scope, sent

    return post


def opened(runtime: Runtime) -> int:
    return runtime.read(lambda tx: len(incident_list.page(tx.session, None, None, 10, None)))


def test_a_report_passes_by_the_routes_unless_something_is_wrong_with_it(ask: Ask) -> None:
    (straight, taken), (usual, refused) = ask(WHOLE), ask(part(b"{", more_body=False))

    assert ("router" in straight, "router" in usual) == (False, True)
    assert (taken[0]["status"], refused[0]["status"]) == (201, 422)
    assert b"no JSON" in refused[1]["body"]


def test_a_report_in_pieces_is_one_report(ask: Ask, runtime: Runtime) -> None:
    first, second, end = REPORT[:HALF], REPORT[HALF:], b""

    _, sent = ask(part(first, more_body=True), part(second, more_body=True), part(end, more_body=False))

    assert (sent[0]["status"], opened(runtime)) == (201, 2)


def test_who_leaves_before_the_end_of_a_report_has_raised_nothing(ask: Ask, runtime: Runtime) -> None:
    """What has come may look whole, and its sender still be about to say more, or nothing of it."""
    ask(part(REPORT, more_body=True), GONE)
    before = opened(runtime)
    ask(WHOLE)

    assert (before, opened(runtime)) == (1, 2)


def test_what_was_done_is_not_done_again_where_its_answer_fails(ask: Ask, runtime: Runtime) -> None:
    """A1: the routes hear of the failure, and not of the report."""
    scope, _ = ask(WHOLE, takes_answer=False)

    assert ("router" in scope, opened(runtime)) == (True, 2)


def test_a_fault_of_ours_is_told_and_logged_alike(api: TestClient, tmp_path: Path, log: io.StringIO, ask: Ask) -> None:
    """A1: nothing is accepted by either way."""
    with closing(sqlite3.connect(tmp_path / "test.db")) as database:
        database.execute("ALTER TABLE incidents RENAME TO away")

    answers = [
        api.post("/v1/incidents", content=REPORT, headers={"Content-Type": type})
        for type in ("application/json", "application/json; charset=utf-8")
    ]

    straight, usual = answers
    assert straight.status_code == 500
    assert (straight.status_code, straight.headers, straight.text) == (usual.status_code, usual.headers, usual.text)
    first, second = (said(line) for line in log.getvalue().splitlines() if "request_failed" in line)
    assert first == second
    assert (first["route"], first["status"]) == ("/v1/incidents", 500)


def said(line: str) -> dict[str, Any]:
    return {key: value for key, value in json.loads(line).items() if key != "timestamp"}
