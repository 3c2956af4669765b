"""The clock of a test: it stands still until somebody moves it."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class Clock:
    """Shows the moment `at`, which a test may set."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        """Move the clock forward; nothing happens meanwhile."""
        self.at += timedelta(**span)
