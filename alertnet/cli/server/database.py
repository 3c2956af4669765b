"""`alertnet db`: upgrades the schema, and declares that the database was restored from a backup."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from alertnet.cli.arguments import BY, group, typed_moment
from alertnet.cli.connection import require_sound, unchecked
from alertnet.core.errors import BadInput

app = group("Bring the database to the newest schema, and back into use after a restore.", "alertnet db upgrade")


@app.command(epilog="Example: alertnet db upgrade")
def upgrade() -> None:
    """Bring the database to the newest schema, from nothing or from an earlier version; harmless to repeat."""
    from alertnet.cli.waiting_for_database import when_database_is_there
    from alertnet.runtime.database.transactions import surfacing
    from alertnet.store.db.tx import Tx
    from alertnet.store.records.checkpoints import give_keys
    from alertnet.store.upgrade import upgrade
    from alertnet.store.views.audit import keyed_since

    def bring() -> datetime | None:
        with unchecked() as runtime, surfacing(runtime.engine):
            upgrade(
                runtime.engine, lambda session: give_keys(Tx(session, runtime.now(), runtime.entropy, runtime.vault))
            )
            return runtime.read(lambda tx: keyed_since(tx.session))

    since = when_database_is_there(bring)
    typer.echo("The database is up to date.")
    if since is not None:
        typer.echo(f"The history has a key since {since:%Y-%m-%d %H:%M} UTC, and so have the API keys of then.")


@app.command(epilog="Example: alertnet db restored --taken-at 2026-11-24T03:00")
def restored(
    taken_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When the backup was taken, in UTC; unless given, the newest moment in it."),
    ] = None,
) -> None:
    """Declare that the database was restored from a backup, so that nothing old is sent again.

    Run it after the restore and before any `serve` or `worker` begins. Messages that were waiting in the backup are
    looked for at the provider first, and sent only if it does not know them. Escalations and alarms stand still for two
    minutes, in which a worker fetches the texts and calls that came in since; then everything goes on as after an
    outage. Coordinators are alarmed, also about each incident in which an answer is still awaited: answers by call,
    page or API since the backup are lost, and so are incidents that were raised since. If the command is interrupted,
    run it again: it goes on where it stopped, and so does a worker that begins.
    """
    from alertnet.cli.startup import runtime_of_command
    from alertnet.worker.startup_recovery import declare_restored

    with unchecked() as runtime:
        require_sound(runtime.engine)
    with runtime_of_command() as runtime:
        moment = typed_moment("--taken-at", taken_at, ZoneInfo("UTC")) if taken_at else None
        if moment and moment > runtime.now():
            raise BadInput(
                "--taken-at", taken_at, f"a moment that has passed; in UTC it is {runtime.now():%Y-%m-%dT%H:%M}"
            )
        declared, refs = declare_restored(runtime, moment, BY)
    typer.echo(f"Restored from the backup of {declared.taken_at:%Y-%m-%d %H:%M} UTC.")
    typer.echo(f"Queued messages that the provider is asked about before they are sent: {declared.queued}.")
    typer.echo(f"Incidents that may lack answers: {', '.join(refs) or 'none'}.")
    for ref, told in declared.lost.items():
        typer.echo(f"Lost since, by what the provider has sent: {ref}, told to {', '.join(told)}.")
