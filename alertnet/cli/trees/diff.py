"""`alertnet trees diff`: what an edit changes, in words, before it is in force or after."""

from pathlib import Path
from typing import Annotated

import typer

from alertnet.core.directory.contact_tree import Network

Before = Annotated[str, typer.Argument(metavar="BEFORE", help="The folder as it was, or an edition: @12.")]
After = Annotated[str, typer.Argument(metavar="AFTER", help="The folder as it would be, or an edition.")]


def diff(before: Before, after: After) -> None:
    """Say who would be told sooner, later or no more, and what else is not as it was; folders have to be whole."""
    from alertnet.core.replan.describe_tree_diff import differences

    lines = differences(_network(before), _network(after))
    typer.echo("\n".join(lines) if lines else "No difference.")


def _network(name: str) -> Network:
    from alertnet.cli.connection import connected
    from alertnet.cli.trees.editions import named
    from alertnet.store.records import editions
    from alertnet.trees import read_network

    if not name.startswith("@"):
        return read_network(Path(name))
    with connected() as runtime:
        found = named(runtime.watched.history(), name)
        return runtime.read(lambda tx: editions.network_of(tx.session, found))
