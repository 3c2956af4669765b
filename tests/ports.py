"""Ports for the processes of a test, which open them themselves and only later."""

import os
import socket
from contextlib import suppress
from itertools import cycle

_FIRST = 10_000 + os.getpid() * 50 % 20_000
_candidates = cycle(range(_FIRST, _FIRST + 50))
"""Those of this process, below those that the system hands out: it would give one to somebody else in between."""


def free_port() -> int:
    """A port of this machine that nobody else is given."""
    while True:
        port = next(_candidates)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
