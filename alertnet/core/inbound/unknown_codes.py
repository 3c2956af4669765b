"""Codes that fit nothing: tries that are wrong and how many count (A1, B4), and codes of an incident that was lost."""

import re
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from alertnet.core.codec import value
from alertnet.core.inbound.code_formats import is_written_code
from alertnet.core.limits import UNUSED, WRONG_CODES, Usage

_LINK = re.compile(r"https?://\S+")
_NUMBER = re.compile(r"\+\d[\d ]*")
_REF = re.compile(r"\b[A-Z]-[A-Z2-9]{4}\b")
_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")


class Verdict(StrEnum):
    """What wrong tries lead to."""

    COUNTED = "counted"
    RENEWED = "renewed"
    """The number's codes are void, and made afresh this once."""
    LOCKED = "locked"
    """Its texts and keys count no more in that incident."""


@value
class Guesses:
    """What a number has tried in an incident. `tries`: in all, for the record."""

    usage: Usage = UNUSED
    tries: int = 0
    renewed_at: datetime | None = None
    locked_at: datetime | None = None

    def wrong(self, now: datetime, tries: int) -> tuple["Guesses", Verdict]:
        """Count more wrong tries, and say what they lead to; whoever is locked out stays so."""
        used = WRONG_CODES.use(self.usage, now, tries)
        known = replace(self, usage=used, tries=self.tries + tries)
        if self.locked_at is not None or WRONG_CODES.room(used, now):
            return known, Verdict.COUNTED
        if self.renewed_at is None:
            return replace(known, usage=UNUSED, renewed_at=now), Verdict.RENEWED
        return replace(known, usage=UNUSED, locked_at=now), Verdict.LOCKED


MOST_WRONG_KEYS = 3
"""Of one call; those that come after them count for nothing."""


@value
class WrongKeys:
    """The wrong tries of a call. `tries`: how many; `keyed`: the hash of each that is known."""

    tries: int = 0
    keyed: tuple[str, ...] = ()

    @property
    def are_too_many(self) -> bool:
        """Whether nothing that is keyed counts any more."""
        return self.tries >= MOST_WRONG_KEYS

    def wrong(self, hash: str, try_number: int | None) -> "WrongKeys":
        """Count wrong keys for the question of that try: the same once more changes nothing, others are a try.

        `try_number` None: not known, and a try of its own.
        """
        if try_number is not None and try_number <= self.tries and hash in self.keyed:
            return self
        return WrongKeys(max(self.tries + 1, try_number or 0), (*self.keyed, hash))


@value
class Traces:
    """Whatever in the text may be a reference, and whatever may be a written code."""

    refs: tuple[str, ...]
    codes: tuple[str, ...]


def traces_of(text: str) -> Traces:
    """What the text of an SMS holds; a code too many is only one that nobody else is given."""
    bare = _NUMBER.sub(" ", _LINK.sub(" ", text))
    refs = tuple(dict.fromkeys(_REF.findall(bare)))
    codes = dict.fromkeys(code for code in _FOUR.findall(_REF.sub(" ", bare)) if is_written_code(code))
    return Traces(refs, tuple(codes))
