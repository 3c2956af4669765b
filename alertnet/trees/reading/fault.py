"""What is wrong with a contact tree: one fault, one line that names the place, the value and what would do."""

from collections.abc import Iterable
from pathlib import Path

from alertnet.core.codec import value
from alertnet.core.directory.languages import Phrase, Say, phrase
from alertnet.trees.reading.field_words import did_you_mean, hint, meant_language
from alertnet.trees.reading.other_forms import in_our_form

LISTED = 30
"""Allowed values that a fault writes out before it only counts the rest."""

LEGIBLE = 60
"""Characters of a value that a fault shows; the rest of it tells nobody anything."""


class NotAllowed(ValueError):
    """A value that can't be read: `message` goes before the value, `allowed` lists the values or forms that do.

    `is_secret`: nobody is shown the value.
    """

    def __init__(self, message: Phrase, allowed: Iterable[str | Phrase] = (), *, is_secret: bool = False) -> None:
        self.message = message
        self.allowed = tuple(allowed)
        self.is_secret = is_secret
        super().__init__(str(message))


@value
class Fault:
    """One fault. Lines and columns count from 1; line 0 means the folder as a whole."""

    file: str
    line: int
    column: int
    path: str
    """Keys and places, such as `levels.1.notify.0`; empty for the file as a whole."""
    value: str | None
    """As written; None where a key is missing, or where a whole list or mapping is at fault."""
    message: Phrase
    allowed: tuple[str | Phrase, ...] = ()
    example: str = ""
    """How a value of the right shape is written."""

    def __str__(self) -> str:
        """`colombia.yaml:12:9: levels.1.notify.0: unknown contact 'embasy-es' (known: …; did you mean …)`."""
        return self.said_in_place(str)

    @property
    def position(self) -> str:
        """Where it stands, without anything of what stands there."""
        return _printable(f"{self.file}:{self.line}:{self.column}" if self.line else self.file)

    def said_in_place(self, say: Say) -> str:
        """Where it stands, and what is wrong in the language of `say`."""
        return f"{self.position}: {self.said(say)}"

    def said(self, say: Say) -> str:
        """What is wrong, in the language of `say`, and at which keys; not in which line of which file."""
        path = f"{self.path}: " if self.path else ""
        value = f" {shortened(self.value)!r}" if self.value is not None else ""
        hint = self._hint()
        after = f" ({hint.said(say)})" if hint else ""
        return _printable(f"{path}{self.message.said(say)}{value}{after}")

    def _hint(self) -> Phrase | None:
        if not self.allowed:
            return phrase("such as {example}", example=self.example) if self.example else None
        is_unknown = self.message.form.startswith("unknown")
        listed = phrase("{some}", some=self.allowed[:LISTED])
        if (rest := len(self.allowed) - LISTED) > 0:
            listed = phrase("{some} and {count} more", some=listed, count=rest)
        known = phrase("known: {values}" if is_unknown else "allowed: {values}", values=listed)
        meant = self._meant(is_unknown)
        return phrase("{known}; {meant}", known=known, meant=meant) if meant else known

    def _meant(self, is_unknown: bool) -> Phrase | None:
        if self.value is None or len(self.value) > LEGIBLE:
            return None
        if (meant := in_our_form(self.message.form, self.value)) and meant != self.value:
            return did_you_mean(meant)
        return hint(self.value, tuple(map(str, self.allowed))) if is_unknown else meant_language(self.value)


def fault_of(folder: Path, message: Phrase) -> Fault:
    """A fault of the folder as a whole."""
    return Fault(str(folder), 0, 0, "", None, message)


def shortened(value: str) -> str:
    """A text cut to as much as anybody would read."""
    return value if len(value) <= LEGIBLE else value[:LEGIBLE] + "…"


def _printable(line: str) -> str:
    # A key or a file name may hold line breaks or terminal escapes.
    return line if line.isprintable() else "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)
