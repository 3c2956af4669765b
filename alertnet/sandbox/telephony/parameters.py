"""Checks request parameters as the provider documents them, but more strictly: unknown names are refused."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import QueryParams

from alertnet.core.codec import value

REASONS = {
    20001: "Unknown parameters: {}",
    20003: "Authenticate",
    20005: "Account {} is not active",
    20404: "The requested resource {} was not found",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    20503: "Service Unavailable",
    21201: "No 'To' number is specified",
    21205: "Url parameter is required and must be valid: {}",
    21206: "Invalid SendDigits: {}",
    21208: "Invalid Timeout: {} (allowed: 1 to 600)",
    21209: "Invalid method: {} (allowed: POST)",
    21211: "Invalid 'To' Phone Number: {}",
    21212: "Invalid From Number: {}",
    21213: "No 'From' number is specified",
    21214: "'To' phone number cannot be reached: {}",
    21215: "Account not authorized to call {}",
    21216: "Account not allowed to call {}",
    21217: "Phone number does not appear to be valid: {}",
    21220: "Invalid call state: {}",
    21408: "Permission to send an SMS has not been enabled for the region of {}",
    21602: "Message body is required",
    21603: "A 'From' phone number is required",
    21604: "A 'To' phone number is required",
    21606: "The 'From' phone number {} is not a valid, SMS-capable phone number for your account",
    21609: "Invalid 'StatusCallback' URL: {}",
    21610: "Attempt to send to unsubscribed recipient {}",
    21611: "This 'From' number has exceeded the maximum number of queued messages: {}",
    21612: "Message cannot be sent with the current combination of 'To' and 'From': {}",
    21614: "'To' number is not a valid mobile number: {}",
    21617: "The concatenated message body exceeds the 1600 character limit: {}",
    21624: "Invalid ValidityPeriod: {} (allowed: 1 to 36000)",
    21626: "Invalid StatusCallbackEvent: {} (allowed: initiated, ringing, answered, completed)",
    30003: "Unreachable destination handset",
}

_MAGIC = "+1500555000"
TEXTS_TO = {_MAGIC + "1": 21211, _MAGIC + "2": 21612, _MAGIC + "3": 21408, _MAGIC + "4": 21610, _MAGIC + "9": 21614}
TEXTS_FROM = {_MAGIC + "1": 21212, _MAGIC + "7": 21606, _MAGIC + "8": 21611}
CALLS_TO = {_MAGIC + "1": 21217, _MAGIC + "2": 21214, _MAGIC + "3": 21215, _MAGIC + "4": 21216}
CALLS_FROM = {_MAGIC + "1": 21212}

E164 = re.compile(r"\+[1-9]\d{6,14}")
LONGEST_BODY = 1600
LONGEST_VALIDITY = 36_000
LONGEST_RING = 600
ENDS = ("canceled", "completed")
EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})

TEXT_NAMES = frozenset({"To", "From", "Body", "StatusCallback", "ValidityPeriod", "SmartEncoded", "RiskCheck"})
CALL_NAMES = frozenset({"To", "From", "Url", "Method", "Timeout", "SendDigits"}) | frozenset(
    {"StatusCallback", "StatusCallbackMethod", "StatusCallbackEvent"}
)
PAGE_NAMES = frozenset({"To", "From", "PageSize", "Page", "PageToken"})
REPEATABLE = frozenset({"StatusCallbackEvent"})


class Refusal(Exception):
    """The provider refuses the request, with an HTTP status, a code and a text."""

    def __init__(self, code: int, subject: object = "", status: int = 400) -> None:
        self.code = code
        self.status = status
        self.message = REASONS[code].format(subject)
        super().__init__(self.message)


@value
class TextRequest:
    to: str
    sender: str
    body: str
    status_callback: str | None


@value
class CallRequest:
    to: str
    sender: str
    url: str
    status_callback: str | None
    events: frozenset[str]
    timeout: timedelta
    send_digits: str | None


@value
class PageRequest:
    to: str | None
    sender: str | None
    status: str | None
    day: date | None
    """The first day (UTC) to list; None for all."""
    number: int
    size: int


class Form(QueryParams):
    """Decoded parameters by name; a blank one is as good as absent, but its name is checked."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name) or default

    def allow(self, names: frozenset[str]) -> None:
        """Refuse unknown names, and repeated ones that may not be."""
        repeated = {name for name in self if len(self.getlist(name)) > 1} - REPEATABLE
        if odd := self.keys() - names | repeated:
            raise Refusal(20001, ", ".join(sorted(odd)))


