"""`alertnet db`: the schema of the database."""

import typer

from alertnet.cli.connection import unchecked

app = typer.Typer(help="The schema of the database.", epilog="Example: alertnet db upgrade", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `upgrade` a command of its own while it is the only one."""


@app.command(epilog="Example: alertnet db upgrade")
def upgrade() -> None:
    """Bring the database to the newest schema, from nothing or from an earlier version; harmless to repeat."""
    from alertnet.store.upgrade import upgrade
    from alertnet.transactions import surfacing

    with unchecked() as runtime, surfacing():
        upgrade(runtime.engine)
    typer.echo("The database is up to date.")
