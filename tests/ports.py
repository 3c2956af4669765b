"""Ports for the processes of a test, which open them themselves and only later."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import cycle


@cache
def _candidates(process: int) -> Iterator[int]:
    """Those of a process, below those that the system hands out: it would give one to somebody else in between."""
    first = 10_000 + process * 50 % 20_000
    return cycle(range(first, first + 50))


def free_port() -> int:
    """A port of this machine that nobody else is given."""
    while True:
        port = next(_candidates(os.getpid()))
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
