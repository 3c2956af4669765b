"""The page of the console's users, for administrators: add, change, sign out, renew and end them."""

from typing import Any

from fastapi import Request, Response

from alertnet.core.errors import AlertnetError, BadInput, Forbidden, Unknown
from alertnet.flows.credentials import users as flow
from alertnet.flows.credentials.linked import link, unlink
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role
from alertnet.web.console.access.account import Handed, handed
from alertnet.web.console.access.proving import check_password
from alertnet.web.console.desk import AtDesk, Desk
from alertnet.web.console.refusing import Pages, refused
from alertnet.web.console.shown import go_to
from alertnet.web.forms import Form, Posted, typed

router = Pages("/desk/users")

HERE = "/desk/users"


DONE = {
    "add": "May sign in now, with what stands here; hand it over in person.",
    "renew": "Signed out; what was given before lets nobody in, nor does a passkey.",
    "recovery": "These recovery codes are good now, those before are not; passkeys stay.",
    "role": "The role holds from the next page on.",
    "link": "Which account stands for this user holds from the next sign-in on.",
    "sign-out": "Signed out everywhere.",
    "end": "Can't sign in any more.",
}
"""What is said of an act once it is done, by its name in the path."""
NOT_TO_ONESELF = ("role", "end")
"""Acts that administrators can't do to themselves; else nobody might be left to undo them."""
TAKES_AWAY = ("sign-out",)
"""Acts that give nobody access, and so need no password."""


@router.get("")
def show_users(desk: AtDesk) -> Response:
    if not desk.who.role.may(Role.ADMINISTRATOR):
        raise Forbidden(f"{desk.who.user} is {desk.who.role.value}: the users are for administrators")
    return _show(desk)


@router.get("/{act}")
def come_back(request: Request) -> Response:
    """Redirect to the page of the users, when an answer is reloaded or another language chosen."""
    return go_to(f"{HERE}?{request.url.query}")


@router.post("/{act}")
def do(act: str, form: Posted, desk: AtDesk) -> Response:
    """Carry out one of the acts on a user, once. New credentials are shown only on this response."""
    desk.check_form(form, Role.ADMINISTRATOR)
    if act not in DONE:
        raise Unknown("act", act[:32])
    name = typed(form, "name").lower()
    if name == desk.who.user and act in NOT_TO_ONESELF:
        raise Forbidden("another administrator does this to you, or the command line")
    if act not in TAKES_AWAY:
        desk.check_pace()
        check_password(desk, form)
    password = flow.draw_password(desk.runtime.entropy)
    hash = flow.hash_password(password, desk.runtime.entropy) if act in ("add", "renew") else ""
    given: list[Handed] = []

    def change(tx: Tx) -> tuple[None, str]:
        given[:] = [_carry_out(tx, desk, act, name, form, password, hash)]
        return None, HERE

    try:
        desk.act_once(form, change, Role.ADMINISTRATOR)
    except BadInput as error:
        return _show(desk, error=error)
    return _show(desk, done=DONE[act], name=name, given=given[0])


def _carry_out(tx: Tx, desk: Desk, act: str, name: str, form: Form, password: str, hash: str) -> Handed:
    """Do it, and give what is to be handed over to the user; `password`: that of who gets a new one."""
    by = desk.by
    match act:
        case "add":
            return (("password", password), *handed(flow.add_user(tx, name, _role(form), hash, by)))
        case "renew":
            return (("password", password), *handed(flow.renew_user(tx, name, hash, by)))
        case "recovery":
            return tuple(("recovery code", code) for code in flow.renew_recovery(tx, name, by))
        case "role":
            flow.set_role(tx, name, _role(form), by)
        case "link" if account := typed(form, "account"):
            link(tx, name, desk.runtime.settings.oidc_issuer or "", account, by)
        case "link":
            unlink(tx, name, by)
        case "sign-out":
            flow.sign_out(tx, name, by)
        case "end":
            flow.end_user(tx, name, by)
    return ()


def _role(form: Form) -> Role:
    given = form.get("role", "")
    if given not in list(Role):
        raise BadInput("role", given[:32], [each.value for each in Role])
    return Role(given)


def _show(desk: Desk, *, error: AlertnetError | None = None, **said: Any) -> Response:
    provider = desk.request.app.state.openid
    return desk.show(
        "users.html",
        users=desk.runtime.read(users.list_all),
        sessions=desk.runtime.read(users.sessions_of_each),
        seen=desk.runtime.entropy.id(),
        openid=provider.host if provider else "",
        **refused(desk.request, error),
        **{"done": "", "name": "", "given": (), **said},
    )
