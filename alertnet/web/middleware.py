"""ASGI middleware around every request: counts answers, limits bodies, forbids caching, and gives everybody a turn.

What comes most passes by all of it (`Straight`).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog
from fastapi import HTTPException, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertnet.core.limits import ACTS, AT_WORK, LONGEST_BODY, WAITING
from alertnet.core.monitoring.metrics import REFUSALS, WEBHOOKS, once
from alertnet.runtime.wiring import Runtime
from alertnet.web.auth import client_address, is_report, text_of_key
from alertnet.web.pages import try_later
from alertnet.web.problems import Problem, Route
from alertnet.web.throttle import Throttle

REFUSED = frozenset({401, 403, 408, 413, 429, 503})
"""Statuses of requests that were turned away regardless of their content."""

DOORS = {"/twilio": "webhook", "/v1": "api", "/a": "page", "/c": "page"}
"""The name in metrics by the first part of a route."""

SAID_BY_STATUS = frozenset({"/healthz", "/readyz"})
"""Paths that are asked every second. Their 503 is a normal answer, and is neither logged nor counted."""

NEVER_KEPT = (b"cache-control", b"no-store")

HeadersAsCame = Mapping[bytes, bytes]
Way = Callable[[Scope, HeadersAsCame, bytes], Awaitable[Response | None]]
"""Answers a POST with these headers, each once, and this body; None where it would rather leave it to FastAPI."""
RAISED = "alertnet.raised"
"""Of a request's scope: what was raised on the straight way."""

LONGEST_LINK = 64
"""Characters of a link that are remembered: ours are shorter, and whatever else is asked for must fill no memory."""

STREAMS = ("/live", "/events")
"""Ends of the paths that stay open for hours, which have limits of their own."""
Asker = tuple[str, str]
"""A link and who asks for it; or no link, and a key or session, which may be any text, also one that names a link."""
Crowded = Callable[[Request, Mapping[str, str]], Response]
"""Makes the page that says so in the console, with those headers."""
RETRY = {"Retry-After": "1"}
CROWDED = "too many requests of yours are under way: wait for their answers"

log = structlog.get_logger(__name__)


class Straight:
    """ASGI application that answers by ways of their own what comes most, and leaves every other request to FastAPI.

    FastAPI's layers prepare each request for everything that a route might ask for, which took most of the web's part
    of an alarm, and of hearing that it has arrived.
    """

    def __init__(self, app: ASGIApp, ways: Mapping[str, Way]) -> None:
        """`ways`: by a path, or by its beginning up to the last slash."""
        self._app = app
        self._ways = ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on with what has come of its body."""
        way = self._way(scope)
        if way is not None:
            came: list[Message] = []
            try:
                response = await _by(way, scope, receive, came)
                if response is not None:
                    response.raw_headers.append(NEVER_KEPT)
                    await response(scope, receive, send)
                    return
            except Exception as error:
                scope[RAISED] = error
            receive = _after(came, receive)
        await self._app(scope, receive, send)

    def _way(self, scope: Scope) -> Way | None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        path: str = scope["path"]
        return self._ways.get(path) or self._ways.get(path[: path.rfind("/") + 1])


async def _by(way: Way, scope: Scope, receive: Receive, came: list[Message]) -> Response | None:
    headers = dict(scope["headers"])
    is_plain = len(headers) == len(scope["headers"])
    body = await _body(receive, came) if is_plain else None
    return None if body is None else await way(scope, headers, body)


async def _body(receive: Receive, came: list[Message]) -> bytes | None:
    """The body, unless it is too long or the client has gone. Adds to `came` what is received."""
    size = 0
    while not came or came[-1].get("more_body"):
        came.append(await receive())
        size += len(came[-1].get("body", b""))
        if size > LONGEST_BODY or came[-1]["type"] == "http.disconnect":
            return None
    return b"".join([message.get("body", b"") for message in came])


def _after(came: Iterable[Message], receive: Receive) -> Receive:
    """Receives once more what came, then what follows."""
    again = iter(came)

    async def receive_again() -> Message:
        return next(again, None) or await receive()

    return receive_again


class Raising(Route):
    """A route that raises what was raised on the straight way, so that FastAPI turns it into an answer."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if RAISED in scope:
            raise scope[RAISED]
        await super().handle(scope, receive, send)


