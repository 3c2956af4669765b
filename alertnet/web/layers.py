"""ASGI middleware around every request: counts answers, limits bodies, forbids caching, and gives everybody a turn."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

import structlog
from fastapi import HTTPException, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertnet.core.limits import AT_WORK, LONGEST_BODY, WAITING
from alertnet.core.monitoring.metrics import REFUSALS, WEBHOOKS, once
from alertnet.runtime.wiring import Runtime
from alertnet.web.auth import client_address, text_of_key
from alertnet.web.pages import try_later
from alertnet.web.problems import Problem

REFUSED = frozenset({401, 403, 408, 413, 429, 503})
"""Statuses of requests that were turned away regardless of their content."""

DOORS = {"/twilio": "webhook", "/v1": "api", "/a": "page", "/c": "page"}
"""The name in metrics by the first part of a route."""

SAID_BY_STATUS = frozenset({"/healthz", "/readyz"})
"""Paths that are asked every second. Their 503 is a normal answer, and is neither logged nor counted."""

NEVER_KEPT = (b"cache-control", b"no-store")

STREAMS = ("/live", "/events")
"""Ends of the paths that stay open for hours, which have limits of their own."""
Asker = tuple[str, str]
"""A link and who asks for it; or no link, and a key or session, which may be any text, also one that names a link."""
Crowded = Callable[[Request, Mapping[str, str]], Response]
"""Makes the page that says so in the console, with those headers."""
RETRY = {"Retry-After": "1"}
CROWDED = "too many requests of yours are under way: wait for their answers"

log = structlog.get_logger(__name__)


class Turns:
    """Lets a few requests with the same key, session or link be worked on at a time; some more wait (B9).

    Else whoever may read a page could ask for it hundreds of times at once, and the texts of the field would wait for
    a thread behind that. Who has somebody else's link keeps them out of nothing: a link is counted for each address.
    """

    def __init__(self, app: ASGIApp, runtime: Runtime, show_crowded: Crowded) -> None:
        self._app = app
        self._runtime = runtime
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
        if self._here[whose] >= AT_WORK + WAITING:
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
        if (path == "/v1/incidents" and scope["method"] == "POST") or path.startswith("/v1/devices/"):
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

    def __init__(self, app: ASGIApp, runtime: Runtime) -> None:
        self._app = app
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back."""
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
        if status >= 500:
            log.error("request_failed", method=scope["method"], route=route, status=status, error=error)
        if route.startswith("/twilio/"):
            self._runtime.counting.add(once(WEBHOOKS, route.removeprefix("/twilio/"), str(status)))
        if status in REFUSED:
            door = next((door for prefix, door in DOORS.items() if route.startswith(f"{prefix}/")), "other")
            self._runtime.counting.add(once(REFUSALS, door, str(status)))
