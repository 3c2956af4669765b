"""Builds the web application: all routes on one runtime, errors as problem documents, bodies of limited length."""

import asyncio
import threading
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from alertnet import __version__
from alertnet.runtime.settings.settings import Settings
from alertnet.runtime.wiring import Runtime
from alertnet.web import pages, problems
from alertnet.web.api import devices, incidents
from alertnet.web.auth import KnownKeys
from alertnet.web.console.refusing import show_crowded, show_our_fault
from alertnet.web.door import InFlight
from alertnet.web.middleware import Around, Straight, Turns
from alertnet.web.monitoring import health
from alertnet.web.throttle import Throttle
from alertnet.web.twilio import webhooks

EDGES = (webhooks, incidents, devices, pages, health)
"""What raises an alarm or answers one. First what is asked most, since routes are tried in turn."""


class App(FastAPI):
    """The application; `straight` takes each request first."""

    straight: Straight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.straight(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The description of the whole interface."""
        for stand_in in [route for route in self.router.routes if isinstance(route, Rest) and not route.is_console]:
            stand_in.add()
        document = super().openapi()
        document["components"]["schemas"]["Problem"] = problems.SCHEMA
        return document


def make_app(runtime: Runtime, leaving: threading.Event | None = None) -> FastAPI:
    """Build the application; it starts no worker, and leaves the runtime open. `leaving` is set before the end."""
    app = App(
        title="alertnet",
        version=__version__,
        description="Raises the alarm for people under threat, and goes on until the right people have answered.",
        # FastAPI's own pages load scripts from another site.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Telemetry would send paths, which hold the secrets of pages, to whatever the environment names.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.runtime = runtime
    app.state.leaving = leaving or threading.Event()
    app.state.in_flight = InFlight()
    app.state.known_keys = KnownKeys()
    app.state.throttle = Throttle(runtime.counting.add)
    app.add_middleware(Turns, runtime=runtime, throttle=app.state.throttle, show_crowded=show_crowded)
    app.add_middleware(Around, runtime=runtime, throttle=app.state.throttle)
    plainly = partial(FastAPI.__call__, app)
    reports = incidents.straight_way(runtime, app.state.in_flight, app.state.known_keys)
    statuses = webhooks.straight_ways(runtime, app.state.throttle)
    app.straight = Straight(plainly, {incidents.REPORTED_AT: reports, **statuses})
    problems.install(app)
    app.add_exception_handler(Exception, _our_fault)
    # FastAPI would otherwise build each route again for every application, at its first request.
    # They stand before the description, so that whoever asks for it has the rest of the interface loaded first.
    app.router.routes[:0] = [*_routes_of(*EDGES), Rest(app, is_console=False), Rest(app, is_console=True)]
    return app


def _our_fault(request: Request, error: Exception) -> Response:
    """Tell of a fault of ours: by a page in the console, else by a problem document."""
    return show_our_fault(request) if request.url.path.startswith("/desk") else problems.our_fault(request, error)


class Rest(BaseRoute):
    """Stands in for the other routes of the interface, or for the console's, until one of them is asked for.

    So what an alarm needs is there sooner, and what is wrong with the console keeps nobody from the interface.
    """

    def __init__(self, app: FastAPI, *, is_console: bool) -> None:
        self.is_console = is_console
        self._app = app
        self._alone = asyncio.Lock()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_its_own = scope["type"] == "http" and f"{scope['path']}/".startswith("/desk/") == self.is_console
        return (Match.FULL if is_its_own else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Load the other routes, and answer the request by them."""
        # One at a time: each would take a thread to wait for the same, and a text of the field would find none.
        async with self._alone:
            await run_in_threadpool(self.load)
            self.add()
        await self._app.router(scope, receive, send)

    def add(self) -> None:
        """Put the routes in its own place, unless they are there."""
        loaded, routes = self.load(), self._app.router.routes
        if self in routes:
            (_share_with_console if self.is_console else _share_with_api)(self._app)
            place = routes.index(self)
            routes[place : place + 1] = loaded

    def load(self) -> list[BaseRoute]:
        return load_console(self._app.state.runtime.settings) if self.is_console else load_api()


def load_api() -> list[BaseRoute]:
    """Import all other routes of the interface."""
    from alertnet.web.api import (
        actions,
        events,
        journeys,
        quarantine,
        re_resolve,
        recordings,
        roll_calls,
        trees,
    )
    from alertnet.web.console.reports import report
    from alertnet.web.monitoring import metrics

    of_incidents = (actions, re_resolve, events, journeys, roll_calls)
    return _routes_of(*of_incidents, trees, quarantine, recordings, report, metrics)


def load_console(settings: Settings) -> list[BaseRoute]:
    """Import the routes of the console, and those of an OpenID Connect provider where one is configured."""
    from alertnet.web.console import refusing
    from alertnet.web.console.access import account, sign_in, users
    from alertnet.web.console.incidents import board, incident, raising
    from alertnet.web.console.readiness import duty, journeys, people, quarantine, system
    from alertnet.web.console.reports import drills, figures, report
    from alertnet.web.console.trees import editing, pictures, simulator

    of_incidents = (board, incident, raising, figures, drills, journeys, quarantine)
    of_the_house = (users, people, duty, system, pictures, simulator, editing, account)
    routes = [*report.desk.routes, *_routes_of(sign_in, *of_incidents, *of_the_house, refusing)]
    if settings.openid:
        from alertnet.web.console.access import openid

        routes[:0] = openid.router.routes
    return routes


def _routes_of(*edges: Any) -> list[BaseRoute]:
    return [route for edge in edges for route in edge.router.routes]


def _share_with_api(app: FastAPI) -> None:
    from alertnet.web.api.events import Live

    app.state.live = Live(app.state.runtime, app.state.leaving)


def _share_with_console(app: FastAPI) -> None:
    from alertnet.web.console.incidents.board import Boards
    from alertnet.web.console.live import Watch

    runtime = app.state.runtime
    app.state.boards = Boards(runtime)
    app.state.watch = Watch(runtime, app.state.leaving)
    app.state.openid = None
    if client := runtime.settings.openid:
        from alertnet.runtime.openid import Provider
        from alertnet.web.console.access.openid import HERE

        app.state.openid = Provider(client, f"{runtime.settings.public_url}{HERE}/back")
