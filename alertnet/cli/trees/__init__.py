"""`alertnet trees`: what is wrong with the contact trees, before they are needed."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from alertnet.cli.trees.diff import diff
from alertnet.cli.trees.simulate import simulate

app = typer.Typer(help="The contact trees.", epilog="Example: alertnet trees check", no_args_is_help=True)
Folder = Annotated[
    Path, typer.Argument(envvar="ALERTNET_CONTACT_TREES", help="The folder with the trees and teams.yaml.")
]


@app.command(epilog="Example: alertnet trees check contact_trees")
def check(folder: Folder = Path("contact_trees")) -> None:
    """Report every fault of every file, with its line and what would do; exit code 2 if there is one."""
    from alertnet.trees import read_network

    network = read_network(folder)
    typer.echo(f"{folder}: no faults. Trees: {_listed(network.trees)}. Teams: {_listed(network.teams)}.")


app.command(
    epilog="Example: alertnet trees simulate contact_trees --country CO --type arrest --consent international "
    "--nationality ES --answers coordinator@4m"
)(simulate)


app.command(epilog="Example: alertnet trees diff contact_trees new_contact_trees")(diff)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