def read_text(form: Form) -> TextRequest:
    """Read an SMS from the form. Raises Refusal."""
    form.allow(TEXT_NAMES)
    to = _number(form.get("To"), missing=21604, invalid=21211, magic=TEXTS_TO)
    sender = _number(form.get("From"), missing=21603, invalid=21212, magic=TEXTS_FROM)
    body = form.get("Body")
    if body is None:
        raise Refusal(21602)
    if len(body) > LONGEST_BODY:
        raise Refusal(21617, len(body))
    _whole(form.get("ValidityPeriod"), LONGEST_VALIDITY, LONGEST_VALIDITY, invalid=21624)
    return TextRequest(to, sender, body, _url(form.get("StatusCallback"), invalid=21609))


def read_call(form: Form) -> CallRequest:
    """Read a call from the form. Raises Refusal."""
    form.allow(CALL_NAMES)
    to = _number(form.get("To"), missing=21201, invalid=21211, magic=CALLS_TO)
    sender = _number(form.get("From"), missing=21213, invalid=21212, magic=CALLS_FROM)
    url = _url(form.get("Url"), invalid=21205)
    if url is None:
        raise Refusal(21205, "absent")
    for method in (form.get("Method"), form.get("StatusCallbackMethod")):
        if method not in (None, "POST"):
            raise Refusal(21209, method)
    events = frozenset(form.getlist("StatusCallbackEvent")) or frozenset({"completed"})
    if not events <= EVENTS:
        raise Refusal(21626, ", ".join(sorted(events - EVENTS)))
    digits = form.get("SendDigits")
    if digits is not None and not re.fullmatch(r"[0-9#*wW]{1,32}", digits):
        raise Refusal(21206, digits)
    timeout = timedelta(seconds=_whole(form.get("Timeout"), 60, LONGEST_RING, invalid=21208))
    return CallRequest(to, sender, url, _url(form.get("StatusCallback"), invalid=21609), events, timeout, digits)


def read_page(form: Form, day: str, *also: str) -> PageRequest:
    """Read which part of a list is wanted: at most 1000 entries, by default 50. Raises Refusal.

    `day` names the filter for the first day, such as `DateSent>`; only the day of a moment counts.
    """
    form.allow(PAGE_NAMES.union((day, *also)))
    size = _whole(form.get("PageSize"), 50, 1000, invalid=20001)
    number = form.get("Page") or "0"
    if not number.isdecimal():
        raise Refusal(20001, f"Page={number}")
    first = _day(form.get(day), day)
    return PageRequest(form.get("To"), form.get("From"), form.get("Status"), first, int(number), size)


def read_status(form: Form) -> str:
    """Read how a call is to end. Raises Refusal."""
    form.allow(frozenset({"Status"}))
    status = form.get("Status") or ""
    if status not in ENDS:
        raise Refusal(20001, f"Status={status} (allowed: {', '.join(ENDS)})")
    return status


def _number(value: str | None, *, missing: int, invalid: int, magic: Mapping[str, int]) -> str:
    if value is None:
        raise Refusal(missing)
    if value in magic:
        raise Refusal(magic[value], value)
    if not E164.fullmatch(value):
        raise Refusal(invalid, value)
    return value


def _day(value: str | None, name: str) -> date | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC).date()
    except ValueError:
        raise Refusal(20001, f"{name}={value}") from None


def _url(value: str | None, *, invalid: int) -> str | None:
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "")
    except ValueError:
        sound = False
    if not sound:
        raise Refusal(invalid, value)
    return value


def _whole(value: str | None, default: int, most: int, *, invalid: int) -> int:
    if value is None:
        return default
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise Refusal(invalid, value)
    return int(value)
