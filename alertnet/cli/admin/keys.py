"""`alertnet keys`: the API's keys, and the rotation of the secret that encrypts stored data."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.arguments import BY, group
from alertnet.cli.connection import connected
from alertnet.cli.output import print_rows
from alertnet.core.errors import BadInput

if TYPE_CHECKING:
    from alertnet.runtime.wiring import Runtime
    from alertnet.store.db.tx import Tx
    from alertnet.store.rotation import HeldByOlder

app = group("Make and revoke keys of the API, and change the secret that seals what is stored.", "alertnet keys list")
TeamOption = Annotated[
    str | None, typer.Option(metavar="TEAM", help="The key opens only incidents of this field team; unless given, all.")
]
ScopeOption = Annotated[
    str | None,
    typer.Option(
        metavar="SCOPES", help="What the key may do: raise, read, coordinate, administer; commas between several."
    ),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Make a key for one device of --team instead, such as a tracker: small letters, digits, hyphens.",
    ),
]


@app.command(epilog="Example: alertnet keys create --team north --scope raise,read")
def create(scope: ScopeOption = None, team: TeamOption = None, device: DeviceOption = None) -> None:
    """Create a key and print it alone on a line. It is stored as a hash only, and can't be shown again."""
    from alertnet.cli.admin import actions
    from alertnet.cli.startup import trees_in_force
    from alertnet.store.records.credentials.api_keys import DEVICE, is_device

    if (scope is None) is (device is None):
        raise typer.BadParameter("needs --scope, or --device with --team")
    if device is not None and team is None:
        raise typer.BadParameter("--device needs --team: whose device it is")
    scopes = [part.strip() for part in (scope or "").split(",") if part.strip()]
    if device is not None:
        scopes = [f"{DEVICE}{device}"]
        if not is_device(scopes[0]):
            raise BadInput("--device", device, "small letters, digits and hyphens, at most 32, such as bracelet-1")
    with connected() as runtime:
        if team is not None:
            actions.check_team(trees_in_force(runtime), team)
        key = runtime.transact(actions.create_key, team, scopes)
    typer.echo(key)


@app.command("list", epilog="Example: alertnet keys list")
def list_all() -> None:
    """Print every key ever made, oldest first: id, team, scopes, when it was made and revoked."""
    from alertnet.store.records.credentials import api_keys

    with connected() as runtime:
        made = runtime.read(lambda tx: api_keys.list_all(tx.session))
    rows = [
        (
            key.id,
            key.team,
            ",".join(sorted(key.scopes, key=(*api_keys.SCOPES, *key.scopes).index)),
            f"{key.created_at:%Y-%m-%d %H:%M}Z",
            f"revoked {key.revoked_at:%Y-%m-%d %H:%M}Z" if key.revoked_at else "",
        )
        for key in made
    ]
    print_rows(rows, "No keys.")


@app.command(epilog="Example: alertnet keys revoke k3m7qwxa")
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="The key, by the id that `alertnet keys list` shows.")],
) -> None:
    """Revoke a key: from now on it opens nothing."""
    from alertnet.store.records import timeline
    from alertnet.store.records.credentials import api_keys

    def revoked(tx: "Tx") -> None:
        api_keys.revoke(tx, key)
        timeline.note(tx, "key_revoked", key=key, by=BY)

    with connected() as runtime:
        runtime.transact(revoked)
    typer.echo(f"{key} is revoked.")


@app.command("rotate-data", epilog="Example: alertnet keys rotate-data")
def rotate_data() -> None:
    """Encrypt all stored data anew with the first secret in ALERTNET_SECRET_KEY.

    Restart every process with both secrets first, so that none goes on to use the old one. The command may be
    interrupted at any time and run again. What can't be decrypted stays as it is and is named on stderr; the exit code
    is then 1.
    """
    from alertnet.store.rotation import held_by_older

    with connected() as runtime:
        sealed, damaged = seal_anew(runtime)
        held = runtime.read(held_by_older) if len(runtime.settings.secret_keys) > 1 else None
    for table, count in sealed.items():
        typer.echo(f"{table}: {count} values")
    if not sealed.total():
        typer.echo("Nothing to do: no value is left that an older secret opens.")
    if held is not None:
        typer.echo("Keep the older secrets listed, behind the first, for what is no sealed value but a keyed hash:")
        for line in _words(held):
            typer.echo(f"- {line}")
    for line in damaged:
        typer.echo(line, err=True)
    if damaged:
        raise typer.Exit(1)


def seal_anew(runtime: "Runtime") -> tuple[Counter[str], list[str]]:
    """Encrypt anew; gives the number of values by table, and a line for each value that can't be decrypted."""
    from alertnet.store.rotation import SEALED_COLUMNS, exchange, stale
    from alertnet.worker.purging import REST

    sealed, damaged = Counter[str](), dict[str, None]()
    for column in SEALED_COLUMNS:
        table, after, missed = column.table.name, None, 0
        while (found := runtime.read(stale, column, after)) or missed:
            can = [each for each in found if not each.why]
            done = runtime.transact(exchange, column, can) if can else 0
            sealed[table] += done
            # Rows that others had locked or changed meanwhile get another try at the end.
            missed = missed + len(can) - done if found else 0
            after = found[-1].key if found else None
            damaged |= {f"{table} {_id(each.key)}, {column.name}: {each.why}": None for each in found if each.why}
            REST()
    return +sealed, list(damaged)


def _id(key: tuple[object, ...]) -> str:
    return "/".join(part.hex() if isinstance(part, bytes) else str(part) for part in key)


def _words(held: "HeldByOlder") -> Iterator[str]:
    """What an older secret is still needed for, and until when."""
    if held.api_keys:
        yield f"API keys {', '.join(held.api_keys)}: each until it is next used; or revoke it and create another"
    if held.users:
        yield f"users {', '.join(held.users)}: each until they next sign in"
    if held.pins:
        yield f"PINs, {held.pins} in all: those that were set before, until they are set anew (`alertnet pins set`)"
    if held.open_incidents:
        yield f"open incidents, {held.open_incidents}: their codes, until they are closed"
    yield "numbers, by which what was sent and came in before is found, until that is purged"
    yield "the history of before, which `alertnet audit verify` proves with them, as long as it matters"
