"""The page over HTTP: on loopback alone, for this page's own buttons alone, and live as Server-Sent Events."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.resources import files
from threading import Event

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from alertnet.core.errors import AlertnetError
from alertnet.sandbox.page.acts import ACTS, STATUS, Act, address_of
from alertnet.sandbox.page.evening import Evening
from alertnet.sandbox.page.guard import Guard
from alertnet.sandbox.page.letters import show_letter
from alertnet.sandbox.page.view import View

LOOK_SECONDS = 0.25
STATIC = {"page.css": "text/css", "devices.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


def make_page(evening: Evening, port: int, closing: Event) -> Starlette:
    """The application; it is to be served at that port of the loopback interface, and answers to no other name.

    `closing`: once it is set, nobody is told news any more, so that the server can end.
    """
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
        path = request.path_params
        mailbox = evening.sandbox.mailbox(address_of(evening, path["key"]))
        return show_letter(mailbox, path["place"], path["part"])

    return Starlette(
        routes=[
            Route("/", page),
            Route("/live", live),
            Route("/style.css", style),
            Route("/card.svg", card),
            Route("/mailboxes/{key}/{place:int}/{part}", letter),
            *(Route(f"/{name}", _static(name, kind)) for name, kind in STATIC.items()),
            *(Route(path, _act(evening, act), methods=["POST"]) for path, act in ACTS.items()),
        ],
        middleware=[Middleware(Guard, port=port), Middleware(GZipMiddleware)],
        exception_handlers={AlertnetError: _refuse},
    )


async def _refuse(_: Request, error: Exception) -> Response:
    return PlainTextResponse(f"{error}\n", STATUS.get(type(error), 409))


def _act(evening: Evening, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        await run_in_threadpool(act, evening, request.path_params.get("key", ""), form)
        # A browser without scripts comes back to the page; the page's own script only looks whether it went well.
        return RedirectResponse("/", 303)

    return endpoint


async def _changes(view: View, request: Request, closing: Event) -> AsyncIterator[str]:
    """The regions that differ from what was said before, as soon as they do."""
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
