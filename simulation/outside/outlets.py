"""The outlets of one process: a line by each route, with the numbers, the rate and the books that go with it."""

from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from alertnet.runtime.outlets import Outlet
from simulation.checks.promises import Promises
from simulation.hosts.host import Process
from simulation.outside.line import Line
from simulation.outside.provider import Provider
from simulation.outside.provider_books import Books
from simulation.world.database import OURS

MAILBOX = "alert@example.org"


def outlets_of(provider: Provider, promises: Promises, process: Process) -> dict[Route, Outlet]:
    """An outlet for each route that there is."""
    return {route: _outlet(Line(provider, promises, process, route)) for route in process.world.routes}


def _outlet(line: Line) -> Outlet:
    rate = line.world.mischief.rate
    method, provider = line.route
    if method is MethodKind.EMAIL:
        return Outlet(line, (MAILBOX,), 0.0)
    books = Books(line) if method is MethodKind.SMS else None
    return Outlet(line, OURS[provider][: 1 if rate else 2], rate, books)