class Turns:
    """Lets a few requests with the same key, session or link be worked on at a time; some more wait (B9).

    Else whoever may read a page could ask for it hundreds of times at once, and the texts of the field would wait for
    a thread behind that. Who has somebody else's link keeps them out of nothing: a link is counted for each address.
    """

    def __init__(self, app: ASGIApp, runtime: Runtime, throttle: Throttle, show_crowded: Crowded) -> None:
        self._app = app
        self._runtime = runtime
        self._throttle = throttle
        self._show_crowded = show_crowded
        self._here: Counter[Asker] = Counter()
        """How many requests of each are worked on or wait."""
        self._turns: dict[Asker, asyncio.Semaphore] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when it is its turn; 429 where too many wait before it."""
        whose = self._whose(scope) if scope["type"] == "http" else None
        if whose is None:
            await self._app(scope, receive, send)
            return
        if self._here[whose] >= AT_WORK + WAITING or self._presses_too_often(scope, whose):
            await self._turned_away(scope)(scope, receive, send)
            return
        self._here[whose] += 1
        try:
            async with self._turns.setdefault(whose, asyncio.Semaphore(AT_WORK)):
                await self._app(scope, receive, send)
        finally:
            self._here[whose] -= 1
            if not self._here[whose]:
                del self._here[whose], self._turns[whose]

    def _presses_too_often(self, scope: Scope, whose: Asker) -> bool:
        """Count a button pressed on a link; whether nobody presses by hand that often. Each stays in the history."""
        link, address = whose
        if not link or scope["method"] != "POST":
            return False
        return self._throttle.wait(ACTS, f"{link[:LONGEST_LINK]} {address}", self._runtime.now()) is not None

    def _turned_away(self, scope: Scope) -> Response:
        """The answer where too many wait: a page or words for people, a problem document for programs."""
        path: str = scope["path"]
        if path.startswith(("/a/", "/c/")):
            return try_later(self._runtime, 429, RETRY)
        if path.startswith("/desk"):
            return self._show_crowded(Request(scope), RETRY)
        return Problem(429, CROWDED, RETRY)

    def _whose(self, scope: Scope) -> Asker | None:
        """The key, session or link of a request; None where it needs none, is a report, or stays open."""
        path: str = scope["path"]
        if is_report(scope):
            return None
        if path.startswith(("/a/", "/c/")):
            return path, client_address(Request(scope), self._runtime.settings.trusted_proxies)
        if path.endswith(STREAMS) or not path.startswith(("/v1/", "/desk")):
            return None
        request = Request(scope)
        said = text_of_key(request) if path.startswith("/v1/") else request.cookies.get("desk")
        return None if said is None else ("", said)


class Around:
    """Counts answers, logs each fault of ours (5xx), and limits the body to `LONGEST_BODY`.

    No browser or proxy may store an answer, since it may name somebody or be out of date in a moment.
    """

    def __init__(self, app: ASGIApp, runtime: Runtime, throttle: Throttle) -> None:
        self._app = app
        self._runtime = runtime
        self._throttle = throttle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            # Count the bytes, whatever Content-Length says.
            if size > LONGEST_BODY:
                raise HTTPException(413, f"the body is longer than {LONGEST_BODY} bytes")
            return message

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [header for header in message["headers"] if header[0] != NEVER_KEPT[0]]
                message["headers"] = [*headers, NEVER_KEPT]
                self._count(scope, message["status"])
            await send(message)

        try:
            await self._app(scope, counted, observed)
        except Exception as error:
            self._count(scope, 500, type(error).__name__)
            raise

    def _count(self, scope: Scope, status: int, error: str | None = None) -> None:
        route = getattr(scope.get("route"), "path", "other")
        if route in SAID_BY_STATUS:
            return
        if status == 503:
            # Strangers bring it about as often as they like, at the sign-in.
            reason, method = f"{status} {route}", scope["method"]
            self._throttle.warn(
                "request_failed", self._runtime.now(), reason=reason, method=method, route=route, status=status
            )
        elif status >= 500:
            log.error("request_failed", method=scope["method"], route=route, status=status, error=error)
        if route.startswith("/twilio/"):
            self._runtime.counting.add(once(WEBHOOKS, route.removeprefix("/twilio/"), str(status)))
        if status in REFUSED:
            door = next((door for prefix, door in DOORS.items() if route.startswith(f"{prefix}/")), "other")
            self._runtime.counting.add(once(REFUSALS, door, str(status)))
