"""Pages for people: plain HTML that no script, frame, cache or search engine has any business with (A9)."""

import base64
import hashlib
import re
from collections.abc import Callable

from fastapi import Response

from alertnet.flows.pages.contact_page import Opened, Outcome
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime

STATUS = {Outcome.DONE: 200, Outcome.NOT_PROVED: 403, Outcome.NOT_ALLOWED: 422, Outcome.OVER: 409}
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_POLICY = "default-src 'none'; style-src {style}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_STYLE = re.compile("<style>(.*?)</style>", re.DOTALL)


def show(runtime: Runtime, language: str | None, open: Callable[[], Opened | None]) -> Response:
    """The page that was opened, in `language` if there is such a one, else in the contact's own.

    A link that leads nowhere, and a database that is away, are told in every language there is.
    """
    try:
        opened = open()
    except DatabaseAway as away:
        return _tell(runtime, "try_later", 503, {"Retry-After": str(int(away.retry_after.total_seconds()))})
    if opened is None:
        return _tell(runtime, "unknown_link", 404)
    renderer = runtime.renderer(opened.templates)
    html = renderer.page(language if language in renderer.languages else opened.language, opened.page)
    style = " ".join(f"'sha256-{_digest(source)}'" for source in _STYLE.findall(html)) or "'none'"
    return Response(
        html,
        STATUS[opened.outcome],
        {**HEADERS, "Content-Security-Policy": _POLICY.format(style=style)},
        media_type="text/html",
    )


def _tell(runtime: Runtime, word: str, status: int, headers: dict[str, str] | None = None) -> Response:
    renderer = runtime.renderer(runtime.edition.templates)
    text = "\n\n".join(renderer.page_words(language)[word] for language in renderer.languages)
    return Response(text + "\n", status, {**HEADERS, **(headers or {})}, media_type="text/plain")


def _digest(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
