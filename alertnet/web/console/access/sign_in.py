"""Signing in to the console and out of it, and its static files."""

from functools import partial
from importlib.resources import files

from fastapi import Request, Response

from alertnet.flows.credentials.passkeys import prove
from alertnet.flows.credentials.users import sign_in, sign_out
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import users
from alertnet.web.auth import InForce, address_of
from alertnet.web.console.access.proving import given, is_theirs
from alertnet.web.console.desk import AtDesk
from alertnet.web.console.refusing import Pages, ask_to_sign_in
from alertnet.web.console.sessions import COOKIE, SIGN_IN, check_origin, kept_in, proof_of, remember
from alertnet.web.console.shown import HEADERS, compressed, go_to, may_act, own_path, show
from alertnet.web.console.translation import PACKAGE
from alertnet.web.forms import Form, Posted, typed

router = Pages("/desk")

STATIC = {each.name: each for each in (files(PACKAGE) / "static").iterdir()}
KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@router.get("/static/{name}")
def static(name: str, request: Request) -> Response:
    if name not in STATIC:
        return Response("There is no such file.\n", 404, HEADERS, media_type="text/plain")
    return compressed(request, STATIC[name].read_bytes(), KINDS[name.rpartition(".")[2]])


@router.get("/sign-in")
def show_sign_in(request: Request, then: str = "/desk", left: str = "") -> Response:
    """Show the sign-in page. `then` is the page that was asked for; `left` says that the user has just signed out."""
    return ask_to_sign_in(request, then=own_path(then), left=bool(left))


@router.post("/sign-in")
def enter(request: Request, form: Posted, runtime: InForce) -> Response:
    """Start a session with a password and a code or passkey. A refusal does not say which of them was wrong."""
    check_origin(request)
    name, then = typed(form, "name").lower(), own_path(form.get("then", ""))
    token = _prove(request, runtime, name, form)
    if token is None:
        return ask_to_sign_in(request, 403, then=then, failed=True, name=name, kept=form.get("kept", ""))
    response = _again(request, runtime, token, form) or go_to(then)
    remember(request, response, token)
    return response


@router.post("/sign-in/kept")
def show_kept(request: Request, form: Posted, runtime: InForce) -> Response:
    """Show the form kept from an ended session, for a user who has signed in again in another tab."""
    check_origin(request)
    kept = _again(request, runtime, request.cookies.get(COOKIE, ""), form)
    return kept or ask_to_sign_in(request, 401, ended=True, kept=form.get("kept", ""))


@router.post("/sign-out")
def leave(form: Posted, desk: AtDesk) -> Response:
    """End this session; with `everywhere` all sessions of this user, with `elsewhere` all but this one."""
    desk.check_form(form)
    runtime, who = desk.runtime, desk.who
    if "elsewhere" in form:
        runtime.transact(sign_out, who.user, desk.by, who.id)
        return go_to("/desk/account")
    if "everywhere" in form:
        runtime.transact(sign_out, who.user, desk.by)
    else:
        runtime.transact(users.end_session, who.id)
    user = runtime.read(users.named, who.user)
    response = go_to(f"{SIGN_IN}?left=yes" if user and user.linked else SIGN_IN)
    response.delete_cookie(COOKIE)
    return response


def _prove(request: Request, runtime: Runtime, name: str, form: Form) -> str | None:
    """The token of a new session; None where the password or the second factor is wrong."""
    if not is_theirs(request, runtime, name, form.get("password", "")):
        return None
    proof = partial(prove, given(request, form)) if form.get("passkey") else typed(form, "code")
    return runtime.transact(sign_in, name, address_of(request), proof)


def _again(request: Request, runtime: Runtime, token: str, form: Form) -> Response | None:
    """Show the form kept from the session before, to the user who sent it. Nothing is done yet."""
    kept, who = kept_in(form, runtime.vault), runtime.read(users.signed_in, token)
    if kept is None or who is None or kept.user != who.user or not may_act(who):
        return None
    return show(request, "kept.html", who=who, kept=kept, proof=proof_of(runtime, who))
