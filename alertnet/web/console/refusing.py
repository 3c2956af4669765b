"""Shows errors of the console's routes as pages that say why, and what to do instead."""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from alertnet.core.errors import AlertnetError, BadInput, TooMany, Unknown
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.tree_editing import Faulty
from alertnet.web.auth import runtime_of
from alertnet.web.console.sessions import SIGN_IN, Busy, DoneBefore, SignedOut, Unproven, keep
from alertnet.web.console.shown import go_to, language_of, show
from alertnet.web.console.translation import ENGLISH, sayer, translated
from alertnet.web.forms import read_form
from alertnet.web.problems import OUR_FAULT, status_of
from alertnet.web.throttle import CROWDED

AWAY = "the database gives no answer: nothing was recorded; try again in a moment"
NOT_ALLOWED = "{field}: {value} is not allowed (allowed: {allowed})"
MISSING = "{field}: missing (allowed: {allowed})"
NOT_THERE = "no {kind} {name}"

ENTERING: Mapping[str, Any] = {
    "then": "/desk",
    "name": "",
    "failed": False,
    "ended": False,
    "left": False,
    "kept": "",
    "refused": "",
    "detail": "",
}
"""The sign-in page's values unless a caller gives others."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Told(APIRoute):
    """A route that answers an error with a page."""

    def get_route_handler(self) -> Handler:
        """The route's handler, wrapped so that an error becomes a page."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except SignedOut:
                if request.method == "GET":
                    return go_to(f"{SIGN_IN}?then={quote(request.url.path)}")
                kept = await keep(request, runtime_of(request).vault)
                return ask_to_sign_in(request, 401, kept=kept, ended=True)
            except Unproven as error:
                return await _asked_again(request, error)
            except (AlertnetError, DatabaseAway) as error:
                return _refusal(request, error)
            except RequestValidationError:
                return _refusal(request, no_page(request.url.path))
            except HTTPException as error:
                why = translated(language_of(request), str(error.detail))
                return _refused(request, error.status_code, why, error.headers or {})

        return handled


class Pages(APIRouter):
    """Routes of the console: none is part of the interface, and each answers an error with a page."""

    def __init__(self, prefix: str = "") -> None:
        super().__init__(prefix=prefix, include_in_schema=False, route_class=Told)


def show_crowded(request: Request, headers: Mapping[str, str]) -> Response:
    """The page for a session that asks for too much at once."""
    return _refused(request, 429, translated(language_of(request), CROWDED), headers)


def show_our_fault(request: Request) -> Response:
    """The page where something went wrong on our side."""
    return _refused(request, 500, translated(language_of(request), OUR_FAULT), {})


def ask_to_sign_in(request: Request, status: int = 200, **said: Any) -> Response:
    """Show the sign-in page with the ways to sign in that are configured."""
    provider = request.app.state.openid
    openid = provider.host if provider is not None else ""
    return show(request, "sign_in.html", status=status, openid=openid, **{**ENTERING, **said})


async def _asked_again(request: Request, error: Unproven) -> Response:
    """Show the same form again, to be sent once more with the user's password."""
    form = await read_form(request)
    fields = [(name, text) for name, text in form.multi_items() if name != "password"]
    return show(request, "confirm.html", status=403, who=error.who, fields=fields, is_wrong=error.is_wrong)


def told(error: Exception, language: str) -> str:
    """The error's text in that language. Our sentence is translated; the values in it stay as they are."""
    say = partial(translated, language)
    if language != ENGLISH and isinstance(error, BadInput):
        frame = MISSING if error.value is None else NOT_ALLOWED
        field = ".".join(map(say, error.field.split(".")))
        value = error.fault.said_in_place(sayer(language)) if isinstance(error, Faulty) else error.value
        # A single word may be an id, which counts only as it is written.
        allowed = ", ".join(say(each) if " " in each else each for each in error.allowed)
        return say(frame).format(field=field, value=repr(value), allowed=allowed)
    if language != ENGLISH and isinstance(error, Unknown):
        return say(NOT_THERE).format(kind=say(error.kind), name=repr(error.name))
    return say(AWAY if isinstance(error, DatabaseAway) else str(error))


def refused(request: Request, error: AlertnetError | None) -> dict[str, Any]:
    """The status of a page that shows a form again, and the text of the error above it."""
    if error is None:
        return {"status": 200, "error": ""}
    return {"status": status_of(error), "error": told(error, language_of(request))}


def _refusal(request: Request, error: Exception) -> Response:
    why = told(error, language_of(request))
    before = error.location if isinstance(error, DoneBefore) else ""
    status = 503 if isinstance(error, Busy) else status_of(error)
    headers = {}
    if isinstance(error, DatabaseAway | Busy | TooMany):
        headers["Retry-After"] = str(int(error.retry_after.total_seconds()))
    return _refused(request, status, why, headers, before)


def _refused(request: Request, status: int, why: str, headers: Mapping[str, str], before: str = "") -> Response:
    """`why`: in the page's language; `before`: where the result of the same form is shown, which has acted before."""
    response = show(request, "refused.html", status=status, why=why, before=before)
    response.headers.update(headers)
    return response


def no_page(path: str) -> Unknown:
    return Unknown("page", path[:64])


router = Pages("/desk")


@router.api_route("/{path:path}", methods=["GET", "HEAD", "POST"])
def show_no_page(path: str) -> Response:
    """Say that there is no such page, with the way to the board; it matches every path, so it is the last route."""
    if path:
        raise no_page(f"/desk/{path}")
    return go_to("/desk")
