"""How far back a look at the queue has to go: what fell due before was done, as one that went all the way saw."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
WHOLE_EVERY = timedelta(seconds=1)
MARGIN = timedelta(seconds=2)
"""A transaction that began before a look, and was committed after it, leaves due what is older than the look."""
LATELY = timedelta(seconds=4)


@dataclass
class Horizon:
    """How far back looks at what is to be sent have to go, by the last one that went all the way.

    Where a snapshot is open for long, such as a backup's, PostgreSQL has to pass over all that was sent since it began.
    So only one look a second does; the others and the claims begin where it found the oldest of what is due.
    """

    looked_at: datetime = LONG_AGO
    oldest: datetime = LONG_AGO

    def since(self, now: datetime) -> datetime:
        """All that is due, but for what was put back in time since the last whole look, fell due after that."""
        return self.oldest - MARGIN if self.looked_at <= now < self.looked_at + WHOLE_EVERY else LONG_AGO

    def saw(self, now: datetime, oldest: datetime) -> None:
        """A look went all the way back."""
        self.looked_at, self.oldest = now, oldest

    def forget(self) -> None:
        """Much may have been put back in time: the next look goes all the way."""
        self.looked_at = LONG_AGO
