"""Hundreds of requests that are begun and never finished keep nobody from being heard, and no mail from leaving."""

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.processes.installation import ARREST, REPOSITORY, Installation, eventually

MOST_FILES = 400
HANGING = 500
"""More than the process may open, so that whoever lets all of them in has nothing left."""
QUICK_SECONDS = 7.0
"""Less than the ten after which the server itself ends them, besides what a start takes on the same machine."""
HALF_A_HEAD = b"POST /v1/incidents HTTP/1.1\r\nHost: alarm\r\nContent-Le"
HALF_A_BODY = b"POST /twilio/sms HTTP/1.1\r\nHost: alarm\r\nContent-Length: 5000\r\n\r\nBody=SO"
MAILBOX = "duty@pbi-colombia.example"


@contextmanager
def half_sent(port: int, *beginnings: bytes) -> Iterator[None]:
    """So many connections, on each of which one of these was sent; nothing follows."""
    with ExitStack() as stack:
        for number in range(HANGING):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            connection.sendall(beginnings[number % len(beginnings)])
        yield


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """One whose coordinators are told by mail at once, too."""
    trees = shutil.copytree(REPOSITORY / "contact_trees", tmp_path / "trees")
    tree = trees / "colombia.yaml"
    tree.write_text(tree.read_text().replace(f"{MAILBOX}, after: 3m", MAILBOX))
    installed = Installation(tmp_path, f"sqlite:///{tmp_path / 'alertnet.db'}", trees=trees)
    yield installed
    installed.close()


def test_whoever_sends_half_a_request_keeps_nobody_waiting(installation: Installation) -> None:
    """A1, A11: the API, the webhooks and the mail go on, with more connections hanging than the process may open."""
    installation.most_files = MOST_FILES
    starting = time.monotonic()
    installation.is_up(installation.serves(), workers=1)

    with half_sent(installation.port, b"", HALF_A_HEAD, HALF_A_BODY):
        began = time.monotonic()
        quick = QUICK_SECONDS + began - starting
        raised = installation.asks("/v1/incidents", ARREST)
        reply = installation.coordinator.sends("hello")
        took = time.monotonic() - began
        eventually(lambda: installation.heard(raised.body["ref"]), "the text goes out", within_seconds=quick)
        eventually(lambda: installation.sandbox.mailbox(MAILBOX).mails, "the mail goes out", within_seconds=quick)

    assert raised.status == 201
    assert reply
    assert took < quick
