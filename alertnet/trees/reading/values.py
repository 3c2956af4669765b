"""Readers of single values of contact trees: from written text to meaning.

They raise NotAllowed for what can't be read.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import TypeVar
from zoneinfo import available_timezones

import phonenumbers
from phonenumbers import shortnumberinfo

from alertnet.core.directory.availability import Span
from alertnet.core.directory.contact_tree import EVERYWHERE, Quota
from alertnet.core.directory.countries import COUNTRIES
from alertnet.core.directory.coverage import WEEKDAYS
from alertnet.core.directory.durations import LONGEST, read_duration
from alertnet.core.directory.languages import Phrase, phrase
from alertnet.core.inbound.code_formats import number_as_listed
from alertnet.core.incident import ASKS, Perpetrator
from alertnet.trees.reading.fault import NotAllowed

T = TypeVar("T", bound=str)

LONGEST_CLOSURE = timedelta(days=366)
LONGEST_LINE = 120  # characters
LONGEST_TASK = 1000
LONGEST_ADDRESS = 254  # characters (RFC 5321, 4.5.3.1.3, less the brackets)

_CLOCK = "([01][0-9]|2[0-3]):([0-5][0-9])"
_DAY = f"({'|'.join(WEEKDAYS)})"
_SLUG = "[a-z0-9][a-z0-9-]{0,62}"
PATTERNS = {
    "time": f"^{_CLOCK}$",
    "span": f"^{_CLOCK}-{_CLOCK}$",
    "weekday": f"^{_DAY}$",
    "moment": f"^{_DAY} {_CLOCK}$",
    "duration": "^[0-9]{1,7}[smhd]$",
    "number": r"^\+[1-9][0-9]{6,14}$",
    "emergency": "^[0-9]{2,6}$",
    "extension": "^[0-9w]{1,32}$",
    "slug": f"^{_SLUG}$",
    "country": "^[A-Z]{2}$",
    "key_file": r"^(?=.{1,254}$)([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*\.(asc|pgp|gpg)$",
    "days": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.\.[0-9]{4}-[0-9]{2}-[0-9]{2})?$",
    "to_notify": f"^(role:[a-z_]{{1,30}}|(group:)?{_SLUG})$",
    # C0 to C3 mean consent in a field message, so no person may have such a code.
    "code": "^(?!C[0-3]$)[A-Z][A-Z0-9]{0,7}$",
    "place": "^[A-Z0-9*][A-Z0-9*-]{0,31}$",
    "language": "^[a-z]{2,3}(-[A-Z]{2})?$",
}
"""The form of single values, in signs that mean the same to Python and to JSON Schema."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")
_STATE_OF_KNOWLEDGE = {Perpetrator.UNKNOWN, Perpetrator.NONE}


def matching(pattern: str, message: Phrase, allowed: Phrase) -> Callable[[str], str]:
    """A reader of texts that match the whole pattern."""
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise NotAllowed(message, (allowed,))
        return text

    return read


def one_of(unknown: Phrase, known: Iterable[T]) -> Callable[[str], T]:
    """A reader of an enumeration's values; `unknown` is the message for others."""
    by_text = {str(value): value for value in known}

    def read(text: str) -> T:
        if text not in by_text:
            raise NotAllowed(unknown, by_text)
        return by_text[text]

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,4}", text) or not low <= int(text) <= high:
            raise NotAllowed(phrase("not a whole number in range"), (phrase("{low} to {high}", low=low, high=high),))
        return int(text)

    return read


