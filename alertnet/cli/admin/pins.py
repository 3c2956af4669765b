"""`alertnet pins`: sets the PINs of members and contacts, which are never in YAML and never shown again."""

import sys
from typing import Annotated

import typer

from alertnet.cli.arguments import group
from alertnet.cli.contacts.connection import connected_to_trees
from alertnet.core.errors import BadInput
from alertnet.core.inbound.code_formats import ONE_TIME_PIN_LENGTH

app = group("Set the PINs of members and contacts.", "alertnet pins set north/ana --pin -")
Owner = Annotated[str, typer.Argument(metavar="OWNER", help="Whose PINs: TEAM/MEMBER, staff/NAME or TREE/CONTACT.")]
Pin = Annotated[str | None, typer.Option(metavar="PIN", help="The PIN, five digits; - reads it from standard input.")]
Duress = Annotated[
    str | None,
    typer.Option(
        metavar="PIN", help="A second PIN, five digits, that seems to work and raises a silent alarm; - as above."
    ),
]
OneTime = Annotated[
    int,
    typer.Option(
        metavar="NUMBER", min=0, max=100, help="Print a card with so many new PINs of six digits, each good once."
    ),
]
IN_A_ROW = 5


@app.callback()
def _group() -> None:
    """Keeps `set` a subcommand while it is the only one."""


@app.command("set", epilog="Example: alertnet pins set north/ana --pin 47110 --duress 47990 --one-time 5")
def set_pins(owner: Owner, pin: Pin = None, duress: Duress = None, one_time: OneTime = 0) -> None:
    """Set the PINs of a member or contact; those not given stay. Each `-` reads a line of stdin, the true PIN first."""
    from alertnet.cli.admin import actions

    if not (pin or duress or one_time):
        raise typer.BadParameter("needs at least one of --pin, --duress and --one-time")
    with connected_to_trees() as (runtime, network):
        actions.check_owner(network, owner)
        drawn: set[str] = set()
        while len(drawn) < one_time:
            drawn.add(runtime.entropy.digits(ONE_TIME_PIN_LENGTH))
        fresh = sorted(drawn)
        runtime.transact(actions.set_pins, owner, _typed(pin), _typed(duress), fresh)
        blind = runtime.read(actions.without_pin, network)
    typer.echo(f"The PINs of {owner} are set.", err=True)
    if blind:
        named = ", ".join(blind)
        typer.echo(f"warning: coordinators without a PIN, who can read nothing of what people write: {named}", err=True)
    # A card to cut out and cross off. Nothing on it says what it is for.
    for at in range(0, len(fresh), IN_A_ROW):
        typer.echo("   ".join(fresh[at : at + IN_A_ROW]))


def _typed(text: str | None) -> str | None:
    if text != "-":
        return text
    line = sys.stdin.readline().strip()
    if not line:
        raise BadInput("standard input", line, "one PIN on a line")
    return line
