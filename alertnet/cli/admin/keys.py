"""`alertnet keys`: who may use the API, and for what."""

from typing import Annotated

import typer

from alertnet.cli.connection import connected
from alertnet.cli.output import aligned

app = typer.Typer(help="The keys of the API.", epilog="Example: alertnet keys list", no_args_is_help=True)
TeamOption = Annotated[
    str | None, typer.Option(help="The field team whose incidents alone the key opens; all without it.")
]
ScopeOption = Annotated[str | None, typer.Option(help="With commas between them: raise, read, coordinate, administer.")]
DeviceOption = Annotated[
    str | None, typer.Option(help="Of a device's own key instead: its name, small letters, digits and hyphens.")
]


@app.command(epilog="Example: alertnet keys create --team north --scope raise,read")
def create(scope: ScopeOption = None, team: TeamOption = None, device: DeviceOption = None) -> None:
    """Make a key and print it, alone; it is not stored and can't be shown again."""
    from alertnet.cli.admin import actions
    from alertnet.runtime.settings.settings import read_settings
    from alertnet.store.records.credentials.api_keys import DEVICE
    from alertnet.trees import read_network

    if (scope is None) is (device is None):
        raise typer.BadParameter("needs --scope, or --device with --team")
    if device is not None and team is None:
        raise typer.BadParameter("--device needs --team: whose device it is")
    if team is not None:
        actions.check_team(read_network(read_settings().contact_trees), team)
    scopes = [part.strip() for part in (scope or "").split(",") if part.strip()]
    if device is not None:
        scopes = [f"{DEVICE}{device}"]
    with connected() as runtime:
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
    for line in aligned(rows):
        typer.echo(line)


@app.command(epilog="Example: alertnet keys revoke k3m7qwxa")
def revoke(key: Annotated[str, typer.Argument(metavar="ID", help="As `keys list` shows it.")]) -> None:
    """Let the key open nothing from now on."""
    from alertnet.cli.admin import actions

    with connected() as runtime:
        runtime.transact(actions.revoke_key, key)
    typer.echo(f"{key} is revoked.")
