"""A client of the application whose answer comes in one piece: handing it on piece by piece took most of a request."""

from typing import Any
from urllib.parse import unquote

import anyio
from fastapi.testclient import TestClient
from httpx2 import BaseTransport, ByteStream, Request, Response


class Client(TestClient):
    """A `TestClient` for answers that come to an end."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._transport: Any = Whole(self._transport)


class Whole(BaseTransport):
    """Runs the application for a request to its end at one go, where the usual transport asks it seven times."""

    def __init__(self, usual: Any) -> None:
        self._usual = usual

    def handle_request(self, request: Request) -> Response:
        sent: list[Any] = []
        with self._usual.portal_factory() as portal:
            try:
                portal.call(self._run, self._scope(request), request.read(), sent)
            except Exception:
                if self._usual.raise_server_exceptions:
                    raise
        start, *parts = sent
        body = b"" if request.method == "HEAD" else b"".join(part.get("body", b"") for part in parts)
        return Response(start["status"], headers=start["headers"], stream=ByteStream(body), request=request)

    def close(self) -> None:
        self._usual.close()

    def _scope(self, request: Request) -> dict[str, Any]:
        url = request.url
        return {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(url.path),
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "root_path": self._usual.root_path,
            "scheme": url.scheme,
            "query_string": url.query,
            "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.multi_items()],
            "client": self._usual.client,
            "server": [url.host, url.port or {"http": 80, "https": 443}[url.scheme]],
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
