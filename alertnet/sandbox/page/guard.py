"""Keeps every other page out: a name that was bent to this machine, and a form or script of another site."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAMES = ("127.0.0.1", "localhost", "[::1]")
LONGEST_BODY = 16_384
"""Bytes."""
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
)


class Guard:
    """Refuses what does not come from the page itself, and says to the browser how little the page needs."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope["method"], Headers(scope=scope))
        await (refusal or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        host = headers.get("Host", "")
        if host not in self._hosts:
            # Another name for this address is how a strange site would read the page (DNS rebinding).
            return PlainTextResponse("This page is only for this machine.\n", 421)
        if method in ("GET", "HEAD"):
            return None
        if headers.get("Origin") != f"http://{host}":
            return PlainTextResponse("Only the page itself may do this.\n", 403)
        if not headers.get("Content-Length", "").isdecimal() or int(headers["Content-Length"]) > LONGEST_BODY:
            return PlainTextResponse(f"At most {LONGEST_BODY} bytes, of a length that is said.\n", 413)
        return None


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Content-Security-Policy", POLICY)
        await send(message)

    return send_with_headers