emergency_number = matching(
    PATTERNS["emergency"], phrase("not an emergency number"), phrase("two to six digits, such as 112")
)
slug = matching(
    PATTERNS["slug"],
    phrase("not an id"),
    phrase("lower-case letters, digits and hyphens, such as embassy-es"),
)
person_code = matching(
    PATTERNS["code"],
    phrase("not a code"),
    phrase("a capital, then capitals and digits, such as P7"),
)
language = matching(PATTERNS["language"], phrase("not a language"), phrase("a code in lower case, such as es or es-CO"))
place = matching(
    PATTERNS["place"],
    phrase("not a code of a place"),
    phrase("capitals and digits, * for any signs, such as L12 or L1*"),
)
extension = matching(
    PATTERNS["extension"], phrase("not an extension"), phrase("digits, and w for half a second, such as ww1234")
)
# Letters of one septet each in GSM 03.38, and signs that no carrier alters.
sender = matching(
    r"(?! )[A-Za-z0-9ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùü .'&/-]{1,12}(?<! )",
    phrase("not a sender"),
    phrase("1 to 12 GSM-7 letters, digits or spaces"),
)
included = matching(
    r"(?!/)[\w. /-]{1,115}\.ya?ml",
    phrase("not a file of contacts"),
    phrase("a path from here, such as shared/embassies.yaml"),
)
key_file = matching(
    PATTERNS["key_file"],
    phrase("not a key file"),
    phrase("a path in the folder of the trees, such as keys/embassy-es.asc"),
)
perpetrator = one_of(phrase("unknown perpetrator"), (kind for kind in Perpetrator if kind not in _STATE_OF_KNOWLEDGE))
country = one_of(phrase("unknown country"), sorted(COUNTRIES))
served = one_of(phrase("unknown country"), (EVERYWHERE, *sorted(COUNTRIES)))


_several = matching(
    PATTERNS["to_notify"],
    phrase("not whom to tell"),
    phrase("the id of a contact, role:embassy for all of a role, or group:eu for all of a group"),
)


def to_notify(text: str) -> str:
    """The id of a contact, or `role:…` or `group:…` for several."""
    return _several(text) if ":" in text else slug(text)


def duration(text: str) -> timedelta:
    """A duration such as `90s`, `10m`, `2h` or `1d`, at most 30 days."""
    length = read_duration(text)
    if length is None:
        raise NotAllowed(phrase("not a duration"), ("90s", "10m", "2h", "1d"))
    if length > LONGEST:
        raise NotAllowed(phrase("too long a duration"), (phrase("at most 30d"),))
    return length


def wait(text: str) -> timedelta:
    """A duration of at least one second."""
    length = duration(text)
    if not length:
        raise NotAllowed(phrase("too short a duration"), (phrase("at least 1s"),))
    return length


@lru_cache(maxsize=20_000)
def parsed_number(text: str) -> phonenumbers.PhoneNumber:
    """The parsed number. Raises `NumberParseException` where it is none."""
    return phonenumbers.parse(text)


@lru_cache(maxsize=20_000)
def number(text: str) -> str:
    """A phone number in E.164. Emergency and short numbers are refused, since no machine may call them."""
    allowed = phrase("+ and the country's code, without spaces, such as +573005550101")
    wanted = NotAllowed(phrase("not a telephone number"), (allowed,))
    emergency = NotAllowed(phrase("an emergency number, which no machine may ring,"), wanted.allowed)
    if text.removeprefix("+") in ("112", "911", "999"):
        raise emergency
    if not re.fullmatch(r"\+[1-9][0-9]{4,14}", text):
        raise wanted
    text = number_as_listed(text)
    try:
        parsed = parsed_number(text)
    except phonenumbers.NumberParseException:
        raise wanted from None
    region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    if shortnumberinfo.is_emergency_number(phonenumbers.national_significant_number(parsed), region):
        raise emergency
    # Check for "possible", not "valid": numbering plans change faster than any table of them.
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise wanted
    return text


def mail_address(text: str) -> str:
    """An RFC 5322 addr-spec without quotes, comments or literals, so that it can't break out of a mail header.

    In small letters: one mailbox that two people have written differently is still one recipient, spared or told (A3).
    """
    if len(text) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(text):
        raise NotAllowed(phrase("not a mail address"), (phrase("name@domain, such as duty@pbi-colombia.example"),))
    return text.lower()


def zone(text: str) -> str:
    if text not in _zones():
        raise NotAllowed(phrase("unknown time zone"), sorted(_zones()))
    return text


@cache
def _zones() -> set[str]:
    return available_timezones()


