"""When something that is said again and again is said next."""

from datetime import datetime, timedelta

from alertnet.core.incident import Severity

PROMPT_EVERY = timedelta(minutes=10)
"""After this a question or an alarm that nobody answers rings again (B3)."""

FIRST_AFTER_HOLD = timedelta(minutes=60)
"""So long what a coordinator has put on hold is not asked about (B3)."""

_LATER = (timedelta(hours=1), timedelta(minutes=20))
_CRITICAL = (timedelta(hours=6), timedelta(minutes=30))
_OTHERWISE = (timedelta(hours=6), timedelta(minutes=60))


def prompt_pause(unanswered_for: timedelta, severity: Severity) -> timedelta:
    """How long after a repeat a prompt rings again: the longer nobody answers, the longer (B9)."""
    rows = (_CRITICAL if severity is Severity.CRITICAL else _OTHERWISE, _LATER)
    return next((pause for after, pause in rows if unanswered_for >= after), PROMPT_EVERY)


def next_repeat(due_at: datetime, every: timedelta, now: datetime) -> datetime:
    """The next moment of the row due_at, due_at + every, … that leaves at least half of `every` from now.

    So it never drifts, and what an outage has eaten is made up for by the one repeat that runs now (A7).
    """
    return due_at - every * ((due_at - now - every / 2) // every)
