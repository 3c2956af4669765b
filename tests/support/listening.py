"""Servers on a free port of this machine, for what stands around the program."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer


class Quiet(BaseHTTPRequestHandler):
    """Answers over HTTP, and says nothing of it on stderr."""

    def received(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def listening(
    handler: type[BaseRequestHandler], kind: type[ThreadingHTTPServer | ThreadingTCPServer] = ThreadingHTTPServer
) -> Iterator[int]:
    """The port of a server whose requests go to that handler, each in a thread that nobody waits for."""
    server = kind(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    with server:
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
