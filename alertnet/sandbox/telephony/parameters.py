"""Judges the parameters of a request as the provider's documents do, and stricter: unknown names are refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from alertnet.sandbox.telephony.refusals import CALLS_FROM, CALLS_TO, TEXTS_FROM, TEXTS_TO, Refusal

E164 = re.compile(r"\+[1-9]\d{6,14}")
LONGEST_BODY = 1600
LONGEST_VALIDITY = 36_000
LONGEST_RING = 600
EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})

TEXT_NAMES = frozenset({"To", "From", "Body", "StatusCallback", "ValidityPeriod", "SmartEncoded", "RiskCheck"})
CALL_NAMES = frozenset({"To", "From", "Url", "Method", "Timeout", "SendDigits"}) | frozenset(
    {"StatusCallback", "StatusCallbackMethod", "StatusCallbackEvent"}
)
PAGE_NAMES = frozenset({"To", "From", "PageSize", "Page", "PageToken"})
REPEATABLE = frozenset({"StatusCallbackEvent"})


@dataclass(frozen=True)
class TextRequest:
    to: str
    sender: str
    body: str
    status_callback: str | None


@dataclass(frozen=True)
class CallRequest:
    to: str
    sender: str
    url: str
    status_callback: str | None
    events: frozenset[str]
    timeout: timedelta
    send_digits: str | None


@dataclass(frozen=True)
class PageRequest:
    to: str | None
    sender: str | None
    status: str | None
    day: date | None
    """The first day (UTC) that is listed; None for all."""
    number: int
    size: int


class Form:
    """Decoded parameters, by name; blank values are kept."""

    def __init__(self, encoded: str) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in parse_qsl(encoded, keep_blank_values=True):
            self._values.setdefault(name, []).append(value)

    def get(self, name: str) -> str | None:
        """The value, or None where it is absent or blank."""
        return self._values.get(name, [""])[-1] or None

    def all(self, name: str) -> list[str]:
        """Every value of a repeated parameter."""
        return self._values.get(name, [])

    def allow(self, names: frozenset[str]) -> None:
        """Refuse whatever is not among these names, and a repeated one that may not be."""
        repeated = {name for name, values in self._values.items() if len(values) > 1} - REPEATABLE
        if odd := self._values.keys() - names | repeated:
            raise Refusal(20001, ", ".join(sorted(odd)))


def read_text(form: Form) -> TextRequest:
    """The SMS that this form asks for. Raises Refusal."""
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
    """The call that this form asks for. Raises Refusal."""
    form.allow(CALL_NAMES)
    to = _number(form.get("To"), missing=21201, invalid=21211, magic=CALLS_TO)
    sender = _number(form.get("From"), missing=21213, invalid=21212, magic=CALLS_FROM)
    url = _url(form.get("Url"), invalid=21205)
    if url is None:
        raise Refusal(21205, "absent")
    for method in (form.get("Method"), form.get("StatusCallbackMethod")):
        if method not in (None, "POST"):
            raise Refusal(21209, method)
    events = frozenset(form.all("StatusCallbackEvent")) or frozenset({"completed"})
    if not events <= EVENTS:
        raise Refusal(21626, ", ".join(sorted(events - EVENTS)))
    digits = form.get("SendDigits")
    if digits is not None and not re.fullmatch(r"[0-9#*wW]{1,32}", digits):
        raise Refusal(21206, digits)
    timeout = timedelta(seconds=_whole(form.get("Timeout"), 60, LONGEST_RING, invalid=21208))
    return CallRequest(to, sender, url, _url(form.get("StatusCallback"), invalid=21609), events, timeout, digits)


def read_page(form: Form, day: str, *also: str) -> PageRequest:
    """The part of a list that this query asks for: at most 1000 entries, 50 unless told. Raises Refusal.

    `day` names the filter for a first day, such as `DateSent>`; of an instant its day alone counts.
    """
    form.allow(PAGE_NAMES.union((day, *also)))
    size = _whole(form.get("PageSize"), 50, 1000, invalid=20001)
    number = form.get("Page") or "0"
    if not number.isdecimal():
        raise Refusal(20001, f"Page={number}")
    first = _day(form.get(day), day)
    return PageRequest(form.get("To"), form.get("From"), form.get("Status"), first, int(number), size)


def read_status(form: Form, *allowed: str) -> str:
    """The status that an update asks for. Raises Refusal."""
    form.allow(frozenset({"Status"}))
    status = form.get("Status") or ""
    if status not in allowed:
        raise Refusal(20001, f"Status={status} (allowed: {', '.join(allowed)})")
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
