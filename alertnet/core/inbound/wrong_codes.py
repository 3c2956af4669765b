"""Counts the wrong codes of a number or a call, and decides what follows (A1, B4)."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from alertnet.core.codec import value
from alertnet.core.limits import UNUSED, WRONG_CODES, Usage


class Verdict(StrEnum):
    """What wrong codes lead to."""

    COUNTED = "counted"
    RENEWED = "renewed"
    """The number's codes are void, and new ones are made this once."""
    LOCKED = "locked"
    """Its texts and keys no longer count in that incident."""


@value
class Guesses:
    """The wrong codes of a number in an incident. `tries`: in all, for the record."""

    usage: Usage = UNUSED
    tries: int = 0
    renewed_at: datetime | None = None
    locked_at: datetime | None = None

    def wrong(self, now: datetime, tries: int) -> tuple["Guesses", Verdict]:
        """Count further wrong codes, and decide what follows; a lockout stays."""
        used = WRONG_CODES.use(self.usage, now, tries)
        known = replace(self, usage=used, tries=self.tries + tries)
        if self.locked_at is not None or WRONG_CODES.room(used, now):
            return known, Verdict.COUNTED
        if self.renewed_at is None:
            return replace(known, usage=UNUSED, renewed_at=now), Verdict.RENEWED
        return replace(known, usage=UNUSED, locked_at=now), Verdict.LOCKED


MOST_WRONG_KEYS = 3
"""The most wrong keys in one call; later ones do not count."""


@value
class WrongKeys:
    """The wrong keys of a call. `tries`: how many; `keyed`: the hash of each that is known."""

    tries: int = 0
    keyed: tuple[str, ...] = ()

    @property
    def are_too_many(self) -> bool:
        """Whether no more keys count in this call."""
        return self.tries >= MOST_WRONG_KEYS

    def wrong(self, hash: str, try_number: int | None) -> "WrongKeys":
        """Count wrong keys for the question of that try; the same keys again change nothing, other keys are a new try.

        `try_number` None: unknown, so it counts as a new try.
        """
        if try_number is not None and try_number <= self.tries and hash in self.keyed:
            return self
        return WrongKeys(max(self.tries + 1, try_number or 0), (*self.keyed, hash))
