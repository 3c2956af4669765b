"""ASGI middleware around every request: counts answers, limits bodies and forbids caching."""

import structlog
from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertnet.core.limits import LONGEST_BODY
from alertnet.core.monitoring.metrics import REFUSALS, WEBHOOKS, once
from alertnet.runtime.wiring import Runtime

REFUSED = frozenset({401, 403, 408, 413, 429, 503})
"""Statuses of requests that were turned away regardless of their content."""

DOORS = {"/twilio": "webhook", "/v1": "api", "/a": "page", "/c": "page"}
"""The name in metrics by the first part of a route."""

SAID_BY_STATUS = frozenset({"/healthz", "/readyz"})
"""Paths that are asked every second. Their 503 is a normal answer, and is neither logged nor counted."""

NEVER_KEPT = (b"cache-control", b"no-store")

log = structlog.get_logger(__name__)


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
        door = next((door for prefix, door in DOORS.items() if route.startswith(f"{prefix}/")), "other")
        if status >= 500:
            log.error("request_failed", method=scope["method"], route=route, status=status, error=error)
        if door == "webhook":
            self._runtime.counting.add(once(WEBHOOKS, route.removeprefix("/twilio/"), str(status)))
        if status in REFUSED:
            self._runtime.counting.add(once(REFUSALS, door, str(status)))
