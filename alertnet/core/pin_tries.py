"""When a PIN is believed, however often somebody has guessed before: never a door that stays closed for good (B9).

Wrong PINs of an owner are counted over all doors: a text, a call to us, the links and calls to each of its addresses.
At the fifth in an hour the doors close for a time. Were that all of them, whoever has found one link, or shows a forged
number, could keep the owner from proving itself anywhere. So a door at which hardly anybody guessed stays open: it
takes two wrong PINs of its own. An owner has two or three doors, and guesses go on at the pace of the closings, which
grow to four hours: that makes some seventy in a day against a hundred thousand PINs, one chance in a thousand,
while the coordinators hear of every closing.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from alertnet.core.limits import PINS_AT_DOOR, WRONG_PINS, Usage


@dataclass(frozen=True)
class PinTries:
    """The wrong PINs of an owner: over all doors, and at the one where it is tried now."""

    everywhere: Usage
    here: Usage

    def is_heard(self, now: datetime) -> bool:
        """Whether this door is open: a PIN counts for nothing at a closed one, or its answer would tell a guesser."""
        return not WRONG_PINS.is_closed(self.everywhere, now) or PINS_AT_DOOR.room(self.here, now) > 0

    def after_wrong(self, now: datetime) -> "PinTries":
        """With one more wrong PIN, heard here; of this door's the latest are kept, whichever the limit would keep."""
        latest = replace(self.here, until=self.here.until[1 - PINS_AT_DOOR.most :])
        everywhere = replace(WRONG_PINS.use(self.everywhere, now), dropped=0)
        return PinTries(everywhere, PINS_AT_DOOR.use(latest, now))

    def after_unheard(self) -> "PinTries":
        """With one more that a closed door did not look at: counted until one is heard again, so that it is told."""
        return replace(self, everywhere=replace(self.everywhere, dropped=self.everywhere.dropped + 1))

    def after_right(self) -> "PinTries":
        """As it stands once a right PIN was heard."""
        return replace(self, everywhere=replace(self.everywhere, dropped=0))

    def heard_at(self, now: datetime) -> datetime:
        """From when on this door is open."""
        if self.is_heard(now):
            return now
        return min(self.everywhere.closed_until or now, PINS_AT_DOOR.retry_at(self.here, now))
