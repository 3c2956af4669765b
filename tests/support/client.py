"""A client of the application whose answer comes in one piece: handing it on piece by piece took most of a request."""

import asyncio
import atexit
import threading
from collections.abc import Callable, Iterable, Mapping
from contextvars import copy_context
from functools import cache
from typing import Any
from urllib.parse import unquote, urlencode

import anyio
from anyio._backends._asyncio import AsyncIOBackend
from fastapi.testclient import TestClient
from httpx2 import BaseTransport, ByteStream, Request, Response

FORM = "application/x-www-form-urlencoded"


class Client(TestClient):
    """A `TestClient` for answers that come to an end."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._transport: Any = Whole(self._transport)

    def deliver(self, target: str, params: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        """The status and text of the answer to a form that a machine posts to that path and query.

        A machine keeps no cookies and follows nowhere: to see to that took a quarter of a callback.
        """
        form = urlencode(params).encode()
        about = {"Host": "testserver", "Content-Type": FORM, "Content-Length": str(len(form)), **headers}
        start, body = self._transport.ask("POST", target.encode(), about.items(), form)
        return start["status"], body.decode()


class Whole(BaseTransport):
    """Runs the application for a request to its end at one go, where the usual transport asks it seven times.

    On the thread that has made it: to hand each request to other threads and back took a sixth of a screenplay. Several
    threads that ask at once go the usual way.
    """

    def __init__(self, usual: Any) -> None:
        self._usual = usual
        self._home = threading.current_thread()

    def handle_request(self, request: Request) -> Response:
        url = request.url
        server = (url.scheme, url.host, url.port or {"http": 80, "https": 443}[url.scheme])
        start, body = self.ask(request.method, url.raw_path, request.headers.multi_items(), request.read(), server)
        return Response(start["status"], headers=start["headers"], stream=ByteStream(body), request=request)

    def ask(
        self,
        method: str,
        target: bytes,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        server: tuple[str, str, int] = ("http", "testserver", 80),
    ) -> tuple[dict[str, Any], bytes]:
        """How the answer to that request starts, and its body."""
        sent: list[Any] = []
        scope = self._scope(method, target, headers, server)
        try:
            if threading.current_thread() is self._home:
                _loop().run_until_complete(self._run(scope, body, sent))
            else:
                with self._usual.portal_factory() as portal:
                    portal.call(self._run, scope, body, sent)
        except Exception:
            if self._usual.raise_server_exceptions:
                raise
        start, *parts = sent
        return start, b"" if method == "HEAD" else b"".join(part.get("body", b"") for part in parts)

    def close(self) -> None:
        self._usual.close()

    def _scope(
        self, method: str, target: bytes, headers: Iterable[tuple[str, str]], server: tuple[str, str, int]
    ) -> dict[str, Any]:
        path, _, query = target.partition(b"?")
        scheme, host, port = server
        return {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": unquote(path.decode()),
            "raw_path": path,
            "root_path": self._usual.root_path,
            "scheme": scheme,
            "query_string": query,
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
            "client": self._usual.client,
            "server": [host, port],
            "state": self._usual.app_state.copy(),
        }

    async def _run(self, scope: dict[str, Any], body: bytes, sent: list[Any]) -> None:
        left, is_over = [{"type": "http.request", "body": body}], anyio.Event()

        async def receive() -> dict[str, Any]:
            if left:
                return left.pop()
            await is_over.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                is_over.set()

        await self._usual.app(scope, receive, send)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """That of the tests' own thread. What the application would hand to a thread is done at once in it."""
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    usual = AsyncIOBackend.run_sync_in_worker_thread

    async def do(function: Callable[..., Any], args: Any, **options: Any) -> Any:
        if asyncio.get_running_loop() is loop:
            return copy_context().run(function, *args)
        return await usual(function, args, **options)

    AsyncIOBackend.run_sync_in_worker_thread = do  # type: ignore[method-assign, assignment]
    return loop
