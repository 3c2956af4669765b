"""`alertnet audit`: checks that the history is unchanged, and prints its head to keep elsewhere (A10)."""

from typing import Annotated

import typer

from alertnet.cli.arguments import group
from alertnet.cli.connection import connected
from alertnet.cli.output import one_line

app = group("Check that nobody has changed the history.", "alertnet audit verify")
Kept = Annotated[
    str | None,
    typer.Option(
        metavar="HEAD", help="A line of `audit head` that was kept elsewhere: all that it covers must still be there."
    ),
]
AFTER_ROTATION = (
    "If a secret was taken out of ALERTNET_SECRET_KEY, what it vouched for looks altered: "
    "put it back, behind the first, and verify again."
)


@app.command(epilog="Example: alertnet audit verify && echo untouched")
def verify(head: Kept = None) -> None:
    """Check every hash chain; exit code 1 and a line `chain seq: why` for each place where one does not hold.

    An incident's chain is named by its id; seq 0 stands for the whole chain. Only a kept head shows that the database
    was exchanged for an older one, or that entries of its last minute are gone.
    """
    from alertnet.store.records import checkpoints
    from alertnet.store.views import audit

    with connected() as runtime:
        kept = runtime.read(lambda tx: checkpoints.read_head(tx.session, head)) if head is not None else None
        breaks = runtime.read(lambda tx: audit.verify(tx.session, kept))
        since = runtime.read(lambda tx: audit.keyed_since(tx.session))
        purged = runtime.read(lambda tx: audit.purged_incidents(tx.session))
    for each in breaks:
        typer.echo(one_line(f"{each.chain} {each.seq}: {each.why}"))
    if breaks:
        typer.echo(AFTER_ROTATION, err=True)
        raise typer.Exit(1)
    typer.echo("Every chain holds." + (f" Every link since {since:%Y-%m-%d %H:%M} UTC has a key." if since else ""))
    if purged:
        typer.echo(f"Purged incidents, whose entries still verify and say no more what was in them: {purged}.")


@app.command(epilog="Example: alertnet audit head >> /mnt/elsewhere/heads")
def head() -> None:
    """Print the signed head of the history on one line. Keep it where nobody with access to the database can reach.

    The heartbeat carries one each minute. `audit verify --head …` checks the database against it.
    """
    from alertnet.store.records import checkpoints

    with connected() as runtime:
        runtime.transact(checkpoints.note_changed)
        text = runtime.read(checkpoints.signed_head)
    typer.echo(text)
