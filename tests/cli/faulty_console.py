"""`alertnet` with a console that can't be loaded: a program for `Office.starts`."""

import sys

from alertnet.cli import main as alertnet
from alertnet.web.console import incidents

BOARD = "alertnet.web.console.incidents.board"


def without_board() -> None:
    """As if a file were missing; what this is forked from may have loaded it."""
    vars(incidents).pop("board", None)
    sys.modules[BOARD] = None  # type: ignore[assignment]  # So that it can't be imported.
    alertnet()
