"""Serves REST and SMTP on loopback from one event loop in one thread, so that starting and stopping take no time."""

import asyncio
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

LOOPBACK = "127.0.0.1"


class _Connection(HttpToolsProtocol):
    """Lets the application at its own transport, so that it can hang up without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Listener:
    """The two servers. A port of 0 becomes a free one at the first start, and stays the same after a stop."""

    def __init__(self, app: ASGIApp, smtp: Callable[[], asyncio.Protocol], port: int, smtp_port: int) -> None:
        self.port = port
        self.smtp_port = smtp_port
        self._smtp = smtp
        self._config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False)
        self._config.load()
        self._state = ServerState()
        self._servers: list[asyncio.Server] = []

    def start(self) -> None:
        """Listen. Raises OSError where a port is taken."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except OSError:
            self.stop()
            raise

    def stop(self) -> None:
        """Refuse connections, and cut those that are open; nothing happens where that was done."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        rest = await loop.create_server(lambda: _Connection(self._config, self._state, {}), LOOPBACK, self.port)
        self._servers.append(rest)
        smtp = await loop.create_server(self._smtp, LOOPBACK, self.smtp_port)
        self._servers.append(smtp)
        self.port, self.smtp_port = (server.sockets[0].getsockname()[1] for server in self._servers)

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
