"""A fault in a contact tree, as one line with place, value and what is allowed."""

from collections.abc import Iterable
from pathlib import Path

from alertnet.core.codec import value
from alertnet.core.directory.languages import Phrase, Say, phrase
from alertnet.trees.reading.field_words import did_you_mean, hint, meant_language
from alertnet.trees.reading.other_forms import in_our_form

LISTED = 30
"""How many allowed values a fault lists before it only counts the rest."""

LEGIBLE = 60
"""How many characters of a value a fault shows."""


class NotAllowed(ValueError):
    """A value that can't be used. `message` comes before the value; `allowed` are values or forms that are.

    `is_secret`: the value is shown to nobody.
    """

    def __init__(self, message: Phrase, allowed: Iterable[str | Phrase] = (), *, is_secret: bool = False) -> None:
        self.message = message
        self.allowed = tuple(allowed)
        self.is_secret = is_secret
        super().__init__(str(message))


@value
class Fault:
    """One fault. Lines and columns count from 1; line 0 stands for the whole folder."""

    file: str
    line: int
    column: int
    path: str
    """Keys and indexes, such as `levels.1.notify.0`; empty for the whole file."""
    value: str | None
    """As written; None where a key is missing, or a whole list or mapping is at fault."""
    message: Phrase
    allowed: tuple[str | Phrase, ...] = ()
    example: str = ""
    """An example of a value of the right form."""

    def __str__(self) -> str:
        """`colombia.yaml:12:9: levels.1.notify.0: unknown contact 'embasy-es' (known: …; did you mean …)`."""
        return self.said_in_place(str)

    @property
    def position(self) -> str:
        """The position, without anything of the content there."""
        return _printable(f"{self.file}:{self.line}:{self.column}" if self.line else self.file)

    def said_in_place(self, say: Say) -> str:
        """Position and fault, in the language of `say`."""
        return f"{self.position}: {self.said(say)}"

    def said(self, say: Say) -> str:
        """The fault and its key path in the language of `say`, without file and line."""
        path = f"{self.path}: " if self.path else ""
        value = f" {shortened(self.value)!r}" if self.value is not None else ""
        hint = self._hint()
        after = f" ({hint.said(say)})" if hint else ""
        return _printable(f"{path}{self.message.said(say)}{value}{after}")

    def _hint(self) -> Phrase | None:
        if not self.allowed:
            return phrase("such as {example}", example=self.example) if self.example else None
        is_unknown = self.message.form.startswith("unknown")
        meant = self._meant(is_unknown)
        listed = phrase("{some}", some=self.allowed[:LISTED])
        if (rest := len(self.allowed) - LISTED) > 0:
            if meant:
                return meant
            listed = phrase("{some} and {count} more", some=listed, count=rest)
        known = phrase("known: {values}" if is_unknown else "allowed: {values}", values=listed)
        return phrase("{known}; {meant}", known=known, meant=meant) if meant else known

    def _meant(self, is_unknown: bool) -> Phrase | None:
        if self.value is None or len(self.value) > LEGIBLE:
            return None
        if (meant := in_our_form(self.message.form, self.value)) and meant != self.value:
            return did_you_mean(meant)
        return hint(self.value, tuple(map(str, self.allowed))) if is_unknown else meant_language(self.value)


def fault_of(folder: Path, message: Phrase) -> Fault:
    return Fault(str(folder), 0, 0, "", None, message)


def shortened(value: str) -> str:
    """The text cut to `LEGIBLE` characters."""
    return value if len(value) <= LEGIBLE else value[:LEGIBLE] + "…"


def _printable(line: str) -> str:
    # Keys and file names may hold line breaks or terminal escapes.
    return line if line.isprintable() else "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)
