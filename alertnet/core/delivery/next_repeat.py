"""When something that is repeated is due next."""

from datetime import datetime, timedelta

from alertnet.core.incident import Severity

PROMPT_EVERY = timedelta(minutes=10)
"""The pause after which an unanswered question or alarm rings again (B3)."""

FIRST_AFTER_HOLD = timedelta(minutes=60)
"""For this long nobody is asked about what a coordinator has put on hold (B3)."""

_LATER = (timedelta(hours=1), timedelta(minutes=20))
_CRITICAL = (timedelta(hours=6), timedelta(minutes=30))
_OTHERWISE = (timedelta(hours=6), timedelta(minutes=60))


def prompt_pause(unanswered_for: timedelta, severity: Severity) -> timedelta:
    """How long after a repeat a prompt rings again; the pause grows while nobody answers (B9)."""
    rows = (_CRITICAL if severity is Severity.CRITICAL else _OTHERWISE, _LATER)
    return next((pause for after, pause in rows if unanswered_for >= after), PROMPT_EVERY)


def next_repeat(due_at: datetime, every: timedelta, now: datetime) -> datetime:
    """The next moment of the series due_at, due_at + every, … that is at least half of `every` away from now.

    So the series never drifts, and one repeat now makes up for all that an outage has missed (A7).
    """
    return due_at - every * ((due_at - now - every / 2) // every)
