"""A provider on loopback that answers byte by byte as a test writes it, and one message to hand to it."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from alertnet.channels.base import Outgoing
from alertnet.core.directory.contact import MethodKind


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    target: str
    head: str
    form: dict[str, list[str]]

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)


Answer = Callable[[socket.socket, Request], None]


def reply(status: int, document: object, *fields: str) -> bytes:
    """A whole HTTP response."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    head = [f"HTTP/1.1 {status} Word", "Content-Type: application/json", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join([*head, "", ""]).encode() + body


@dataclass
class Provider:
    """A server with a thread for each connection; `answer` writes what it likes, and closes where it likes."""

    listener: socket.socket
    answer: Answer = lambda connection, request: connection.sendall(reply(201, {"sid": "SM1", "status": "queued"}))
    requests: list[Request] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    accepted: list[socket.socket] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    @property
    def connections(self) -> int:
        return len(self.accepted)

    def replies(self, status: int, document: object, *fields: str) -> None:
        """Answer every request with this."""
        self.answer = lambda connection, request: connection.sendall(reply(status, document, *fields))

    def drips(self, data: bytes) -> Answer:
        """An answer that comes a byte every 50 ms."""

        def drip(connection: socket.socket, request: Request) -> None:
            for byte in data:
                if self.stopped.wait(0.05):
                    return
                connection.sendall(bytes([byte]))

        return drip

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.accepted.append(connection)
            self.threads.append(threading.Thread(target=self._converse, args=(connection,)))
            self.threads[-1].start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as lines:
                while request := _read(lines):
                    self.requests.append(request)
                    self.answer(connection, request)


def _read(lines) -> Request | None:  # type: ignore[no-untyped-def]
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = lines.readline()
        if not line:
            return None
        head += line
    text = head.decode()
    length = next((int(row.split(":")[1]) for row in text.splitlines() if row.lower().startswith("content-length")), 0)
    method, target, _ = text.split(" ", 2)
    return Request(method, target, text, parse_qs(lines.read(length).decode(), keep_blank_values=True))


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that takes every message, until told otherwise."""
    provider = Provider(socket.create_server(("127.0.0.1", 0)))
    accepting = threading.Thread(target=provider.serve)
    accepting.start()
    yield provider
    provider.stopped.set()
    for blocked in (provider.listener, *provider.accepted):
        # A blocked accept or read does not notice a close; a shutdown wakes it.
        with suppress(OSError):
            blocked.shutdown(socket.SHUT_RDWR)
    provider.listener.close()
    for thread in (accepting, *provider.threads):
        thread.join(5)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of its own making for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(pem)
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    """The server's side of TLS with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def sms() -> Outgoing:
    text = "PBI URGENT A-7K3M: arrest. Answer 4711."
    return Outgoing("a1b2", "n1", MethodKind.SMS, "+573005550101", "+13025550100", text)


@pytest.fixture
def call() -> Outgoing:
    return Outgoing("c3d4", "n2", MethodKind.CALL, "+573005550101", "+13025550100")


@pytest.fixture
def nobody_listens() -> str:
    """A URL whose port was just given back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def server_that(speaks: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """The port of a server that speaks so to the first who connects."""
    stopped = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                speaks(connection, stopped)
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopped.set()
        thread.join(5)
        listener.close()


def drip(connection: socket.socket, stopped: threading.Event) -> None:
    """A byte every 50 ms, and never a line."""
    for _ in range(1000):
        if stopped.wait(0.05):
            return
        connection.sendall(b"2")


def hang(connection: socket.socket, stopped: threading.Event) -> None:
    """Say nothing."""
    stopped.wait(50)
