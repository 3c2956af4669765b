"""The cast: a sandbox with a clock of ours, the official SDK pointed at it, a receiver that judges each signature."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from alertnet.sandbox import Sandbox
from tests.support.clock import Clock
from tests.support.listening import Quiet, listening

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "a-token-for-tests"
OURS = "+15005550006"
ALICE = "+573005550001"
BOB = "+573005550002"
PATIENCE = 30
"""Seconds, on a machine that does much else."""


@dataclass
class Receiver:
    """Stands where alertnet's web stands: answers each path as told, and keeps what came."""

    url: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)

    def at(self, path: str) -> list[dict[str, str]]:
        return [params for where, params in self.got if where == path]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()
    validator = RequestValidator(TOKEN)

    class Handler(Quiet):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            params = dict(parse_qsl(self.received().decode(), keep_blank_values=True))
            if not validator.validate(kept.url + self.path, params, self.headers["X-Twilio-Signature"]):
                kept.forged.append(self.path)
            kept.got.append((self.path, params))
            answer = kept.answers.get(self.path, "<Response/>").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    with listening(Handler) as port:
        kept.url = f"http://127.0.0.1:{port}"
        yield kept
    assert kept.forged == [], "a webhook was not signed as the official validator wants it"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def sandbox(receiver: Receiver, clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(
        account_sid=ACCOUNT, auth_token=TOKEN, public_url=receiver.url, number=OURS, now=clock, ids=count(1)
    ) as running:
        yield running


def client_for(sandbox: Sandbox, token: str = TOKEN) -> Client:
    """The official SDK, pointed at the sandbox in the one line that production uses."""
    client = Client(ACCOUNT, token)
    client.api.base_url = sandbox.api_url
    client.http_client.timeout = PATIENCE
    return client


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    pointed = client_for(sandbox)
    yield pointed
    pointed.http_client.session.close()
