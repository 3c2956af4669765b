"""Turns every error of the API into a problem document (RFC 9457) that says what was wrong and what is allowed.

401  no key · 403 not this key    410  it was purged, and its content erased
404  unknown name or path         413  the body is too long
405  not by this method           422  values that are not allowed: `errors`, each with field, value, allowed
409  not possible in this state: `current`
429, 503  not now: Retry-After
"""

import json
import math
from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ConfigDict, ValidationError, with_config
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from alertnet.core.errors import BadInput, Forbidden, Purged, TooMany, Unknown, WrongState
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.web.auth import text_of_key

MEDIA_TYPE = "application/problem+json"
OUR_FAULT = "something went wrong here; it was logged, and may be tried again"
LONGEST_VALUE = 200  # characters of a refused value that the answer repeats

PHRASES = {
    "missing": "a value: the field is required",
    "string_pattern_mismatch": "text, not empty and without control characters",
    "string_too_short": "text, not empty",
    "string_unicode": "text in Unicode",
    "model_attributes_type": "a JSON object, sent as application/json",
    "model_type": "a JSON object, sent as application/json",
    "bool_type": "true or false, without quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "list_type": "a list",
    "literal_error": "{expected}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_too_long": "at most {max_length} characters",
    "too_long": "at most {max_length} of them",
    "too_short": "at least {min_length} of them",
}
"""What is allowed, by the name that the validator gives the fault."""
VISIBLE = r"^[\x21-\x7e]"
"""How the patterns of names begin that are ASCII without spaces."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "current": {"type": "string", "description": "409: the state that the thing is in"},
        "paths": {"type": "array", "items": {"type": "string"}, "description": "404: what there is"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "value", "allowed"],
                "properties": {
                    "field": {"type": "string"},
                    "value": {},
                    "allowed": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}


STATUS: Mapping[type[Exception], int] = {
    BadInput: 422,
    Unknown: 404,
    Purged: 410,
    Forbidden: 403,
    WrongState: 409,
    TooMany: 429,
    DatabaseAway: 503,
}


def status_of(error: Exception) -> int:
    """The status by which an error of ours leaves; 409 where none is its own."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 409)


class Problem(Response):
    media_type = MEDIA_TYPE

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        # What is wrong comes first: some clients show a person the first hundred characters.
        document = {"detail": detail, "status": status, "title": HTTPStatus(status).phrase, "type": "about:blank"}
        # Escaped to ASCII, so that a lone surrogate in the request can't break the answer.
        super().__init__(json.dumps(document | more), status, headers)


async def only_known_parameters(request: Request) -> None:
    """Refuse a parameter that a list does not know: with a slip in it another list would be shown than was meant.

    Whoever asks for one thing by its name, or whether the program is there, may add what they like. Who brings no key
    hears of that first: it may be the parameter, which is not to be said back.
    """
    asked, is_list = request.query_params, request.url.path.startswith("/v1/") and not request.path_params
    if asked and is_list and request.method == "GET" and text_of_key(request):
        fields = request.scope["route"].dependant.query_params
        known = {name for each in fields for name in getattr(each.field_info.annotation, "model_fields", (each.alias,))}
        for unknown in asked.keys() - known:
            raise BadInput(unknown[:LONGEST_VALUE], asked[unknown][:LONGEST_VALUE], sorted(known) or "no parameter")


class Legible(Request):
    """A request whose JSON may come in the letters of Windows, as scripts there send it unless they are told not to."""

    async def json(self) -> Any:
        try:
            return await super().json()
        except UnicodeDecodeError:
            return json.loads((await self.body()).decode("cp1252", errors="replace"))


class Route(APIRoute):
    """A route of the interface, which reads its requests as `reads`."""

    reads: type[Request] = Legible

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            return await handle(self.reads(request.scope, request.receive))

        return handled


class Router(APIRouter):
    """Routes of the interface. What their answers look like is worked out once its description is asked for."""

    def __init__(self, route_class: type[Route] = Route, **options: Any) -> None:
        super().__init__(route_class=route_class, dependencies=[Depends(only_known_parameters)], **options)

    def add_api_route(self, *args: Any, **options: Any) -> None:
        if isinstance(view := options.get("response_model"), type):
            with_config(ConfigDict(defer_build=True))(view)
        super().add_api_route(*args, **options)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a path may answer with, for its OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    # A path that needs a key may also refuse by rate limit.
    known = sorted({*statuses, 429} if 401 in statuses else {*statuses})
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in known}


