"""The shapes of what is typed and keyed: lengths tell a spoken code, a written code and a PIN apart (B4)."""

import re

SPOKEN_CODE_LENGTH = 3
WRITTEN_CODE_LENGTH = 4
PIN_LENGTH = 5
ONE_TIME_PIN_LENGTH = 6

_WRITTEN = re.compile(r"(?!19|20)[0-9]{4}")
_PIN = re.compile(r"[0-9]{5}|[0-9]{6}")


def is_written_code(text: str) -> bool:
    """Four digits that nobody takes for a year: never 19xx or 20xx."""
    return _WRITTEN.fullmatch(text) is not None


def is_pin(text: str) -> bool:
    """Five digits, or the six of a one-time PIN."""
    return _PIN.fullmatch(text) is not None
