"""What a long-running process asks of the system: memory, and open files."""

import ctypes
import gc
import mmap
import resource
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_ENDLESS = 10240
"""A number of files that stands for no limit, since some systems reject "infinity"."""

_ARENA_MAX = -8
"""The number of the option M_ARENA_MAX in glibc's `malloc.h`."""
_MEMSTATUS = 9
"""The number of the option SQLITE_CONFIG_MEMSTATUS in `sqlite3.h`."""
_COLLAPSE = 25
"""The number of MADV_COLLAPSE in Linux's `mman.h`."""
_SIZE_OF_LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size")

FULL = 7 / 8
"""The part of a large page that must be in use before it is made one."""
BETWEEN_LARGE_PAGES = 0.02
"""Seconds between two: all at once they held up an alarm for a tenth of a second."""

NEW_OBJECTS = 20_000
"""How many more objects are created than freed before the garbage collector looks for cycles among the new ones."""


def share_one_heap() -> None:
    """Make all threads share one heap, where the C library is glibc.

    By default it gives every few threads a heap of their own, and memory freed in one can't be used by the others.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def add_up_no_memory() -> None:
    """Keep SQLite from adding up the memory it takes, under a lock of all its connections; before the first of them.

    Nobody asks for the sum, and an incident takes and gives back memory some three hundred times.
    """
    with suppress(AttributeError, ImportError, OSError):
        import _sqlite3

        sqlite = ctypes.CDLL(_sqlite3.__file__)
        sqlite.sqlite3_shutdown()
        sqlite.sqlite3_config(_MEMSTATUS, 0)
        sqlite.sqlite3_initialize()


def raise_limit() -> int:
    """Raise the limit of open files to the most allowed; gives the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENDLESS if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _ENDLESS if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft
    return wanted


def keep_what_is_loaded() -> None:
    """Exclude everything loaded so far from garbage collection, because it stays until the end.

    Else the collector goes through it from time to time, for a tenth of a second in the middle of an alarm. It also
    looks at new objects less often: a group of flows creates thousands, which live until its commit and form no cycles.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    gc.enable()


def lay_in_large_pages(ended: threading.Event, pause: float = BETWEEN_LARGE_PAGES) -> None:
    """Have what is loaded lie in large pages of memory, where Linux can: the processor finds its way sooner.

    What is not full stays in small ones, else its empty parts would take memory too. Ends early once `ended` is set.
    `pause`: seconds between two.
    """
    with suppress(AttributeError, OSError):
        size, system = int(_SIZE_OF_LARGE_PAGES.read_text()), ctypes.CDLL(None)
        in_use = (ctypes.c_ubyte * (size // mmap.PAGESIZE))()
        for begin, end in _own_memory():
            for at in range(-(-begin // size) * size, end - size + 1, size):
                is_known = system.mincore(ctypes.c_void_p(at), ctypes.c_size_t(size), in_use) == 0
                if is_known and sum(in_use) >= len(in_use) * FULL:
                    system.madvise(ctypes.c_void_p(at), ctypes.c_size_t(size), _COLLAPSE)
                    if ended.wait(pause):
                        return


def _own_memory() -> Iterator[tuple[int, int]]:
    """Where the stretches of memory begin and end that may be written and are of no file."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        stretch, rights, _, _, file, *_ = line.split()
        if rights == "rw-p" and file == "0":
            begin, end = stretch.split("-")
            yield int(begin, 16), int(end, 16)
