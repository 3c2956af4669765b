"""`alertnet quarantine`: texts from unknown numbers, and assigning one to a member."""

from typing import TYPE_CHECKING, Annotated

import typer

from alertnet.cli.arguments import BY, group
from alertnet.cli.connection import connected
from alertnet.cli.incidents import Limit

if TYPE_CHECKING:
    from alertnet.store.db.tx import Tx
    from alertnet.store.records.editions import Edition

app = group("Read the texts of unknown numbers, and say whose they are.", "alertnet quarantine list")


@app.command("list", epilog="Example: alertnet quarantine list --limit 10")
def list_texts(limit: Limit = 50) -> None:
    """Print the texts that belong to no member yet, newest first: id, time and number, with the words below."""
    from alertnet.flows.sms.quarantine import to_show
    from alertnet.runtime.logging import as_shown
    from alertnet.store.records import inbound

    with connected() as runtime:
        texts = to_show(runtime.read(inbound.quarantined, None, limit))
    for each in texts:
        typer.echo(as_shown(f"{each.id}  {each.at:%Y-%m-%d %H:%M}Z  {each.number}"))
        for line in each.text.splitlines():
            typer.echo(as_shown(f"    {line}"))


@app.command(epilog="Example: alertnet quarantine bind SM0a1b2c3d north/ana")
def bind(
    id: Annotated[str, typer.Argument(metavar="ID", help="The text, by the id that `alertnet quarantine list` shows.")],
    member: Annotated[str, typer.Argument(metavar="TEAM/MEMBER", help="Whose text it is.")],
) -> None:
    """Assign a text to a member, so that it acts as if sent from their own phone; prints the incident's reference."""
    from alertnet.cli.startup import runtime_of_command
    from alertnet.flows.sms.quarantine import bind_text

    team, _, name = member.partition("/")

    def bound(tx: "Tx", edition: "Edition") -> str:
        locked = bind_text(tx, edition, id, team, name, by=BY)
        locked.finish()
        return locked.incident.ref

    with runtime_of_command() as runtime:
        typer.echo(runtime.transact(bound, runtime.edition))
