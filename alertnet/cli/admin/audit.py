"""`alertnet audit`: whether the history is still the one that was written, and what to keep of it outside (A10)."""

from typing import Annotated

import typer

from alertnet.cli.connection import connected

app = typer.Typer(
    help="The history that nobody can change unseen.", epilog="Example: alertnet audit verify", no_args_is_help=True
)
Kept = Annotated[str | None, typer.Option(help="A head that was kept outside: what it covers must all be there.")]


@app.command(epilog="Example: alertnet audit verify && echo untouched")
def verify(head: Kept = None) -> None:
    """Follow every hash chain; exit code 1 and one line `chain seq: why` for each place where one does not hold.

    An incident's chain goes by its id, and seq 0 is the chain as a whole. Only with a head it is seen that the whole
    database was exchanged for an older one, or that what was written in its last minute is gone.
    """
    from alertnet.store.records import checkpoints
    from alertnet.store.views import audit

    with connected() as runtime:
        kept = runtime.read(lambda tx: checkpoints.read_head(tx.session, head)) if head is not None else None
        breaks = runtime.read(lambda tx: audit.verify(tx.session, kept))
        since = runtime.read(lambda tx: audit.keyed_since(tx.session))
        purged = runtime.read(lambda tx: audit.purged_incidents(tx.session))
    for each in breaks:
        typer.echo(f"{each.chain} {each.seq}: {each.why}")
    if breaks:
        raise typer.Exit(1)
    typer.echo("Every chain holds." + (f" Every link since {since:%Y-%m-%d %H:%M} UTC has a key." if since else ""))
    if purged:
        typer.echo(f"Purged incidents, whose entries still verify and say no more what was in them: {purged}.")


@app.command(epilog="Example: alertnet audit head >> /mnt/elsewhere/heads")
def head() -> None:
    """Print where the history ends, signed, alone on a line: keep it where nobody who has the database can reach.

    The heartbeat carries one each minute. `audit verify --head …` holds the database to it.
    """
    from alertnet.store.records import checkpoints

    with connected() as runtime:
        runtime.transact(checkpoints.note_changed)
        text = runtime.read(checkpoints.signed_head)
    typer.echo(text)
