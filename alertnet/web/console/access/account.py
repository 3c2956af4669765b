"""The page of one's own account: sessions, passkeys, password and authenticator.

A change to how the user signs in needs their password again, so that somebody who finds a console open can't give
themselves access.
"""

from typing import Any

from fastapi import Request, Response

from alertnet.core.errors import Unknown
from alertnet.flows.credentials import users as flow
from alertnet.flows.credentials.passkeys import add_passkey, draw_challenge, remove_passkey
from alertnet.store.records.credentials import users
from alertnet.web.auth import InForce
from alertnet.web.console.access.proving import check_password, given
from alertnet.web.console.desk import AtDesk, Desk
from alertnet.web.console.refusing import Pages
from alertnet.web.console.shown import HEADERS, go_to
from alertnet.web.forms import Posted, typed

router = Pages("/desk")

HERE = "/desk/account"
Handed = tuple[tuple[str, str], ...]
"""New credentials as pairs of name and value; the page shows them once."""


RENEWED = {
    "password": "Only this password is good now, and you are signed out everywhere else.",
    "authenticator": "Only this authenticator and these recovery codes are good now, and you are signed out everywhere"
    " else.",
}
"""What is said of what a user may renew once it is done, by its name in the path."""


@router.get("/account")
def show_account(desk: AtDesk) -> Response:
    """Show the account: its sessions, and the ways to sign in and out."""
    return _show(desk)


@router.get("/account/{what}")
@router.get("/passkeys")
def come_back(request: Request) -> Response:
    """Redirect to the account page, when an answer is reloaded or another language chosen."""
    return go_to(f"{HERE}?{request.url.query}")


@router.post("/account/{what}")
def renew(what: str, form: Posted, desk: AtDesk) -> Response:
    """Give this user a new password or authenticator, which only this response shows."""
    desk.check_form(form)
    desk.check_pace()
    if what not in RENEWED:
        raise Unknown("act", what[:32])
    check_password(desk, form)
    runtime, who = desk.runtime, desk.who
    if what == "authenticator":
        issued = runtime.transact(flow.change_authenticator, who.user, who.id)
        return _show(desk, done=RENEWED[what], given=handed(issued))
    password = flow.draw_password(runtime.entropy)
    runtime.transact(flow.change_password, who.user, flow.hash_password(password, runtime.entropy), who.id)
    return _show(desk, done=RENEWED[what], given=(("password", password),))


@router.get("/challenge")
def challenge(runtime: InForce) -> Response:
    """A challenge for a device to sign, to make a passkey or to sign in with one."""
    drawn = draw_challenge(runtime.vault, runtime.entropy, runtime.now())
    return Response(drawn, 200, HEADERS, media_type="text/plain")


@router.post("/passkeys")
def add(form: Posted, desk: AtDesk) -> Response:
    desk.check_form(form)
    desk.check_pace()
    check_password(desk, form)
    desk.runtime.transact(add_passkey, desk.who.user, typed(form, "name"), given(desk.request, form))
    return go_to(HERE)


@router.post("/passkeys/remove")
def remove(form: Posted, desk: AtDesk) -> Response:
    desk.check_form(form)
    desk.runtime.transact(remove_passkey, desk.who.user, form.get("name", ""))
    return go_to(HERE)


def handed(issued: flow.Issued) -> Handed:
    """The secret for an authenticator app, and the recovery codes to print."""
    codes = (("recovery code", code) for code in issued.recovery_codes)
    return (("authenticator", issued.authenticator), *codes)


def _show(desk: Desk, **said: Any) -> Response:
    return desk.show(
        "account.html",
        user=desk.runtime.read(users.named, desk.who.user),
        elsewhere=desk.runtime.read(users.sessions_besides, desk.who),
        **{"done": "", "given": (), **said},
    )
