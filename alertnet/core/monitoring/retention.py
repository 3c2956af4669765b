"""How long incidents are kept: an age by the calendar, such as `90d`, `26w`, `24m` (months) and `2y`."""

import re
from calendar import monthrange
from datetime import datetime, timedelta

from alertnet.core.codec import value

SHORTEST = timedelta(days=7)
"""For this long codes of a closed incident still count, and a wrong close can be noticed and undone."""
ALLOWED = "an age of at least 7 days in days, weeks, months or years: 90d, 26w, 24m, 2y"

_DAYS = {"d": 1, "w": 7}
_MONTHS = {"m": 1, "y": 12}
_TYPED = re.compile(r"([1-9][0-9]{0,3})([dwmy])")
_ABOUT = {"m": 30, "y": 365}
_LONGEST_DAYS = 100 * 365


@value
class Age:
    """A number of days, weeks, months or years."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    def before(self, now: datetime) -> datetime:
        """The moment that long ago; the last day of the month where the month has no such day."""
        if self.unit in _DAYS:
            return now - timedelta(days=self.count * _DAYS[self.unit])
        year, month = divmod(now.year * 12 + now.month - 1 - self.count * _MONTHS[self.unit], 12)
        return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def read_age(text: str) -> Age | None:
    """Read an age; None where the text is not one, or it is out of range."""
    found = _TYPED.fullmatch(text.strip())
    if found is None:
        return None
    age = Age(int(found[1]), found[2])
    days = age.count * (_DAYS | _ABOUT)[age.unit]
    return age if SHORTEST.days <= days <= _LONGEST_DAYS else None
