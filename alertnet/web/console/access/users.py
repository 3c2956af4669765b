"""The page of the console's users, for administrators: add, change, sign out, renew and end them."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from alertnet.core.codec import value
from alertnet.core.errors import AlertnetError, BadInput, Forbidden, Unknown
from alertnet.flows.credentials import users as flow
from alertnet.flows.credentials.linked import link, unlink
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import users
from alertnet.store.records.credentials.users import Role
from alertnet.web.console.access.account import Handed, handed
from alertnet.web.console.access.proving import check_password
from alertnet.web.console.desk import AtDesk, Desk
from alertnet.web.console.refusing import Told, refused
from alertnet.web.console.shown import go_to
from alertnet.web.forms import Form, Posted, typed

router = APIRouter(prefix="/desk/users", include_in_schema=False, route_class=Told)

HERE = "/desk/users"


@value
class Asked:
    """What an administrator asks about a user, with the password that is given to those who get a new one."""

    name: str
    fields: Form
    by: str
    password: str
    hash: str
    issuer: str

    @property
    def role(self) -> Role:
        """The role that was chosen.

        Raises:
            BadInput: it is none.
        """
        given = self.fields.get("role", "")
        if given not in list(Role):
            raise BadInput("role", given[:32], [each.value for each in Role])
        return Role(given)


def _add(tx: Tx, asked: Asked) -> Handed:
    return (("password", asked.password), *handed(flow.add_user(tx, asked.name, asked.role, asked.hash, asked.by)))


def _renew(tx: Tx, asked: Asked) -> Handed:
    return (("password", asked.password), *handed(flow.renew_user(tx, asked.name, asked.hash, asked.by)))


def _recovery(tx: Tx, asked: Asked) -> Handed:
    return tuple(("recovery code", code) for code in flow.renew_recovery(tx, asked.name, asked.by))


def _set_role(tx: Tx, asked: Asked) -> None:
    flow.set_role(tx, asked.name, asked.role, asked.by)


def _sign_out(tx: Tx, asked: Asked) -> None:
    flow.sign_out(tx, asked.name, asked.by)


def _link(tx: Tx, asked: Asked) -> None:
    account = typed(asked.fields, "account")
    if account:
        link(tx, asked.name, asked.issuer, account, asked.by)
    else:
        unlink(tx, asked.name, asked.by)


def _end(tx: Tx, asked: Asked) -> None:
    flow.end_user(tx, asked.name, asked.by)


ACTS: dict[str, tuple[Callable[[Tx, Asked], Handed | None], str]] = {
    "add": (_add, "May sign in now, with what stands here; hand it over in person."),
    "renew": (_renew, "Signed out; what was given before lets nobody in, nor does a passkey."),
    "recovery": (_recovery, "These recovery codes are good now, those before are not; passkeys stay."),
    "role": (_set_role, "The role holds from the next page on."),
    "link": (_link, "Which account stands for this user holds from the next sign-in on."),
    "sign-out": (_sign_out, "Signed out everywhere."),
    "end": (_end, "Can't sign in any more."),
}
"""Acts by their name in the path: the function, and the text shown once it is done."""
NOT_TO_ONESELF = ("role", "end")
"""Acts that administrators can't do to themselves; else nobody might be left to undo them."""
TAKES_AWAY = ("sign-out",)
"""Acts that give nobody access, and so need no password."""


@router.get("")
def show_users(desk: AtDesk) -> Response:
    """Show everybody who may sign in, and the acts on them."""
    if not desk.who.role.may(Role.ADMINISTRATOR):
        raise Forbidden(f"{desk.who.user} is {desk.who.role.value}: the users are for administrators")
    return _show(desk)


@router.get("/{act}")
def come_back(request: Request) -> Response:
    """Redirect to the page of the users, when an answer is reloaded or another language chosen."""
    return go_to(f"{HERE}?{request.url.query}")


@router.post("/{act}")
def do(act: str, form: Posted, desk: AtDesk) -> Response:
    """Carry out one of `ACTS` on a user, once. New credentials are shown only on this response."""
    desk.check_form(form, Role.ADMINISTRATOR)
    if act not in ACTS:
        raise Unknown("act", act[:32])
    carry_out, done = ACTS[act]
    name = typed(form, "name").lower()
    if name == desk.who.user and act in NOT_TO_ONESELF:
        raise Forbidden("another administrator does this to you, or the command line")
    if act not in TAKES_AWAY:
        desk.check_pace()
        check_password(desk, form)
    password = flow.draw_password(desk.runtime.entropy)
    hash = flow.hash_password(password, desk.runtime.entropy.bytes(flow.SALT_BYTES)) if act in ("add", "renew") else ""
    asked = Asked(name, form, desk.by, password, hash, desk.runtime.settings.oidc_issuer or "")
    given: list[Handed] = []

    def change(tx: Tx) -> tuple[None, str]:
        given[:] = [carry_out(tx, asked) or ()]
        return None, HERE

    try:
        desk.act_once(form, change, Role.ADMINISTRATOR)
    except BadInput as error:
        return _show(desk, error=error)
    return _show(desk, done=done, name=name, given=given[0])


def _show(desk: Desk, *, error: AlertnetError | None = None, **said: Any) -> Response:
    provider = desk.request.app.state.openid
    return desk.show(
        "users.html",
        users=desk.runtime.read(users.list_all),
        sessions=desk.runtime.read(users.sessions_of_each),
        roles=[each.value for each in Role],
        seen=desk.runtime.entropy.id(),
        openid=provider.host if provider else "",
        **refused(desk.request, error),
        **{"done": "", "name": "", "given": (), **said},
    )
