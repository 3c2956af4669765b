"""`alertnet trees show`: a tree as somebody would draw it, for the terminal or for the wall."""

from pathlib import Path
from typing import Annotated

import typer

from alertnet.cli.folders import TREES, or_shipped
from alertnet.core.errors import Unknown

Folder = Annotated[
    Path,
    typer.Argument(
        envvar="ALERTNET_CONTACT_TREES", callback=or_shipped, help="The folder with the trees and teams.yaml."
    ),
]
Tree = Annotated[str | None, typer.Option("--tree", help="One tree alone, by its id.")]
Svg = Annotated[bool, typer.Option("--svg", help="A picture.")]
Html = Annotated[bool, typer.Option("--html", help="A page to print.")]


def show(folder: Folder = TREES, tree: Tree = None, svg: Svg = False, html: Html = False) -> None:
    """Draw the trees: level after level, when each begins, who is told, by what, and who stands in for whom.

    Numbers and addresses are not shown, so that it may hang where others see it.
    """
    from alertnet.cli.trees.wall import as_html, as_svg
    from alertnet.trees import read_network

    trees = read_network(folder).trees
    if tree is not None and tree not in trees:
        raise Unknown("tree", tree)
    chosen = [each for id, each in sorted(trees.items()) if tree in (None, id)]
    if html:
        typer.echo(as_html(chosen))
    elif svg:
        typer.echo(as_svg(chosen))
    else:
        from alertnet.cli.trees.outline import outline

        typer.echo("\n\n".join("\n".join(outline(each)) for each in chosen))
