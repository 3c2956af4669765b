"""The sandbox's public interface: start it, get phones and mailboxes, order faults, let time pass."""

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Self

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from alertnet.sandbox.imap import PASSWORD, USER, ImapServer
from alertnet.sandbox.mail import Mailbox, PostOffice
from alertnet.sandbox.rest import Rest
from alertnet.sandbox.telephony.calls import Exchange
from alertnet.sandbox.telephony.faults import Fault
from alertnet.sandbox.telephony.handset import Handset
from alertnet.sandbox.telephony.network import Network
from alertnet.sandbox.telephony.texts import MessageCentre
from alertnet.sandbox.telephony.webhooks import Delivery, Post, Webhooks, deliver_due, post_over_http, visit

LOOPBACK = "127.0.0.1"
OUR_ADDRESS = "alertnet@sandbox.example"

LONGEST_WAIT = timedelta(milliseconds=500)
"""How often to check the clock in live mode when nothing wakes the thread."""
NO_DELAY = timedelta(0)
log = logging.getLogger(__name__)


class _Connection(HttpToolsProtocol):
    """Gives the application access to its transport, so that it can hang up without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Listener:
    """The HTTP, SMTP and IMAP servers. Port 0 becomes a free port at the first start, and stays the same afterwards."""

    def __init__(
        self,
        app: ASGIApp,
        smtp: Callable[[], asyncio.Protocol],
        imap: Callable[[], asyncio.Protocol],
        ports: Iterable[int],
    ) -> None:
        self.ports = tuple(ports)
        """Of HTTP, SMTP and IMAP."""
        self._config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False)
        self._config.load()
        self._state = ServerState()
        self._protocols = (lambda: _Connection(self._config, self._state, {}), smtp, imap)
        self._servers: list[asyncio.Server] = []

    def start(self) -> None:
        """Start listening. Raises OSError where a port is taken."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except OSError:
            self.stop()
            raise

    def stop(self) -> None:
        """Refuse new connections and cut open ones. A second call does nothing."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for protocol, port in zip(self._protocols, self.ports, strict=True):
            self._servers.append(await loop.create_server(protocol, LOOPBACK, port))
        self.ports = tuple(server.sockets[0].getsockname()[1] for server in self._servers)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()
        for connection in list(self._state.connections):
            connection.transport.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """The simulated network and mail server, on loopback while it is started.

    `live=False` (tests): nothing is sent, rung or called back until `settle()`, which carries out what is due by
    `now()`; a ringing call stops once its Timeout has passed. `live=True` (demo): a thread does so by itself.

    `number` is alertnet's own. `public_url` is where inbound texts and calls are posted (`/twilio/sms`,
    `/twilio/voice`). Both may be set later. `post` replaces delivery over HTTP, for example by a test client. `ids` are
    counted up for SIDs; by default they differ between starts, so that a database may outlive its sandbox. `ports`:
    those of the provider's interface, SMTP and IMAP, by default free ones.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        public_url: str,
        number: str = "+15005550006",
        live: bool = False,
        now: Callable[[], datetime] = utc_now,
        post: Post | None = None,
        ids: Iterator[int] | None = None,
        ports: Iterable[int] = (0, 0, 0),
    ) -> None:
        self.public_url = public_url
        self.number = number
        self.network = Network(account_sid, now, ids or itertools.count(time.time_ns()))
        webhooks = Webhooks(auth_token, post or post_over_http())
        self._texts = MessageCentre(self.network, webhooks)
        self._exchange = Exchange(self.network, webhooks)
        self._post_office = PostOffice(visit, now)
        rest = Rest(self.network, self._texts, self._exchange, auth_token, self.settle, self._alertnet)
        imap = ImapServer(lambda: self._post_office.mailbox(OUR_ADDRESS).mails)
        self._listener = Listener(rest.app(), self._post_office.protocol, imap.protocol, ports)
        self._live = live
        self._stopping = threading.Event()

    def start(self) -> Self:
        """Start listening, after a stop on the same ports. Raises OSError where a port is taken."""
        self._listener.start()
        if self._live:
            self._stopping.clear()
            self._clockwork = threading.Thread(target=self._let_time_pass, name="sandbox-clock", daemon=True)
            self._clockwork.start()
        return self

    def stop(self) -> None:
        """Refuse new connections and cut open ones; the state of the network is kept."""
        self._listener.stop()
        if self._live:
            self._stopping.set()
            self.network.wake()
            self._clockwork.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def api_url(self) -> str:
        """The base URL of the REST API, for ALERTNET_TWILIO_API_URL."""
        return f"http://{LOOPBACK}:{self._listener.ports[0]}"

    @property
    def smtp_url(self) -> str:
        """The mail server, for ALERTNET_SMTP_URL; without user and TLS."""
        return f"smtp://{LOOPBACK}:{self._listener.ports[1]}?from={OUR_ADDRESS}"

    @property
    def imap_url(self) -> str:
        """The mailbox of alertnet's own address, for ALERTNET_IMAP_URL."""
        return f"imap://{USER}:{PASSWORD}@{LOOPBACK}:{self._listener.ports[2]}"

    def handset(self, number: str) -> Handset:
        """The phone with this number (E.164)."""
        return Handset(number, self.network, self._texts, self._exchange, self._alertnet)

    def _alertnet(self) -> tuple[str, str]:
        return self.public_url, self.number

    def mailbox(self, address: str) -> Mailbox:
        return self._post_office.mailbox(address)

    def settle(self) -> list[Delivery]:
        """Carry out all that is due by now, and what follows from it; gives the delivered status callbacks in order."""
        return deliver_due(self.network)

    def next_due(self) -> datetime | None:
        """When the next event is due, such as a receipt or the end of a ring; None where none is."""
        return self.network.next_due()

    def misbehaves(
        self, fault: Fault, times: int = 1, number: str | None = None, method: str = "POST", delay: timedelta = NO_DELAY
    ) -> None:
        """Apply this fault to the next `times` requests of that HTTP method, or only to those about `number`."""
        self.network.faults.order(fault, times, number, method, delay)

    def refuses_mail(self, reply: str | None) -> None:
        """Refuse all mail with that reply, such as `535 5.7.8 wrong password`; None accepts it again."""
        self._post_office.refusal = reply

    def recovers(self) -> None:
        self.network.faults.clear()

    def _let_time_pass(self) -> None:
        while not self._stopping.is_set():
            self.network.wait_for_due(LONGEST_WAIT)
            try:
                self.settle()
            except Exception:
                log.exception("sandbox step failed")
