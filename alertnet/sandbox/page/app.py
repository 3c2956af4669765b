"""Serves the page on loopback only, accepts only its own buttons, and updates it by Server-Sent Events."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.resources import files
from threading import Event

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertnet.core.errors import AlertnetError
from alertnet.sandbox.mail import Mailbox
from alertnet.sandbox.page.acts import ACTS, STATUS, Act, address_of
from alertnet.sandbox.page.evening import Evening
from alertnet.sandbox.page.view import View

NAMES = ("127.0.0.1", "localhost", "[::1]")
LONGEST_BODY = 16_384
"""The longest body, in bytes."""
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

FRAMED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
}
IN_A_NEW_TAB = '<base target="_blank">'

LOOK_SECONDS = 0.25
STATIC = {"page.css": "text/css", "devices.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


class Guard:
    """Refuses requests that don't come from the page itself, and sets strict security headers."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope["method"], Headers(scope=scope))
        await (refusal or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        host = headers.get("Host", "")
        if host not in self._hosts:
            # Another host name for this address is how a foreign site could read the page (DNS rebinding).
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


def show_letter(mailbox: Mailbox, place: int, part: str) -> Response:
    """The mail at that position, counted from the oldest: its `html`, or its plain `text`."""
    if place >= len(mailbox.mails) or part not in ("html", "text"):
        return PlainTextResponse("There is no such mail.\n", 404)
    mail = mailbox.mails[place]
    if part == "html" and mail.html:
        return Response(_opening_elsewhere(mail.html), headers=FRAMED, media_type="text/html")
    return Response(mail.text, headers=FRAMED, media_type="text/plain")


def _opening_elsewhere(html: str) -> str:
    head, found, rest = html.partition("<head>")
    return head + found + IN_A_NEW_TAB + rest if found else IN_A_NEW_TAB + html


def make_page(evening: Evening, port: int, closing: Event) -> Starlette:
    """The page's application, for that port of this machine alone; once `closing` is set, live streams end."""
    view = View(evening)

    async def page(_: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(view.page))

    async def live(request: Request) -> Response:
        return StreamingResponse(_changes(view, request, closing), media_type="text/event-stream")

    async def style(_: Request) -> Response:
        return Response(evening.style, media_type="text/css")

    async def card(_: Request) -> Response:
        picture = await run_in_threadpool(view.card)
        if picture is None:
            return PlainTextResponse("It is not over yet.\n", 404)
        return Response(picture, media_type="image/svg+xml")

    async def letter(request: Request) -> Response:
        key, place, part = (request.path_params[name] for name in ("key", "place", "part"))
        return show_letter(evening.sandbox.mailbox(address_of(evening, key)), place, part)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/live", live),
            Route("/style.css", style),
            Route("/card.svg", card),
            Route("/desk", _desk(evening)),
            Route("/mailboxes/{key}/{place:int}/{part}", letter),
            *(Route(f"/{name}", _static(name, kind)) for name, kind in STATIC.items()),
            *(Route(path, _act(evening, act), methods=["POST"]) for path, act in ACTS.items()),
        ],
        middleware=[Middleware(Guard, port=port), Middleware(GZipMiddleware)],
        exception_handlers={AlertnetError: _refuse},
    )


async def _refuse(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", STATUS.get(type(error), 409))


def _desk(evening: Evening) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        seat = await run_in_threadpool(evening.sit_down)
        # Cookies ignore ports, so the host name must be the same.
        response = RedirectResponse(seat.address.replace(NAMES[0], request.url.hostname or NAMES[0]), 303)
        response.set_cookie(seat.cookie, seat.session, httponly=True, samesite="strict")
        return response

    return endpoint


def _act(evening: Evening, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        await run_in_threadpool(act, evening, request.path_params.get("key", ""), form)
        # A browser without scripts returns to the page; the page's own script only checks the status.
        return RedirectResponse("/", 303)

    return endpoint


async def _changes(view: View, request: Request, closing: Event) -> AsyncIterator[str]:
    """Send the regions that differ from the last ones sent, as soon as they do."""
    said: dict[str, str] = {}
    while not (closing.is_set() or await request.is_disconnected()):
        regions = await run_in_threadpool(view.regions)
        news = {id: html for id, html in regions.items() if said.get(id) != html}
        if news:
            said |= news
            yield f"data: {json.dumps(news)}\n\n"
        await asyncio.sleep(LOOK_SECONDS)


def _static(name: str, kind: str) -> Callable[[Request], Response]:
    source = (files("alertnet.sandbox.page") / "static" / name).read_bytes()
    return lambda _: Response(source, media_type=kind)
