"""Commands whose standard streams or rights are not as usual. Programs for `Office.types`."""

import ctypes
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


def as_one_who_must_ask() -> None:
    """It is held to the modes of files, as everybody but root is."""
    version, override_and_search = 0x20080522, 0b110  # capset(2), capabilities(7)
    header, sets = (ctypes.c_uint32 * 2)(version, 0), (ctypes.c_uint32 * 6)()
    if os.geteuid() == 0:
        system = ctypes.CDLL(None)
        system.capget(header, sets)
        effective, permitted = 0, 1
        for each in (effective, permitted):
            sets[each] &= ~override_and_search
        system.capset(header, sets)
    main()
