"""`alertnet demo`: a network on this machine alone, as a page to try things on or as a tour that ends by itself."""

from typing import Annotated

import typer

Tour = Annotated[
    bool,
    typer.Option("--tour", help="No page: play one incident and end; exit code 0 only if it went as it should."),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Where the page answers; 0 means any port that is free.")]


def demo(tour: Tour = False, port: Port = 0) -> None:
    """Open the sandbox in a browser: a stand-in telephone network to try an alarm on. Ctrl-C ends it."""
    from alertnet.cli.demo.play import play_evening, play_tour

    if not tour:
        play_evening(port)
    elif not play_tour():
        raise typer.Exit(1)
