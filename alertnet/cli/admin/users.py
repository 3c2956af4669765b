"""`alertnet users`: who may sign in to the console, and in which role."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.arguments import BY, group
from alertnet.cli.connection import connected
from alertnet.cli.output import print_rows
from alertnet.core.errors import BadInput

if TYPE_CHECKING:
    from alertnet.flows.credentials.users import Issued
    from alertnet.runtime.wiring import Runtime

app = group("Add and change the users of the console.", "alertnet users list")
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The user: small letters, digits, dots, hyphens and underscores.")
]
Password = Annotated[
    str | None,
    typer.Option(
        metavar="-",
        help="- reads a password of at least 12 characters from standard input; unless given, one is drawn.",
    ),
]
RoleOption = Annotated[
    str | None,
    typer.Option(
        metavar="ROLE",
        help="observer, coordinator or administrator; unless given, administrator for the first user, else observer.",
    ),
]


Last = Annotated[bool, typer.Option("--last", help="Even the only administrator.")]


@app.command(epilog="Example: alertnet users add maria --role coordinator")
def add(name: Name, role: RoleOption = None, password: Password = None) -> None:
    """Add a user of the console, and print what they need to sign in; none of it can be shown again."""
    from alertnet.flows.credentials import users as flow
    from alertnet.store.records.credentials import users
    from alertnet.store.records.credentials.users import Role

    if role is not None and role not in list(Role):
        raise BadInput("--role", role, [each.value for each in Role])
    with connected() as runtime:
        is_first = not runtime.read(users.list_all)
        chosen = Role(role) if role else Role.ADMINISTRATOR if is_first else Role.OBSERVER
        text, hash = _password(runtime, password)
        issued = runtime.transact(flow.add_user, name, chosen, hash, BY)
        address = f"{runtime.settings.public_url or '<public URL>'}/desk"
    typer.echo(f"{name} may sign in at {address}, as {chosen.value}.", err=True)
    _print(name, text if password is None else None, issued)


@app.command(epilog="Example: alertnet users renew maria")
def renew(name: Name, password: Password = None) -> None:
    """Give a user a new password, authenticator and recovery codes, and end their sessions."""
    from alertnet.flows.credentials import users as flow

    with connected() as runtime:
        text, hash = _password(runtime, password)
        issued = runtime.transact(flow.renew_user, name, hash, BY)
    typer.echo(f"{name} is signed out; what {name} had before lets nobody in.", err=True)
    _print(name, text if password is None else None, issued)


@app.command(epilog="Example: alertnet users role maria coordinator")
def role(
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="observer, coordinator or administrator.")],
    last: Last = False,
) -> None:
    """Give a user another role, at once; the only administrator with --last alone."""
    from alertnet.flows.credentials import users as flow
    from alertnet.store.records.credentials.users import Role

    if role not in list(Role):
        raise BadInput("role", role, [each.value for each in Role])
    with connected() as runtime:
        runtime.transact(partial(flow.set_role, may_be_last=last), name, Role(role), BY)
    typer.echo(f"{name} is {role} now.")


@app.command(epilog="Example: alertnet users link maria maria@example.org")
def link(
    name: Name,
    account: Annotated[
        str, typer.Argument(metavar="ACCOUNT", help="The mail address, or the subject, that the provider knows.")
    ],
) -> None:
    """Link a user with an account at the OpenID Connect provider (ALERTNET_OIDC_ISSUER)."""
    from alertnet.flows.credentials import linked

    with connected() as runtime:
        runtime.transact(linked.link, name, runtime.settings.oidc_issuer or "", account, BY)
    typer.echo(f"{name} may sign in as {account}.")


@app.command(epilog="Example: alertnet users unlink maria")
def unlink(name: Name) -> None:
    """Remove a user's link with an account at the provider; the password still works."""
    from alertnet.flows.credentials import linked

    with connected() as runtime:
        runtime.transact(linked.unlink, name, BY)
    typer.echo(f"{name} signs in by password alone.")


@app.command("list", epilog="Example: alertnet users list")
def list_all() -> None:
    """Print every user there ever was: role, recovery codes left, when added, account, when ended."""
    from alertnet.store.records.credentials import users

    with connected() as runtime:
        known = runtime.read(users.list_all)
    rows = [
        (
            user.name,
            user.role.value,
            f"{len(user.recovery)} recovery codes",
            f"{user.created_at:%Y-%m-%d %H:%M}Z",
            user.linked.account if user.linked else "",
            f"ended {user.ended_at:%Y-%m-%d %H:%M}Z" if user.ended_at else "",
        )
        for user in known
    ]
    print_rows(rows)


@app.command(epilog="Example: alertnet users end maria")
def end(name: Name, last: Last = False) -> None:
    """End a user's access and sessions, at once; the only administrator's with --last alone."""
    from alertnet.flows.credentials import users as flow

    with connected() as runtime:
        runtime.transact(partial(flow.end_user, may_be_last=last), name, BY)
    typer.echo(f"{name} can't sign in any more.")


@app.command("sign-out", epilog="Example: alertnet users sign-out maria")
def sign_out(name: Name) -> None:
    """End a user's sessions, at once; they may sign in again."""
    from alertnet.flows.credentials import users as flow

    with connected() as runtime:
        ended = runtime.transact(flow.sign_out, name, BY)
    typer.echo(f"{name} was signed in {ended} times, and is not any more.")


def _password(runtime: "Runtime", given: str | None) -> tuple[str, str]:
    """The password and its hash, which takes long and so is made before the transaction."""
    from alertnet.flows.credentials import users as flow

    if given not in (None, "-"):
        raise BadInput("--password", "*" * 8, "-: a password in a command line is read by everybody on this machine")
    text = sys.stdin.readline().rstrip("\n") if given == "-" else flow.draw_password(runtime.entropy)
    return text, flow.hash_password(text, runtime.entropy)


def _print(name: str, password: str | None, issued: "Issued") -> None:
    """What to hand over, a line each, so that scripts can read it."""
    lines = [("user", name), *([("password", password)] if password else []), ("authenticator", issued.authenticator)]
    print_rows([*lines, *(("recovery code", code) for code in issued.recovery_codes)])
    if sys.stderr.isatty():
        from alertnet.flows.credentials.qr_code import in_terminal

        typer.echo("The address of the authenticator, for the camera of its app:", err=True)
        typer.echo(in_terminal(issued.authenticator), err=True)
