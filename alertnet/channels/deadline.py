"""One deadline for a whole exchange: resolving, connecting, writing, and every read.

A socket's own timeout applies to each read, so a server that sends a byte a second could hold a thread for ever. Here
each read gets only the rest of the deadline.
"""

import io
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import Any

Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]
"""One result of `socket.getaddrinfo`."""


class Deadline:
    """A moment on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, more than 0; raises TimeoutError where none are."""
        seconds = self.rest()
        if not seconds:
            raise TimeoutError("the deadline has passed")
        return seconds

    def rest(self) -> float:
        """Seconds left; 0 where none are."""
        return max(0.0, self._at - time.monotonic())


class DeadlineReader(io.RawIOBase):
    """The reading side of a socket, with a deadline, for so many bytes; closing it leaves the socket open."""

    def __init__(self, connection: socket.socket, deadline: Deadline, limit: int) -> None:
        self._connection = connection
        self._deadline = deadline
        self._room = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._room <= 0:
            raise OSError("more came than is read")
        self._connection.settimeout(self._deadline.left())
        taken = self._connection.recv_into(buffer)
        self._room -= taken
        return taken

    def makefile(self, mode: str) -> io.BufferedReader:
        """A buffered reader, under the name by which the standard library asks a socket for one."""
        return io.BufferedReader(self)


def is_loopback(host: str) -> bool:
    """Whether what is sent to that host stays on this machine, so that TLS is not required."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def open_socket(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A TCP socket connected to the first address of the host that answers.

    Each address gets a fair share of the time left, so that a dead one (IPv6 without a route) does not use up all.

    Raises:
        OSError: none answered in time; nothing was sent.
    """
    addresses = _resolve(host, port, deadline)
    fault = OSError(f"{host} has no address")
    for position, (family, kind, protocol, _, address) in enumerate(addresses):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(deadline.left() / (len(addresses) - position))
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except OSError as refused:
            connection.close()
            fault = refused
    raise fault


def over_tls(connection: socket.socket, tls: ssl.SSLContext, host: str, deadline: Deadline) -> ssl.SSLSocket:
    """That connection, encrypted by a handshake within the deadline; closed, and OSError raised, where that fails."""
    try:
        connection.settimeout(deadline.left())
        return tls.wrap_socket(connection, server_hostname=host)
    except OSError:
        connection.close()
        raise


def _resolve(host: str, port: int, deadline: Deadline) -> Sequence[Address]:
    with suppress(OSError, UnicodeError):
        # A number: nobody is asked.
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    # getaddrinfo has no timeout, and a dead resolver blocks it for half a minute, so it runs in a thread of its own.
    answers: SimpleQueue[Sequence[Address] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as fault:
            answers.put(fault if isinstance(fault, OSError) else OSError(f"{host!r} is no host name"))

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left())
    except Empty:
        raise TimeoutError(f"{host} was not resolved in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer
