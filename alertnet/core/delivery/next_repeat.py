"""When something that is said again and again is said next."""

from datetime import datetime, timedelta

PROMPT_EVERY = timedelta(minutes=10)
"""After this a question or an alarm that nobody answers rings again (B3)."""


def next_repeat(due_at: datetime, every: timedelta, now: datetime) -> datetime:
    """The next moment of the row due_at, due_at + every, … that leaves at least half of `every` from now.

    So it never drifts, and what an outage has eaten is made up for by the one repeat that runs now (A7).
    """
    return due_at - every * ((due_at - now - every / 2) // every)
