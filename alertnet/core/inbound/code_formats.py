"""The shapes of what is typed and keyed: lengths tell a spoken code, a written code and a PIN apart (B4)."""

import re
import unicodedata

SPOKEN_CODE_LENGTH = 3
WRITTEN_CODE_LENGTH = 4
PIN_LENGTH = 5
ONE_TIME_PIN_LENGTH = 6

_WRITTEN = re.compile(r"(?!19|20)[0-9]{4}")
_PIN = re.compile(r"[0-9]{5}|[0-9]{6}")

PIN_IN_ONE = re.compile(r"(?<!\d)\d{5,6}(?!\d)")
"""Whatever in a text could be a PIN."""
_DATE = r"\d\d?([.-])\d\d?\1\d\d(?!\d)"
PIN_APART = re.compile(
    rf"(?<![\d.-])(?<!\d )(?!{_DATE})(?:\d(?:[.-]?\d){{4,5}}(?![.-]?\d)|\d(?: \d){{4,5}}(?!\d| \d\b))"
)
"""The same as people say it, its digits apart, where it is no date."""


def is_written_code(text: str) -> bool:
    """Four digits that nobody takes for a year: never 19xx or 20xx."""
    return _WRITTEN.fullmatch(text) is not None


def is_pin(text: str) -> bool:
    """Five digits, or the six of a one-time PIN."""
    return _PIN.fullmatch(text) is not None


def digits_of(text: str) -> str:
    """The digits of a text alone, in ASCII."""
    return "".join(str(unicodedata.decimal(each)) for each in text if each.isdecimal())