def line(text: str) -> str:
    """Text for people on one line."""
    if not text.strip() or len(text) > LONGEST_LINE or not text.isprintable():
        most = phrase("1 to {most} characters without line breaks or tabs", most=LONGEST_LINE)
        raise NotAllowed(phrase("not a line of text"), (most,))
    return text.strip()


def ask(text: str) -> str:
    """What somebody is asked to do: a code or a text. A single word is taken as a code."""
    if re.fullmatch(r"[A-Za-z_-]+", text) and text not in ASKS:
        raise NotAllowed(phrase("unknown ask"), (*ASKS, phrase("or a text of several words")))
    return line(text)


def task(text: str) -> str:
    """What a coordinator is asked to do and say, on one or several lines."""
    words = text.strip()
    if not words or len(words) > LONGEST_TASK or not all(line.isprintable() for line in words.split("\n")):
        most = phrase("1 to {most} characters without tabs", most=LONGEST_TASK)
        raise NotAllowed(phrase("not the words of a task"), (most,))
    return words


def yes_or_no(text: str) -> bool:
    """`true` or `false`, as in YAML 1.2."""
    return one_of(phrase("unknown answer"), ("true", "false"))(text) == "true"


def has_pin(text: str) -> bool:
    """Whether somebody has a PIN. The PIN itself must be in no file."""
    if text.isdigit():
        message = phrase("a PIN stands in no file: write `pin: true`, and set it with `alertnet pins set`")
        raise NotAllowed(message, is_secret=True)
    return yes_or_no(text)


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotAllowed(phrase("not a date"), (phrase("YYYY-MM-DD, such as 2026-10-01"),)) from None


def days(text: str) -> frozenset[date]:
    """A date, or all days of an inclusive range: `2026-12-24..2027-01-02`."""
    begins, _, ends = text.partition("..")
    first = day(begins)
    last = day(ends) if ends else first
    if text == f"{begins}.." or not timedelta() <= last - first <= LONGEST_CLOSURE:
        wanted = phrase("the first one first, such as 2026-12-24..2027-01-02")
        raise NotAllowed(phrase("not days from one to another"), (wanted,))
    return frozenset(first + timedelta(days=count) for count in range((last - first).days + 1))


def closed_days(text: str) -> str:
    """A date or an inclusive range, kept as written."""
    days(text)
    return text


def span(text: str) -> Span:
    """A daily span such as `22:00-07:00`, which may cross midnight, as two minutes of the day."""
    found = re.fullmatch(PATTERNS["span"], text)
    begins, ends = (_minute(*found.group(1, 2)), _minute(*found.group(3, 4))) if found else (0, 0)
    if begins == ends:
        raise NotAllowed(phrase("not a span of the day"), (phrase("HH:MM-HH:MM, such as 22:00-07:00"),))
    return begins, ends


def weekly_moment(text: str) -> tuple[int, int]:
    """A weekly moment such as `Mo 09:00`: weekday (0 = Monday) and minute of the day."""
    found = re.fullmatch(PATTERNS["moment"], text)
    if not found:
        raise NotAllowed(phrase("not a moment of the week"), (phrase("weekday and time, such as Mo 09:00"),))
    return WEEKDAYS.index(found[1]), _minute(*found.group(2, 3))


def time_of_day(text: str) -> int:
    """A time such as `18:00`, as the minute of the day."""
    found = re.fullmatch(PATTERNS["time"], text)
    if not found:
        raise NotAllowed(phrase("not a time of the day"), (phrase("HH:MM, such as 18:00"),))
    return _minute(*found.groups())


def _minute(hour: str, minute: str) -> int:
    return int(hour) * 60 + int(minute)


def weekday(text: str) -> int:
    """A weekday such as `Mo`, as 0 to 6."""
    return WEEKDAYS.index(one_of(phrase("unknown day of the week"), WEEKDAYS)(text))


def quota(text: str) -> Quota:
    """How many must acknowledge: `any`, `all`, `each_organisation` or a number."""
    match text:
        case "any" | "all" | "each_organisation":
            return text
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise NotAllowed(phrase("unknown rule"), ("any", "all", "each_organisation", phrase("a number from 1")))
    return int(text)
