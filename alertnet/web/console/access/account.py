"""Signing in to the console and out of it."""

import threading
from functools import partial
from importlib.resources import files

from fastapi import APIRouter, Request, Response

from alertnet.flows.credentials.passkeys import prove
from alertnet.flows.credentials.users import count_try, is_password, sign_in, sign_out
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import users
from alertnet.web.auth import InForce
from alertnet.web.client_address import client_address
from alertnet.web.console.access.passkeys import given
from alertnet.web.console.door import (
    COOKIE,
    SIGN_IN,
    Busy,
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
AT_ONCE = 2
"""Passwords that are looked at together: each takes the processor a while, and an alarm must not wait for it."""

MOST_WAITING = 8
"""Sign-ins that wait for it at most: each holds a thread, and the provider's webhooks need some."""

_looking = threading.Semaphore(AT_ONCE)
_waiting = threading.Semaphore(MOST_WAITING)


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
    if not _waiting.acquire(blocking=False):
        raise Busy
    try:
        token = _prove(request, runtime, name, form)
    finally:
        _waiting.release()
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
    """End this session, and with `everywhere` all others of this user."""
    check_form(request, who, form)
    if "everywhere" in form:
        runtime.transact(sign_out, who.user, by(who))
    else:
        runtime.transact(users.end_session, who.id)
    response = go_to(SIGN_IN)
    response.delete_cookie(COOKIE)
    return response


@router.get("/account")
def show_account(request: Request, who: Viewer, runtime: InForce) -> Response:
    """Who is signed in, until when, and the ways out."""
    user = runtime.read(users.named, who.user)
    passkeys = user.passkeys if user is not None else ()
    return show(request, "account.html", who=who, proof=proof_of(runtime, who), passkeys=passkeys)


def _prove(request: Request, runtime: Runtime, name: str, form: Form) -> str | None:
    """The text of a new session; None: not with these. It takes as long for a name that is nobody's."""
    address = client_address(request, runtime.settings.trusted_proxies)
    hash = runtime.transact(count_try, name, address)
    if hash is None:
        return None
    with _looking:
        is_right = is_password(form.get("password", ""), hash)
    proof = partial(prove, given(request, form)) if form.get("passkey") else typed(form, "code")
    return runtime.transact(sign_in, name, address, proof) if is_right else None


def _again(request: Request, runtime: Runtime, token: str, form: Form) -> Response | None:
    """What was to be sent when the session before ended, for who may send it: to be looked at, nothing is done yet."""
    kept, who = kept_in(form, runtime.vault), runtime.read(users.signed_in, token)
    if kept is None or who is None or kept.user != who.user or not may_act(who):
        return None
    return show(request, "kept.html", who=who, kept=kept, proof=proof_of(runtime, who))


def _own(path: str) -> str:
    """The path where it is one of the console, else the board."""
    return path if path.startswith("/desk/") or path == "/desk" else "/desk"
