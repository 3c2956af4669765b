"""The routes of the console: what can't be done is said on a page, with what to do instead."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from alertnet.core.errors import AlertnetError, BadInput, Forbidden, TooMany, Unknown, WrongState
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.web.console.door import Busy, DoneBefore
from alertnet.web.console.shown import show

STATUS: Mapping[type[Exception], int] = {
    BadInput: 422,
    Unknown: 404,
    WrongState: 409,
    Forbidden: 403,
    DoneBefore: 409,
    TooMany: 429,
    DatabaseAway: 503,
    Busy: 503,
}
AWAY = "the database gives no answer: nothing was recorded; try again in a moment"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Told(APIRoute):
    """A route whose refusals are pages."""

    def get_route_handler(self) -> Handler:
        """The route's handler, and what it refuses as a page."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except (AlertnetError, DatabaseAway) as error:
                return _refusal(request, error)

        return handled


def _refusal(request: Request, error: Exception) -> Response:
    why = AWAY if isinstance(error, DatabaseAway) else str(error)
    back = error.location if isinstance(error, DoneBefore) else "/desk"
    status = STATUS.get(type(error), 409)
    response = show(request, "refused.html", status=status, why=why[0].upper() + why[1:], back=back)
    if isinstance(error, DatabaseAway | Busy | TooMany):
        response.headers["Retry-After"] = str(int(error.retry_after.total_seconds()))
    return response
