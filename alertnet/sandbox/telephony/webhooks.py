"""Calls alertnet's webhooks as the provider does: signed, form-encoded, tried once, on loopback only."""

from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from datetime import datetime
from urllib.parse import urldefrag, urlsplit

import urllib3
from twilio.request_validator import RequestValidator

from alertnet.core.codec import value
from alertnet.sandbox.telephony.faults import Fault
from alertnet.sandbox.telephony.network import Network

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
HEADERS = {
    "User-Agent": "TwilioProxy/1.1",
    "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    "Accept": "*/*",
}
LIMITS = urllib3.Timeout(connect=5, read=15)
"""The provider's own limits, in seconds."""


@value
class WebhookAnswer:
    status: int
    body: str


@value
class Delivery:
    """One webhook and its answer; None where nobody could be reached."""

    url: str
    params: Mapping[str, str]
    answer: WebhookAnswer | None


class Unreachable(Exception):
    """No answer came: refused, reset or too late."""


Post = Callable[[str, Mapping[str, str], Mapping[str, str]], WebhookAnswer]
"""POSTs (url, form fields, headers); raises Unreachable where no answer comes."""


class Webhooks:
    """Signs with the account's token, over exactly the given URL and all fields, blank ones included."""

    def __init__(self, auth_token: str, post: Post) -> None:
        self._validator = RequestValidator(auth_token)
        self._post = post

    def post(self, url: str, params: Mapping[str, str]) -> Delivery:
        """Deliver a webhook now. A fragment in the URL is for the provider only, neither signed nor sent."""
        url = urldefrag(url).url
        signature = self._validator.compute_signature(url, params)
        headers = {**HEADERS, "X-Twilio-Signature": signature, "I-Twilio-Idempotency-Token": signature}
        try:
            return Delivery(url, params, self._post(url, params, headers))
        except Unreachable:
            return Delivery(url, params, None)

    def plan(
        self, network: Network, at: datetime, url: str, params: Mapping[str, str], faults: Container[Fault]
    ) -> None:
        """Plan a webhook for that moment: once, or as often as the faults say."""
        times = 0 if Fault.CALL_BACK_NEVER in faults else 2 if Fault.CALL_BACK_TWICE in faults else 1
        for _ in range(times):
            network.plan(at, lambda _: self.post(url, params))


def post_over_http() -> Post:
    """A `Post` over HTTP with kept connections, to loopback addresses only."""
    pool = urllib3.PoolManager(maxsize=8, timeout=LIMITS, retries=False)

    def post(url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> WebhookAnswer:
        if urlsplit(url).hostname not in LOOPBACK:
            raise Unreachable("the sandbox calls back on the loopback interface only")
        try:
            response = pool.request_encode_body("POST", url, fields=params, headers=headers, encode_multipart=False)
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(str(error)) from error
        return WebhookAnswer(response.status, response.data.decode(errors="replace"))

    return post


def visit(method: str, url: str) -> None:
    """Open a link as a scanner does, on loopback only; the result is ignored."""
    if urlsplit(url).hostname in LOOPBACK:
        with suppress(urllib3.exceptions.HTTPError):
            urllib3.request(method, url, timeout=LIMITS, retries=False, headers={"User-Agent": "LinkScanner/1.0"})


def deliver_due(network: Network) -> list[Delivery]:
    """Carry out all that is due by now and what follows from it; gives the delivered webhooks."""
    deliveries = []
    while (due := network.take_due()) is not None:
        at, action = due
        try:
            outcome = action(at)
        finally:
            network.done()
        if isinstance(outcome, Delivery):
            deliveries.append(outcome)
    return deliveries
