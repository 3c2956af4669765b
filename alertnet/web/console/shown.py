"""Builds the console's responses: templates, navigation, compression and security headers."""

import gzip
import re
import struct
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.responses import RedirectResponse, StreamingResponse

from alertnet.core.codec import value
from alertnet.core.directory.durations import duration_text
from alertnet.core.directory.languages import Say
from alertnet.core.escalation.quorum import AnswerKind
from alertnet.core.incident import (
    ASKS,
    REF_CHARACTERS,
    REF_LETTERS,
    TYPES,
    Certainty,
    CloseReason,
    Perpetrator,
    Scope,
    Severity,
)
from alertnet.flows.credentials.qr_code import in_svg
from alertnet.flows.desk.names import ACTIONS, FAILURES, METHODS, day_in, offset_in
from alertnet.store.records.credentials.users import Role, SignedIn
from alertnet.web.console.translation import ENGLISH, LANGUAGES, PACKAGE, sayer, translated, words

LANGUAGE = "desk-language"
"""The cookie that keeps the chosen language."""
REF = re.compile(rf"\b([{REF_LETTERS}]-[{REF_CHARACTERS}]{{4}})\b")
WORTH_COMPRESSING = 500
"""The smallest response to compress, in bytes."""
GZIP_HEAD, DEFLATE_END = b"\x1f\x8b\x08" + bytes(6) + b"\xff", b"\x03\x00"
HEADERS = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}


CHOICES: Mapping[str, Iterable[str]] = {
    "types": TYPES,
    "severities": Severity,
    "scopes": Scope,
    "perpetrators": Perpetrator,
    "certainties": Certainty,
    "asks": ASKS,
    "kinds": AnswerKind,
    "actions": ACTIONS,
    "reasons": CloseReason,
    "roles": Role,
}
"""The values that the selects of the forms offer, wherever they stand."""


class Sayable(Protocol):
    """Something that can be said in any language, such as a phrase or a fault of a tree."""

    def said(self, say: Say) -> str:
        """Its text in the language of `say`."""


@value
class Place:
    """A page in the navigation, for users with at least that role."""

    path: str
    name: str
    role: Role = Role.OBSERVER


IN_SIGHT = (Place("/desk", "Board"), Place("/desk/drills", "Drills"), Place("/desk/raise", "Raise", Role.COORDINATOR))
"""Navigation that is always visible."""
FOLDED = (
    Place("/desk/journeys", "On the road"),
    Place("/desk/quarantine", "Unknown numbers", Role.COORDINATOR),
    Place("/desk/users", "Users", Role.ADMINISTRATOR),
    Place("/desk/trees", "The trees"),
    Place("/desk/simulator", "Play a case through"),
    Place("/desk/editions", "History of the trees"),
    Place("/desk/people", "People and numbers"),
    Place("/desk/duty", "Duty"),
    Place("/desk/system", "The system"),
    Place("/desk/figures", "Figures"),
)
"""Navigation that is folded into a menu."""


@cache
def environment() -> Environment:
    """The Jinja environment of the console's templates; it escapes all values."""
    made = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["choices"] = CHOICES
    made.filters |= {
        "clock": _clock,
        "offset": offset_in,
        "day": _day,
        "day_of_year": _day_of_year,
        "method_name": METHODS.__getitem__,
        "qr_code": lambda text: Markup(in_svg(text)),  # noqa: S704 - drawn by us
        "action_name": lambda code: ACTIONS.get(code, str(code).replace("_", " ")),
        "failure_name": lambda why: FAILURES.get(why, str(why).replace("_", " ")),
        "spoken": lambda name: str(name).replace("_", " "),
        "instant": datetime.fromisoformat,
        "lasting": duration_text,
        "said": _said,
        "translated": _translated,
        "linked": _linked,
    }
    return made


def language_of(request: Request) -> str:
    """The page's language: the one chosen last, else the first of the browser's that we have, else English."""
    asked = request.headers.get("Accept-Language", "").lower().split(",")
    wanted = [request.query_params.get("lang", ""), request.cookies.get(LANGUAGE, ""), *(each[:2] for each in asked)]
    return next((each for each in wanted if each in LANGUAGES), ENGLISH)


