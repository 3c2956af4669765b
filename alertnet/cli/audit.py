"""`alertnet audit`: whether the history is still the one that was written (A10)."""

import typer

from alertnet.cli.connection import connected

app = typer.Typer(
    help="The history that nobody can change unseen.", epilog="Example: alertnet audit verify", no_args_is_help=True
)


@app.callback()
def _group() -> None:
    """Keeps `verify` a command of its own while it is the only one."""


@app.command(epilog="Example: alertnet audit verify && echo untouched")
def verify() -> None:
    """Follow every hash chain; exit code 1 and one line `chain seq: why` for each place where one does not hold."""
    from alertnet.store import timeline

    with connected() as runtime:
        breaks = runtime.read(lambda tx: timeline.verify(tx.session))
    for each in breaks:
        typer.echo(f"{each.chain} {each.seq}: {each.why}")
    if breaks:
        raise typer.Exit(1)
    typer.echo("Every chain holds.")
