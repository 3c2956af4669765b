"""How far back to look into the queue of attempts, so that most looks skip what is done."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
WHOLE_EVERY = timedelta(seconds=1)
MARGIN = timedelta(seconds=2)
"""Safety margin: a transaction that began before a look and commits after it leaves due rows older than the look."""
LATELY = timedelta(seconds=4)


@dataclass
class Horizon:
    """How far back looks at the sending queue have to go, as the last look over all of it found.

    While a snapshot stays open for long, as during a backup, PostgreSQL must pass over all rows sent since it began. So
    only one look a second covers everything. The others, and the claims, begin at the oldest due row that it found.
    """

    looked_at: datetime = LONG_AGO
    oldest: datetime = LONG_AGO

    def since(self, now: datetime) -> datetime:
        """The moment to look from. Nothing due is older, except what was put back since the last whole look."""
        return self.oldest - MARGIN if self.looked_at <= now < self.looked_at + WHOLE_EVERY else LONG_AGO

    def saw(self, now: datetime, oldest: datetime) -> None:
        """Record a look that covered everything."""
        self.looked_at, self.oldest = now, oldest

    def forget(self) -> None:
        """Make the next look cover everything, since much may have been put back in time."""
        self.looked_at = LONG_AGO
