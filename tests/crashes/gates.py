"""Gates before the provider and the mail relay: each exchange passes the referee on its way there, and on its way back.

They stand at the sockets that production has too, and add nothing: a process that is killed here dies while it waits
for its provider.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

from tests.crashes.effects import Effect, Kind
from tests.support.listening import Quiet, listening

Passes = Callable[[Effect], bool]

END_OF_MAIL = b"\r\n.\r\n"
NOT_PASSED_ON = frozenset({"transfer-encoding", "connection", "date", "server"})


@contextmanager
def before_provider(provider: str, passes: Passes) -> Iterator[str]:
    """The URL of a gate to that API."""
    to = urlsplit(provider).netloc

    class Gate(Quiet):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.received()
            what = _asked(self.command, urlsplit(self.path).path)
            self.close_connection = not (passes(Effect(Kind.REQUEST, what)) and self._passed_on(body, what))

        def _passed_on(self, body: bytes, what: str) -> bool:
            connection = HTTPConnection(to, timeout=30)
            try:
                connection.request(self.command, self.path, body, dict(self.headers.items()))
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, HTTPException):
                return False
            finally:
                connection.close()
            if not passes(Effect(Kind.ANSWER, what)):
                return False
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in NOT_PASSED_ON:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            return True

        do_GET = do_DELETE = do_POST

    with listening(Gate) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def before_relay(relay: str, passes: Passes) -> Iterator[str]:
    """The URL of a gate to that mail server, which a mail passes as a whole."""
    parts = urlsplit(relay)

    class Gate(BaseRequestHandler):
        def handle(self) -> None:
            self.mails = 0
            with socket.create_connection((parts.hostname, parts.port)) as relay:
                back = threading.Thread(target=self._answers, args=(relay,), daemon=True)
                back.start()
                received = b""
                while data := self._received(self.request):
                    received = (received + data)[-len(END_OF_MAIL) :]
                    if received == END_OF_MAIL and not self._mail_passes():
                        break
                    relay.sendall(data)
                relay.shutdown(socket.SHUT_RDWR)
                back.join()

        def _mail_passes(self) -> bool:
            self.mails += 1
            return passes(Effect(Kind.REQUEST, "the mail"))

        def _answers(self, relay: socket.socket) -> None:
            heard = 0
            while data := self._received(relay):
                if self.mails > heard:
                    heard = self.mails
                    if not passes(Effect(Kind.ANSWER, "the mail")):
                        break
                with suppress(OSError):
                    self.request.sendall(data)
            with suppress(OSError):
                self.request.shutdown(socket.SHUT_RDWR)

        def _received(self, connection: socket.socket) -> bytes:
            try:
                return connection.recv(1 << 16)
            except OSError:
                return b""

    with listening(Gate, ThreadingTCPServer) as port:
        yield relay.replace(f":{parts.port}", f":{port}")


def _asked(method: str, path: str) -> str:
    """What is asked of the provider, in the words of the table."""
    if "/Recordings/" in path:
        return "the deletion" if method == "DELETE" else "the question for the recording"
    is_call, is_of_one = "/Calls" in path, not path.endswith(("/Calls.json", "/Messages.json"))
    match method, is_call, is_of_one:
        case "POST", True, True:
            return "the hanging up"
        case "POST", True, False:
            return "the call"
        case "POST", False, _:
            return "the SMS"
    return "the question"
