"""Pages for contacts and coordinators that a link in a message opens.

Opening a page only shows it; a button on it acts (A6). No script, frame, cache or search engine may use them. They are
the contact's page, and the coordinator's page of a decision, an alarm, a task or an answer (A9).
"""

import base64
import hashlib
import re
from collections.abc import Callable
from contextlib import suppress

from fastapi import APIRouter, Response

from alertnet.core.errors import Purged
from alertnet.flows.pages import contact_page, coordinator_page, number_test_page, revoke_page
from alertnet.flows.pages.coordinator_page import asks_to_hear, hear_recording
from alertnet.flows.pages.linked_page import Opened, Outcome, Sent
from alertnet.flows.system.duty_calendar import calendar_at
from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import page_links
from alertnet.store.records.editions import Edition
from alertnet.web.auth import InForce
from alertnet.web.forms import Posted, typed

router = APIRouter(include_in_schema=False)

_CONTACT_FIELDS = ("answer", "action", "note", "by", "pin")
_COORDINATOR_FIELDS = ("answer", "contact", "kind", "action", "reason", "type", "severity", "into", "note", "pin")
STATUS = {Outcome.DONE: 200, Outcome.NOT_PROVED: 403, Outcome.NOT_ALLOWED: 422, Outcome.OVER: 409}
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_POLICY = "default-src 'none'; style-src {style}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_STYLE = re.compile("<style>(.*?)</style>", re.DOTALL)


def show(runtime: Runtime, language: str | None, open: Callable[[], Opened | None]) -> Response:
    """Show the opened page in `language` if we have it, else in the contact's own.

    An unknown link, a purged incident or a missing database is told in all languages.
    """
    try:
        opened = open()
    except DatabaseAway as away:
        return _database_away(runtime, away)
    except Purged:
        return _tell(runtime, "closed_long_ago", 410)
    if opened is None:
        return _tell(runtime, "unknown_link", 404)
    renderer = runtime.renderer(opened.templates or runtime.edition.templates)
    html = renderer.page(language if language in renderer.languages else opened.language, opened.page)
    style = " ".join(f"'sha256-{_digest(source)}'" for source in _STYLE.findall(html)) or "'none'"
    return Response(
        html,
        STATUS[opened.outcome],
        {**HEADERS, "Content-Security-Policy": _POLICY.format(style=style)},
        media_type="text/html",
    )


def try_later(runtime: Runtime, status: int, headers: dict[str, str]) -> Response:
    """Say in all languages that nothing was recorded just now, and what to do."""
    return _tell(runtime, "try_later", status, headers)


def _database_away(runtime: Runtime, away: DatabaseAway) -> Response:
    return try_later(runtime, 503, {"Retry-After": str(int(away.retry_after.total_seconds()))})


def _tell(runtime: Runtime, word: str, status: int, headers: dict[str, str] | None = None) -> Response:
    renderer = runtime.renderer(runtime.edition.templates)
    text = "\n\n".join(dict.fromkeys(renderer.page_words(language)[word] for language in renderer.languages))
    return Response(text + "\n", status, {**HEADERS, **(headers or {})}, media_type="text/plain")


def _digest(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


@router.api_route("/a/{token}", methods=["GET", "HEAD"])
def show_contact_page(token: str, runtime: InForce, lang: str | None = None) -> Response:
    """Show the contact's page. Mail scanners and link previews come here too, so it changes nothing."""
    return show(runtime, lang, lambda: runtime.read(_of_contact, runtime.edition, token))


@router.post("/a/{token}")
def press_on_contact_page(token: str, form: Posted, runtime: InForce, lang: str | None = None) -> Response:
    """Carry out what a button or an entered PIN asks for, and show the page."""
    sent = Sent(**{name: typed(form, name) for name in _CONTACT_FIELDS}).without_ticket()
    return show(runtime, form.get("lang", lang), lambda: runtime.transact(_of_contact, runtime.edition, token, sent))


@router.api_route("/c/{token}", methods=["GET", "HEAD"])
def show_coordinator_page(token: str, runtime: InForce, lang: str | None = None) -> Response:
    """Show the coordinator's page; it changes nothing."""
    return show(runtime, lang, lambda: runtime.read(_of_coordinator, token))


@router.post("/c/{token}")
def press_on_coordinator_page(token: str, form: Posted, runtime: InForce, lang: str | None = None) -> Response:
    """Carry out what a button or an entered PIN asks for, and show the page."""
    sent = Sent(**{name: typed(form, name) for name in _COORDINATOR_FIELDS}).without_ticket()
    with suppress(Purged):  # the page says so
        if asks_to_hear(sent) and (sound := runtime.transact(hear_recording, token, sent)):
            return Response(sound, 200, HEADERS, media_type="audio/mpeg")
    return show(runtime, form.get("lang", lang), lambda: runtime.transact(_of_coordinator, token, sent))


@router.api_route("/duty/{token}.ics", methods=["GET", "HEAD"])
def show_duty_calendar(token: str, runtime: InForce) -> Response:
    """The duty turns of one person as an iCalendar file, for a calendar to fetch."""
    try:
        calendar = runtime.read(calendar_at, runtime.edition.network, token)
    except DatabaseAway as away:
        return _database_away(runtime, away)
    if calendar is None:
        return _tell(runtime, "unknown_link", 404)
    return Response(calendar, 200, HEADERS, media_type="text/calendar")


def _of_contact(tx: Tx, edition: Edition, token: str, sent: Sent | None = None) -> Opened | None:
    """The page behind that token, opened, or as it is once what was `sent` is done."""
    link = page_links.find(tx, token)
    if link is not None and link.escalation_id is not None:
        return contact_page.show(tx, link) if sent is None else contact_page.press(tx, link, sent)
    if sent is None:
        return number_test_page.show(tx, edition, token)
    return number_test_page.press(tx, edition, token, sent.answer)


def _of_coordinator(tx: Tx, token: str, sent: Sent | None = None) -> Opened | None:
    """The page behind that token, likewise."""
    link = page_links.find(tx, token)
    if link is not None and link.prompt_id is not None:
        return coordinator_page.show(tx, link) if sent is None else coordinator_page.press(tx, link, sent)
    if link is not None and link.acknowledgement_id is not None:
        return revoke_page.show(tx, link) if sent is None else revoke_page.press(tx, link, sent)
    notice = page_links.find_notice(tx, token)
    if notice is None:
        return None
    return coordinator_page.show_notice(tx, notice) if sent is None else coordinator_page.press_notice(tx, notice, sent)
