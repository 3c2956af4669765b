"""Live mode: time passes by itself."""

import threading
from collections.abc import Mapping

from alertnet.sandbox import Sandbox, WebhookAnswer
from tests.sandbox.conftest import ACCOUNT, ALICE, OURS, PATIENCE, TOKEN, client_for


def test_a_live_sandbox_delivers_and_reports_by_itself() -> None:
    delivered = threading.Event()

    def post(url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> WebhookAnswer:
        if params["MessageStatus"] == "delivered":
            delivered.set()
        return WebhookAnswer(204, "")

    with Sandbox(account_sid=ACCOUNT, auth_token=TOKEN, public_url="http://127.0.0.1", live=True, post=post) as live:
        client = client_for(live)
        client.messages.create(to=ALICE, from_=OURS, body="hello", status_callback="http://127.0.0.1/status")
        assert delivered.wait(PATIENCE)
        assert live.handset(ALICE).inbox == ["hello"]
        client.http_client.session.close()


def test_a_step_that_fails_stops_no_other() -> None:
    """A11: no fault spreads."""
    second = threading.Event()
    answers = iter([ValueError("a receiver that breaks")])

    def post(url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> WebhookAnswer:
        if fault := next(answers, None):
            raise fault
        second.set()
        return WebhookAnswer(204, "")

    with Sandbox(account_sid=ACCOUNT, auth_token=TOKEN, public_url="http://127.0.0.1", live=True, post=post) as live:
        client = client_for(live)
        client.messages.create(to=ALICE, from_=OURS, body="hello", status_callback="http://127.0.0.1/status")
        assert second.wait(PATIENCE)
        client.http_client.session.close()