def install(app: FastAPI) -> None:
    """Make every error leave as a problem document."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(AnyHTTPException, _refused)
    for kind in STATUS:
        app.add_exception_handler(kind, _of_ours)
    # The client has gone and reads no answer; this only keeps it from being logged as a fault of ours.
    app.add_exception_handler(ClientDisconnect, lambda _, __: Problem(408, "the body did not come to its end"))
    app.add_exception_handler(Exception, our_fault)


def first_fault(error: ValidationError) -> BadInput:
    """The first fault of a body as a `BadInput`."""
    fault = error.errors()[0]
    return _bad_input(fault["loc"], fault)


def _invalid(request: Request, error: Any) -> Response:
    faults: Sequence[Any] = error.errors()
    if faults[0]["type"] == "json_invalid":
        return _no_json(faults[0]["ctx"]["error"])
    if isinstance(error.body, bytes):
        return _unprocessable([BadInput("Content-Type", request.headers.get("Content-Type"), "application/json")])
    return _unprocessable([_bad_input(fault["loc"][1:] or fault["loc"], fault) for fault in faults])


def _no_json(why: str) -> Response:
    return Problem(422, f"the body is no JSON: {why}", errors=[_entry(BadInput("body", None, PHRASES["model_type"]))])


def _unprocessable(faults: Sequence[BadInput]) -> Response:
    """The answer to what is not allowed, the first of it in words."""
    errors = [_entry(fault) for fault in faults]
    others = ", ".join(dict.fromkeys(error["field"] for error in errors[1:]))
    first = BadInput(**errors[0])
    return Problem(422, f"{first}; also not allowed: {others}" if others else str(first), errors=errors)


def _entry(fault: BadInput) -> dict[str, Any]:
    return {"field": fault.field[:LONGEST_VALUE], "value": _shown(fault.value), "allowed": list(fault.allowed)}


def _bad_input(place: Sequence[str | int], fault: Any) -> BadInput:
    value = None if fault["type"] == "missing" else fault["input"]
    return BadInput(".".join(map(str, place)), _shown(value), _allowed(fault))


def _allowed(fault: Any) -> Sequence[str]:
    context = fault.get("ctx", {})
    allowed: Sequence[str] | None = context.get("allowed")
    pattern = context.get("pattern", "")
    if pattern.startswith(VISIBLE):
        return [f"visible ASCII characters, none of them a space: {pattern}"]
    return allowed or [PHRASES.get(fault["type"], fault["msg"]).format(**context)]


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"
    if value is None or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    return "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else "another value"


def _of_ours(_: Request, error: Any) -> Response:
    if isinstance(error, BadInput):
        return _unprocessable([error])
    later = {"Retry-After": str(math.ceil(error.retry_after.total_seconds()))} if hasattr(error, "retry_after") else {}
    more = {"current": error.current} if isinstance(error, WrongState) else {}
    return Problem(status_of(error), str(error), later, **more)


def _refused(request: Request, error: Any) -> Response:
    path = request.url.path
    if error.status_code == 405:
        # The router would name only the methods of the first route with that path.
        here = [route for route in _documented(request) if route.path_regex.match(path)]
        methods = {method for route in here for method in route.methods or ()}
        allowed = ", ".join(sorted(methods)) or error.headers["Allow"]
        return Problem(405, f"{request.method} is not among the methods of this path: {allowed}", {"Allow": allowed})
    if error.status_code == 404 and not isinstance(error, HTTPException):
        paths = sorted({route.path for route in _documented(request)} | {request.app.openapi_url})
        return Problem(404, f"there is no {path[:LONGEST_VALUE]}", paths=paths)
    if error.status_code == 400 and path.startswith("/v1/"):  # not even text
        return _no_json(str(error.detail))
    return Problem(error.status_code, str(error.detail), error.headers)


def _documented(request: Request) -> list[APIRoute]:
    """The routes of the interface that stand in its description."""
    return [route for route in request.app.routes if isinstance(route, APIRoute) and route.include_in_schema]


def our_fault(_: Request, __: Any) -> Response:
    """Something that no other handler knows: it was logged."""
    return Problem(500, OUR_FAULT)
