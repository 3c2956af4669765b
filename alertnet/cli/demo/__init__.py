"""`alertnet demo`: one incident from the SOS to the all-clear, on this machine alone, then a place to try things."""

from typing import Annotated

import typer

Tour = Annotated[bool, typer.Option("--tour", help="End after the tour; exit code 0 only if it went as it should.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Where to answer; 0 means any port that is free.")]


def demo(tour: Tour = False, port: Port = 0) -> None:
    """Play one incident through against a stand-in telephone network, then stay up until Ctrl-C."""
    from alertnet.cli.demo.play import play

    if not play(stay=not tour, port=port):
        raise typer.Exit(1)
