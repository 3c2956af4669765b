"""How many files and connections the process may have open, and how many of them are never given to whoever comes in.

Out of files, nothing works any more: no report is taken, no message leaves, the database can't be opened.
"""

import resource

from alertnet.core.limits import MOST_CONNECTIONS

RESERVED = 256
"""Files that incoming connections never take.

At most 130 for the database (SQLite's 64 connections), 100 for what is sent and asked at the same time, 26 besides.
"""
_ENDLESS = 10240
"""In place of a limit that is none, which some systems take for no number of files."""


def raise_limit() -> int:
    """Let the process open as many files as it is allowed to; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENDLESS if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _ENDLESS if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft
    return wanted


def connections_within(limit: int) -> int:
    """How many connections may be let in where so many files may be open: a quarter, where that is hardly enough."""
    return min(max(limit - RESERVED, limit // 4), MOST_CONNECTIONS)
