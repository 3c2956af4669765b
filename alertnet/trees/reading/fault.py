"""What is wrong with a contact tree: one fault, one line that names the place, the value and what would do."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alertnet.trees.reading.field_words import hint, meant_language
from alertnet.trees.reading.other_forms import in_our_form

LISTED = 30
"""Allowed values that a fault writes out before it only counts the rest."""

LEGIBLE = 60
"""Characters of a value that a fault shows; the rest of it tells nobody anything."""


class NotAllowed(ValueError):
    """A value that can't be read: `message` goes before the value, `allowed` lists the values or forms that do.

    `is_secret`: nobody is shown the value.
    """

    def __init__(self, message: str, allowed: Iterable[str] = (), *, is_secret: bool = False) -> None:
        self.message = message
        self.allowed = tuple(allowed)
        self.is_secret = is_secret
        super().__init__(message)


@dataclass(frozen=True)
class Fault:
    """One fault. Lines and columns count from 1; line 0 means the folder as a whole."""

    file: str
    line: int
    column: int
    path: str
    """Keys and places, such as `levels.1.notify.0`; empty for the file as a whole."""
    value: str | None
    """As written; None where a key is missing, or where a whole list or mapping is at fault."""
    message: str
    allowed: tuple[str, ...] = ()
    example: str = ""
    """How a value of the right shape is written."""

    def __str__(self) -> str:
        """`colombia.yaml:12:9: levels.1.notify.0: unknown contact 'embasy-es' (known: …; did you mean …)`."""
        path = f"{self.path}: " if self.path else ""
        value = f" {shortened(self.value)!r}" if self.value is not None else ""
        return _printable(f"{self.position}: {path}{self.message}{value}{self._hint()}")

    @property
    def position(self) -> str:
        """Where it stands, without anything of what stands there."""
        return _printable(f"{self.file}:{self.line}:{self.column}" if self.line else self.file)

    def _hint(self) -> str:
        if not self.allowed:
            return f" (such as {self.example})" if self.example else ""
        rest = len(self.allowed) - LISTED
        listed = ", ".join(self.allowed[:LISTED]) + (f" and {rest} more" if rest > 0 else "")
        is_unknown = self.message.startswith("unknown")
        return f" ({'known' if is_unknown else 'allowed'}: {listed}{self._meant(is_unknown)})"

    def _meant(self, is_unknown: bool) -> str:
        if self.value is None or len(self.value) > LEGIBLE:
            return ""
        if (meant := in_our_form(self.message, self.value)) and meant != self.value:
            return f"; did you mean {meant}?"
        said = hint(self.value, self.allowed) if is_unknown else meant_language(self.value)
        return f"; {said}" if said else ""


def fault_of(folder: Path, message: str) -> Fault:
    """A fault of the folder as a whole."""
    return Fault(str(folder), 0, 0, "", None, message)


def shortened(value: str) -> str:
    """A text cut to as much as anybody would read."""
    return value if len(value) <= LEGIBLE else value[:LEGIBLE] + "…"


def _printable(line: str) -> str:
    # A key or a file name may hold line breaks or terminal escapes.
    return line if line.isprintable() else "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)
