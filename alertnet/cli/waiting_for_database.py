"""Waits for the database at a start: after a power cut, all machines start at once in any order."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from alertnet.core.errors import Misconfigured
from alertnet.runtime.database.transactions import DatabaseAway, NotWritable
from alertnet.runtime.reminder import Monotonic, Reminder

T = TypeVar("T")

PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 1.0

log = structlog.get_logger(__name__)


def when_database_is_there(
    begin: Callable[[], T], sleep: Callable[[float], object] = time.sleep, monotonic: Monotonic = time.monotonic
) -> T:
    """Call `begin` until the database answers, and give its result. The log says what is waited for.

    `Misconfigured`: it can't be written, so waiting won't help. `DatabaseAway`: it did not answer for five minutes.
    """
    until = monotonic() + PATIENCE_SECONDS
    reminder = Reminder(monotonic)
    while True:
        try:
            return begin()
        except NotWritable as fault:
            raise Misconfigured([f"ALERTNET_DATABASE_URL: it can't be written: {fault.cause}"]) from fault
        except DatabaseAway as away:
            left = until - monotonic()
            if left <= 0:
                raise
            if reminder.is_time(away.cause):
                log.warning("waiting_for_database", cause=away.cause, seconds_left=round(left))
        sleep(PAUSE_SECONDS)
