"""The only time there is in a test: it stands still until somebody moves it."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class Clock:
    """Shows the moment `at`, which a test may set."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        """So much time goes by, and nothing happens in it."""
        self.at += timedelta(**span)