def rendered(template: str, language: str, /, **values: Any) -> Markup:
    """Render a template in that language; `_` in it translates English words."""
    known = words(language)
    common = {"_": lambda text: known.get(text, text), "language": language, "languages": LANGUAGES}
    return Markup(environment().get_template(template).render(common | values))  # noqa: S704 - escaped by the template


def show(
    request: Request, template: str, /, *, status: int = 200, who: SignedIn | None = None, **values: Any
) -> Response:
    """Respond with a page of the console, with the navigation that this user may see, and whether they may act."""
    language = language_of(request)
    in_sight, folded = ([each for each in places if who and who.role.may(each.role)] for places in (IN_SIGHT, FOLDED))
    kept = [(name, given) for name, given in request.query_params.multi_items() if name != "lang"]
    leads = {"in_sight": in_sight, "folded": folded, "current": request.url.path}
    leads["to_language"] = urlencode([*kept, ("lang", "")])
    acts = who is not None and may_act(who)
    page = rendered(template, language, who=who, acts=acts, **leads, **values)
    response = as_html(request, page, status)
    if request.query_params.get("lang") == language:
        response.set_cookie(LANGUAGE, language, samesite="strict", httponly=True, path="/desk")
    return response


def as_html(request: Request, text: str, status: int = 200) -> Response:
    return compressed(request, text.encode(), "text/html", status)


def compressed(request: Request, body: bytes, media_type: str, status: int = 200) -> Response:
    """A response with the console's headers, gzipped where the browser accepts it."""
    headers = {**HEADERS, "Vary": "Accept-Encoding"}
    if len(body) > WORTH_COMPRESSING and "gzip" in request.headers.get("Accept-Encoding", ""):
        body, headers = gzip.compress(body, mtime=0), {**headers, "Content-Encoding": "gzip"}
    return Response(body, status, headers, media_type=media_type)


@value
class Part:
    """One message of a stream. It is compressed once for all who receive it."""

    text: str

    @cached_property
    def plain(self) -> bytes:
        return self.text.encode()

    @cached_property
    def packed(self) -> bytes:
        """The text as a deflate block of its own, so that it fits into any stream, whatever was sent before."""
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return packer.compress(self.plain) + packer.flush(zlib.Z_SYNC_FLUSH)


def streamed(request: Request, parts: AsyncIterator[Part]) -> Response:
    """Stream the events as they come, gzipped where the browser accepts it."""
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    headers = {**HEADERS, "Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if takes_gzip else {})

    async def packed() -> AsyncIterator[bytes]:
        check, size = 0, 0
        yield GZIP_HEAD
        async for part in parts:
            check, size = zlib.crc32(part.plain, check), size + len(part.plain)
            yield part.packed
        yield DEFLATE_END + struct.pack("<LL", check, size & 0xFFFFFFFF)

    sent = packed() if takes_gzip else (part.plain async for part in parts)
    return StreamingResponse(sent, headers=headers, media_type="text/event-stream")


def as_file(name: str, content: str | bytes, media_type: str) -> Response:
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=media_type)


def go_to(path: str) -> Response:
    """Redirect the browser with 303, so that a reload does not post again."""
    return RedirectResponse(path, 303, HEADERS)


def own_path(path: str) -> str:
    """The path if it belongs to the console, else the board (no open redirects)."""
    return path if path.startswith("/desk/") or path == "/desk" else "/desk"


def may_act(who: SignedIn) -> bool:
    """Whether the user may act, and read what people wrote."""
    return who.role.may(Role.COORDINATOR)


def _clock(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


@pass_context
def _said(context: Context, found: Sayable) -> str:
    return found.said(sayer(context["language"]))


@pass_context
def _translated(context: Context, text: str) -> str:
    return translated(context["language"], text)


def _linked(text: str) -> Markup:
    """The text with each reference as a link to its incident."""
    return Markup(REF.sub(r'<a href="/desk/incidents/\1">\1</a>', str(escape(text))))  # noqa: S704 - escaped


@pass_context
def _day(context: Context, at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{day_in(local, context['_'])} {local:%H:%M}"


@pass_context
def _day_of_year(context: Context, at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{day_in(local, context['_'])} {local:%Y %H:%M}"
