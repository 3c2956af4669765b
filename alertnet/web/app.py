"""Builds the web application: all routes on one runtime, errors as problem documents, bodies of limited length."""

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from alertnet import __version__
from alertnet.runtime.settings.settings import Settings
from alertnet.runtime.wiring import Runtime
from alertnet.web import pages, problems
from alertnet.web.api import incidents
from alertnet.web.auth import KnownKeys
from alertnet.web.console.refusing import show_crowded, show_our_fault
from alertnet.web.door import InFlight
from alertnet.web.layers import Around, Turns
from alertnet.web.monitoring import health
from alertnet.web.throttle import Throttle
from alertnet.web.twilio import webhooks

if TYPE_CHECKING:
    from alertnet.runtime.openid import Provider

EDGES = (webhooks, incidents, pages, health)
"""What raises an alarm or answers one. First what is asked most, since routes are tried in turn."""


class App(FastAPI):
    """The application; `straight` takes each request first."""

    straight: incidents.Straight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.straight(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The description of the whole interface."""
        self.add_rest()
        return super().openapi()

    def add_rest(self) -> None:
        """Put all other routes in place of the one that stands in for them, unless they are there."""
        edges, stand_in = load_rest(self.state.runtime.settings), self.router.routes[-1]
        if isinstance(stand_in, Rest):
            _share_with_rest(self)
            self.router.routes.remove(stand_in)
            self.router.routes.extend(route for edge in edges for route in edge.router.routes)


def make_app(runtime: Runtime, leaving: threading.Event | None = None) -> FastAPI:
    """Build the application. It starts no worker and does not close the runtime.

    `leaving` is set before the process ends.
    """
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
    app.add_middleware(Turns, runtime=runtime, show_crowded=show_crowded)
    app.add_middleware(Around, runtime=runtime)
    plainly = partial(FastAPI.__call__, app)
    app.straight = incidents.Straight(plainly, runtime, app.state.in_flight, app.state.known_keys)
    problems.install(app)
    app.add_exception_handler(Exception, _our_fault)
    # FastAPI would otherwise build each route again for every application, at its first request.
    app.router.routes.extend(route for edge in EDGES for route in edge.router.routes)
    app.router.routes.append(Rest(app))
    return app


def _our_fault(request: Request, error: Exception) -> Response:
    """Tell of a fault of ours: by a page in the console, else by a problem document."""
    return show_our_fault(request) if request.url.path.startswith("/desk") else problems.our_fault(request, error)


class Rest(BaseRoute):
    """Stands in for all other routes until one of them is asked for, so that what an alarm needs is there sooner."""

    def __init__(self, app: App) -> None:
        self._app = app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Load the other routes, and answer the request by them."""
        await run_in_threadpool(load_rest, self._app.state.runtime.settings)
        self._app.add_rest()
        await self._app.router(scope, receive, send)


def load_rest(settings: Settings) -> tuple[Any, ...]:
    """Import what answers all other requests, and the OpenID Connect client where one is configured."""
    if settings.openid:
        import alertnet.runtime.openid  # noqa: F401
    from alertnet.web.api import (
        actions,
        devices,
        drills,
        events,
        journeys,
        quarantine,
        re_resolve,
        recordings,
        roll_calls,
        trees,
    )
    from alertnet.web.console import refusing
    from alertnet.web.console.reports import report
    from alertnet.web.monitoring import metrics

    of_the_api = (actions, re_resolve, events, journeys, roll_calls, drills, trees, devices, quarantine, recordings)
    return (*of_the_api, report, metrics, *_pages_of_the_console(), refusing)


def _pages_of_the_console() -> tuple[Any, ...]:
    from alertnet.web.console.access import account, openid, sign_in, users
    from alertnet.web.console.incidents import board, incident, raising
    from alertnet.web.console.readiness import duty, journeys, people, quarantine, system
    from alertnet.web.console.reports import drills, figures
    from alertnet.web.console.trees import editing, pictures, simulator

    of_incidents = (board, incident, raising, figures, drills, journeys, quarantine)
    of_the_house = (users, people, duty, system, pictures, simulator, editing, account)
    return (sign_in, openid, *of_incidents, *of_the_house)


def _share_with_rest(app: FastAPI) -> None:
    """Put what the other routes share into the application's state."""
    from alertnet.web.api.events import Live
    from alertnet.web.console.access.openid import HERE
    from alertnet.web.console.incidents.board import Boards
    from alertnet.web.console.live import Watch

    app.state.live = Live(app.state.runtime)
    app.state.boards = Boards(app.state.runtime)
    app.state.watch = Watch(app.state.runtime, app.state.leaving)
    app.state.openid = _provider(app.state.runtime, HERE)


def _provider(runtime: Runtime, here: str) -> "Provider | None":
    """The OpenID Connect provider for sign-ins, if configured; its client is imported only then."""
    client, url = runtime.settings.openid, runtime.settings.public_url
    if client is None or url is None:
        return None
    from alertnet.runtime.openid import Provider

    return Provider(client, f"{url}{here}/back")
