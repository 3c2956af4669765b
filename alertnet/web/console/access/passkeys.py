"""Passkeys at the console: what a device is asked to sign, and those that a user has."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from alertnet.flows.credentials.passkeys import Given, add_passkey, draw_challenge, remove_passkey
from alertnet.web.auth import InForce
from alertnet.web.console.door import Viewer, check_form
from alertnet.web.console.refusing import Told
from alertnet.web.console.shown import HEADERS, go_to
from alertnet.web.forms import Form, Posted, typed

router = APIRouter(prefix="/desk", include_in_schema=False, route_class=Told)


@router.get("/challenge")
def challenge(runtime: InForce) -> Response:
    """What a device is to sign now, to make a passkey or to prove one."""
    drawn = draw_challenge(runtime.vault, runtime.entropy, runtime.now())
    return Response(drawn, 200, HEADERS, media_type="text/plain")


@router.post("/passkeys")
def add(request: Request, form: Posted, who: Viewer, runtime: InForce) -> Response:
    """Keep what a device of this user has made."""
    check_form(request, who, form)
    runtime.transact(add_passkey, who.user, typed(form, "name"), given(request, form))
    return go_to("/desk/account")


@router.post("/passkeys/remove")
def remove(request: Request, form: Posted, who: Viewer, runtime: InForce) -> Response:
    """Forget a passkey of this user."""
    check_form(request, who, form)
    runtime.transact(remove_passkey, who.user, form.get("name", ""))
    return go_to("/desk/account")


def given(request: Request, form: Form) -> Given:
    """What the device answered, and the site that the browser was at: its origin was looked at before."""
    origin = request.headers.get("Origin", "")
    return Given(form.get("passkey", ""), origin, urlsplit(origin).hostname or "")
