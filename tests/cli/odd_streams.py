"""Commands whose standard streams are not as usual. Programs for `Office.types`."""

import os
import sys

from alertnet.cli import main


def on_a_full_disk() -> None:
    """What it says can't be written."""
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    main()


def without_input() -> None:
    """Nothing is there to be read, not even an end: Python has no object for it then."""
    os.close(0)
    sys.stdin = None
    main()
