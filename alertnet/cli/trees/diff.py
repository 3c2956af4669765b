"""`alertnet trees diff`: what an edit changes, in words."""

from pathlib import Path
from typing import Annotated

import typer

from alertnet.cli.connection import connected
from alertnet.cli.trees.editions import named
from alertnet.core.directory.contact_tree import Network

Before = Annotated[
    str, typer.Argument(metavar="BEFORE", help="The trees as they were: a folder, or an edition such as @12.")
]
After = Annotated[str, typer.Argument(metavar="AFTER", help="The trees as they would be: a folder, or an edition.")]


def diff(before: Before, after: After) -> None:
    """Print who would be told sooner, later or no more, and all other differences. Both folders must be complete."""
    from alertnet.core.replan.describe_tree_diff import differences

    beside_edition = before.startswith("@") or after.startswith("@")
    lines = differences(_network(before, beside_edition), _network(after, beside_edition))
    typer.echo("\n".join(map(str, lines)) if lines else "No difference.")


def _network(name: str, beside_edition: bool) -> Network:
    """The network of an edition or a folder. Beside an edition, a folder includes what the installation shares."""
    from alertnet.runtime.settings.settings import read_settings
    from alertnet.runtime.tree_editing import network_of
    from alertnet.trees import read_network
    from alertnet.trees.folder_files import beside_shared

    if not name.startswith("@"):
        folder = Path(name)
        return read_network(beside_shared(folder, read_settings().contact_trees) if beside_edition else folder)
    with connected() as runtime:
        return network_of(runtime, named(runtime, name))
