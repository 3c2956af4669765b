"""One request to a URL that the operator has set: what it sends, and what it makes of the answer."""

import socket
from collections.abc import Iterator, Mapping

import pytest

from alertnet.runtime.http_ping import ping
from tests.scenarios.outside import Place, Served, a_place


class Door:
    """A place that remembers who pinged it."""

    def __init__(self, place: Place) -> None:
        self.url = place.url
        self.answer: Served = (200, {})
        self.heard: list[tuple[str, str, bytes, Mapping[str, str]]] = []
        place.serve = self._open

    def _open(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Served:
        self.heard.append((method, path, body, headers))
        return self.answer


@pytest.fixture
def door() -> Iterator[Door]:
    with a_place() as place:
        yield Door(place)


def test_a_ping_is_a_plain_get_of_the_very_address(door: Door) -> None:
    assert ping(f"{door.url}/ping/5f1c?source=alertnet") is None

    ((method, path, body, _),) = door.heard
    assert (method, path, body) == ("GET", "/ping/5f1c?source=alertnet", b"")


def test_a_form_is_posted_with_the_headers_that_it_needs(door: Door) -> None:
    assert ping(f"{door.url}/twilio/sms", {"Body": "a b"}, {"X-Twilio-Signature": "s"}) is None

    ((method, _, body, headers),) = door.heard
    assert (method, body, headers["X-Twilio-Signature"]) == ("POST", b"Body=a+b", "s")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_user_in_the_address_authenticates(door: Door) -> None:
    """And is not sent as part of the host."""
    ping(door.url.replace("://", "://push:s%40cret@"))

    ((_, _, _, headers),) = door.heard
    assert headers["Authorization"] == "Basic cHVzaDpzQGNyZXQ="
    assert "push" not in headers["Host"]


@pytest.mark.parametrize("status", [302, 404, 503])
def test_every_answer_but_success_is_a_fault(door: Door, status: int) -> None:
    door.answer = (status, {"Location": door.url})

    assert ping(door.url) == str(status)
    assert len(door.heard) == 1


def test_an_address_that_no_request_can_carry_is_a_fault() -> None:
    """As a browser's bar shows it, where `xn--mnchen-3ya` is sent."""
    assert ping("https://münchen.example/ping") == "UnicodeEncodeError"


def test_where_nobody_listens_the_fault_has_a_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    assert ping(f"http://127.0.0.1:{port}/") == "ConnectionRefusedError"
