"""Wrong codes of one number in one incident: five void what it holds, and after five more it counts no more (B4)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alertnet.core.limits import UNUSED, WRONG_CODES, Usage


class Verdict(StrEnum):
    """What wrong tries lead to."""

    COUNTED = "counted"
    RENEWED = "renewed"
    """The number's codes are void, and made afresh this once."""
    LOCKED = "locked"
    """Its texts and keys count no more in that incident."""


@dataclass(frozen=True)
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
