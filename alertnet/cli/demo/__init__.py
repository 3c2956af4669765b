"""`alertnet demo`: a whole network on this machine, as a page to try things on or as a tour that ends by itself."""

import gc
from pathlib import Path
from typing import Annotated

import typer

from alertnet.core.errors import BadInput

Tour = Annotated[
    bool,
    typer.Option("--tour", help="Play one incident in the terminal, and end; exit code 0 if it went as it should."),
]
Port = Annotated[
    int, typer.Option(metavar="PORT", min=0, max=65535, help="The port of the page; 0 for any that is free.")
]
Trees = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="The folder with your own trees and teams.yaml, to rehearse on; unless given, an invented network.",
    ),
]


def demo(tour: Tour = False, port: Port = 0, trees: Trees = None) -> None:
    """Open the sandbox in a browser: a simulated phone network to try an alarm on. Ctrl-C ends it.

    alertnet demo --trees contact_trees
    """
    # The garbage collector would find none until all is loaded; `keep_what_is_loaded` lets it look again.
    gc.disable()
    from alertnet.cli.demo.play import play_evening, play_tour

    if tour and trees is not None:
        raise BadInput("--trees", "with --tour", "one of the two")
    if not tour:
        play_evening(port, trees)
    elif not play_tour():
        raise typer.Exit(1)
