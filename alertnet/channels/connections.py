"""Idle connections, kept a few seconds for the next request to the same place."""

import select
import socket
import ssl
import time
import weakref
from collections import deque
from typing import NamedTuple

_KEPT = 32
"""Idle connections kept for each origin."""


class Origin(NamedTuple):
    """Where a connection leads."""

    scheme: str
    host: str
    port: int


Idle = dict[Origin, deque[tuple[socket.socket, float]]]
"""Connections and the moments (monotonic) since which they have been idle."""


class Pool:
    """Idle connections, the latest used first; a deque's ends are safe between threads without a lock."""

    def __init__(self, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._idle: Idle = {}
        weakref.finalize(self, _close_all, self._idle)

    def borrow(self, origin: Origin) -> socket.socket | None:
        """A connection that is safe to write to, or None."""
        idle = self._idle.setdefault(origin, deque())
        while True:
            try:
                connection, since = idle.pop()
            except IndexError:
                return None
            if time.monotonic() - since < self._idle_seconds and _is_quiet(connection):
                return connection
            connection.close()

    def keep(self, origin: Origin, connection: socket.socket) -> None:
        """Take back a connection whose last answer was read to its end."""
        idle = self._idle.setdefault(origin, deque())
        if len(idle) < _KEPT:
            idle.append((connection, time.monotonic()))
        else:
            connection.close()


def _close_all(idle: Idle) -> None:
    for connections in idle.values():
        for connection, _ in connections:
            connection.close()


def _is_quiet(connection: socket.socket) -> bool:
    # A reset on a reused connection leaves us unsure: one that was closed, or that speaks unasked, is not reused.
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return False
    poller = select.poll()
    poller.register(connection, select.POLLIN)
    return not poller.poll(0)
