"""Counts how direct the route of one alarm is: files, functions, calls, jumps and statements of three routes.

It counts and does not time, so the figures are the same on every machine: what one SMS answer, one POST and one due
escalation run through in the program's own code, with the example trees on SQLite. A jump is a call into another file
than that of the call before.
"""

import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi.testclient import TestClient
from sqlalchemy import event

from alertnet.runtime.settings.settings import read_settings
from alertnet.runtime.wiring import Runtime, make_runtime
from alertnet.sandbox import Sandbox, WebhookAnswer
from alertnet.store.records.credentials import api_keys
from alertnet.store.upgrade import upgrade
from alertnet.web.app import make_app
from benchmarks.figures import Figure
from benchmarks.program import ACCOUNT, ROOT, settings
from tests.support.clock import Clock
from tests.support.timed_program import TimedProgram

PROGRAM = str(ROOT / "alertnet")
SANDBOX = str(ROOT / "alertnet" / "sandbox")
PUBLIC_URL = "https://alarm.example.org"
COORDINATOR = "+573005550101"
FRIDAY_NIGHT = datetime(2026, 11, 27, 2, 14, tzinfo=UTC)
REPORT = {
    "type": "arrest",
    "country": "CO",
    "consent": "international",
    "people": [{"code": "P7"}],
    "perpetrator": "army",
}
EXAMPLE = {path.name: path.read_text() for path in (ROOT / "contact_trees").iterdir() if path.is_file()}
BOOKKEEPING = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


@dataclass
class Route:
    """What was run through between its start and its end."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    """(file, function) of each call into the program, in order."""
    statements: int = 0

    def figures(self, name: str) -> list[Figure]:
        """The counts of the route."""
        files = [file for file, _ in self.calls]
        jumps = sum(here != there for here, there in pairwise(files))
        return [
            Figure(f"{name}: files", len(set(files)), ""),
            Figure(f"{name}: functions", len(set(self.calls)), ""),
            Figure(f"{name}: calls", len(files), ""),
            Figure(f"{name}: jumps", jumps, ""),
            Figure(f"{name}: statements", self.statements, ""),
        ]


class Recorder:
    """Records calls and statements of all threads while it follows a route."""

    def __init__(self) -> None:
        self._route: Route | None = None
        self._ends_outside = False

    @contextmanager
    def follows(self, *, until_the_provider: bool = False) -> Iterator[Route]:
        """Follow a route that ends with the block, or as soon as the provider is reached."""
        route = self._route = Route()
        self._ends_outside = until_the_provider
        yield route
        self._route = None

    def called(self, frame: FrameType, happening: str, _: object) -> None:
        """Record a call, as `sys.setprofile` reports it."""
        file = frame.f_code.co_filename
        if happening != "call" or self._route is None or not file.startswith(PROGRAM):
            return
        if frame.f_code.co_name.startswith("<"):
            return
        if not file.startswith(SANDBOX):
            self._route.calls.append((file, frame.f_code.co_qualname))
        elif self._ends_outside:
            self._route = None

    def executed(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        """Record a statement, as SQLAlchemy reports it before it is run."""
        if self._route is not None and not statement.startswith(BOOKKEEPING):
            self._route.statements += 1


class Stage(TimedProgram):
    """The program with a recorder of its calls."""

    def __init__(self, folder: Path, recorder: Recorder) -> None:
        self.recorder, self.answer, clock = recorder, Route(), Clock(FRIDAY_NIGHT)
        sandbox = Sandbox(
            account_sid=ACCOUNT[0], auth_token=ACCOUNT[1], public_url=PUBLIC_URL, now=clock, post=self._post
        )
        super().__init__(_wire(folder, sandbox.start(), clock), sandbox, clock)
        event.listen(self.runtime.engine, "before_cursor_execute", recorder.executed)
        self.client = TestClient(make_app(self.runtime))
        _, key = self.runtime.transact(api_keys.create, None, ("administer",))
        self.headers = {"Authorization": f"Bearer {key}"}

    def raises(self) -> str:
        """Report an incident, until its first message is given to the provider; returns its reference."""
        ref: str = self._posts("/v1/incidents", REPORT)["ref"]
        self.worker.step()
        return ref

    def closes_incident(self, ref: str) -> None:
        self._posts(f"/v1/incidents/{ref}/close", {"reason": "resolved"})
        self.settles()

    def coordinator_answers(self) -> None:
        """Send the code of the coordinator's latest alert from the coordinator's phone."""
        phone = self.sandbox.handset(COORDINATOR)
        words = re.sub(r"https?://\S+|\+\d+|[A-Z]-[A-Z2-9]{4}", " ", phone.inbox[-1])
        codes = re.findall(r"(?<!\d)(\d{4})(?!\d)", words)
        phone.sends(f"OK {codes[0]}")

    def ends(self) -> None:
        """Close the stage and delete its database."""
        self.client.close()
        self.runtime.close()
        self.sandbox.stop()

    def _posts(self, path: str, body: Mapping[str, object]) -> Any:
        answer = self.client.post(path, json=body, headers=self.headers)
        if not answer.is_success:
            raise RuntimeError(answer.text)
        return answer.json()

    def _post(self, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> WebhookAnswer:
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        with self.recorder.follows() as route:
            answer = self.client.post(path, data=dict(params), headers=dict(headers))
        if path == "/twilio/sms":
            self.answer = route
        return WebhookAnswer(answer.status_code, answer.text)


def measure() -> list[Figure]:
    """The counts of an SMS answer, of a POST until the provider is reached, and of a level that falls due."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    recorder = Recorder()
    threading.setprofile(recorder.called)
    sys.setprofile(recorder.called)
    try:
        with TemporaryDirectory(prefix="alertnet-route-") as folder:
            return _walk(Stage(Path(folder), recorder))
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _walk(stage: Stage) -> list[Figure]:
    """Count incidents after the first, which publishes the trees and fills caches; one is open at a time."""
    warming_up = stage.raises()
    stage.settles()
    stage.coordinator_answers()
    stage.settles()
    stage.closes_incident(warming_up)
    with stage.recorder.follows(until_the_provider=True) as post:
        first = stage.raises()
    stage.settles()
    stage.clock.forward(minutes=10)
    with stage.recorder.follows(until_the_provider=True) as due:
        stage.settles()
    stage.settles()
    stage.closes_incident(first)
    stage.raises()
    stage.settles()
    stage.coordinator_answers()
    stage.ends()
    return [*stage.answer.figures("SMS answer"), *post.figures("POST to provider"), *due.figures("due escalation")]


def _wire(folder: Path, sandbox: Sandbox, clock: Clock) -> Runtime:
    env = settings(folder, EXAMPLE, sandbox.api_url, PUBLIC_URL)
    env |= {"ALERTNET_SMTP_URL": sandbox.smtp_url, "ALERTNET_TWILIO_FROM": sandbox.number}
    runtime = make_runtime(read_settings(env), clock=clock)
    upgrade(runtime.engine)
    return runtime
