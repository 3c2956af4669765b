"""`alertnet trees diff`: what an edit changes, in words, before it is in force."""

from pathlib import Path
from typing import Annotated

import typer

Before = Annotated[Path, typer.Argument(metavar="BEFORE", help="The folder as it was.")]
After = Annotated[Path, typer.Argument(metavar="AFTER", help="The folder as it would be.")]


def diff(before: Before, after: After) -> None:
    """Say who would be told sooner, later or no more, and what else is not as it was; both folders have to be whole."""
    from alertnet.core.replan.describe_tree_diff import differences
    from alertnet.trees import read_network

    lines = differences(read_network(before), read_network(after))
    typer.echo("\n".join(lines) if lines else "No difference.")
