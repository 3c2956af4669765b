"""Signing in to the console and out of it."""

from functools import partial
from importlib.resources import files

from fastapi import APIRouter, Request, Response

from alertnet.flows.credentials.passkeys import prove
from alertnet.flows.credentials.users import sign_in, sign_out
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import users
from alertnet.web.auth import InForce
from alertnet.web.console.access.proving import address_of, given, is_theirs
from alertnet.web.console.door import (
    COOKIE,
    SIGN_IN,
    Viewer,
    by,
    check_form,
    check_origin,
    is_secure,
    kept_in,
    proof_of,
)
from alertnet.web.console.refusing import ENTERING, Told
from alertnet.web.console.shown import HEADERS, PACKAGE, compressed, go_to, may_act, show
from alertnet.web.forms import Form, Posted, typed

router = APIRouter(prefix="/desk", include_in_schema=False, route_class=Told)

STATIC = {
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "sent.js": "text/javascript",
    "keys.js": "text/javascript",
    "night.js": "text/javascript",
    "editor.js": "text/javascript",
    "trees.css": "text/css",
    "passkey.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


@router.get("/static/{name}")
def static(name: str, request: Request) -> Response:
    """A style, script or picture of the pages."""
    if name not in STATIC:
        return Response("There is no such file.\n", 404, HEADERS, media_type="text/plain")
    return compressed(request, (files(PACKAGE) / "static" / name).read_bytes(), STATIC[name])


@router.get("/sign-in")
def show_sign_in(request: Request, then: str = "/desk") -> Response:
    """Where one signs in; `then`: the page that was asked for."""
    return show(request, "sign_in.html", **{**ENTERING, "then": _own(then)})


@router.post("/sign-in")
def enter(request: Request, form: Posted, runtime: InForce) -> Response:
    """Begin a session for who has the password and a code; what was wrong is not said."""
    check_origin(request)
    name, then = typed(form, "name").lower(), _own(form.get("then", ""))
    token = _prove(request, runtime, name, form)
    if token is None:
        kept = form.get("kept", "")
        return show(request, "sign_in.html", status=403, then=then, failed=True, name=name, ended=False, kept=kept)
    response = _again(request, runtime, token, form) or go_to(then)
    # Longer than the session: whose a form was that comes after its end is known by it alone.
    lasts = int(2 * users.SESSION_LASTS.total_seconds())
    response.set_cookie(COOKIE, token, max_age=lasts, secure=is_secure(request), httponly=True, samesite="strict")
    return response


@router.post("/sign-out")
def leave(request: Request, form: Posted, who: Viewer, runtime: InForce) -> Response:
    """End this session, with `everywhere` all others of this user too, with `elsewhere` these alone."""
    check_form(request, who, form)
    if "elsewhere" in form:
        runtime.transact(sign_out, who.user, by(who), who.id)
        return go_to("/desk/account")
    if "everywhere" in form:
        runtime.transact(sign_out, who.user, by(who))
    else:
        runtime.transact(users.end_session, who.id)
    response = go_to(SIGN_IN)
    response.delete_cookie(COOKIE)
    return response


def _prove(request: Request, runtime: Runtime, name: str, form: Form) -> str | None:
    """The text of a new session; None: not with these."""
    if not is_theirs(request, runtime, name, form.get("password", "")):
        return None
    proof = partial(prove, given(request, form)) if form.get("passkey") else typed(form, "code")
    return runtime.transact(sign_in, name, address_of(request, runtime), proof)


def _again(request: Request, runtime: Runtime, token: str, form: Form) -> Response | None:
    """What was to be sent when the session before ended, for who may send it: to be looked at, nothing is done yet."""
    kept, who = kept_in(form, runtime.vault), runtime.read(users.signed_in, token)
    if kept is None or who is None or kept.user != who.user or not may_act(who):
        return None
    return show(request, "kept.html", who=who, kept=kept, proof=proof_of(runtime, who))


def _own(path: str) -> str:
    """The path where it is one of the console, else the board."""
    return path if path.startswith("/desk/") or path == "/desk" else "/desk"
