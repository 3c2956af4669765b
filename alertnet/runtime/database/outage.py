"""Outages of this process's database: logged at the beginning, once a minute, and at the end.

On a full disk a commit that writes nothing still succeeds between others that fail. That is no end worth a line each
time: one that was told as begun is told as over once.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from alertnet.runtime.database.transactions import DatabaseAway
from alertnet.runtime.reminder import Monotonic, Reminder

TRY_SECONDS = 2.0
"""How often the database is tried only to learn whether the outage is over."""

log = structlog.get_logger(__name__)


class Absence:
    """Why this process can't read or can't write, while it lasts; safe for any number of threads."""

    def __init__(self, monotonic: Monotonic = time.monotonic) -> None:
        self._monotonic = monotonic
        self._reminder = Reminder(monotonic)
        self._causes: dict[bool, str] = {}
        """By whether it is about writing."""
        self._since = 0.0
        self._is_told = False
        self._tried_at = float("-inf")
        self._telling = threading.Lock()

    @property
    def cause(self) -> str | None:
        """What prevents use of the database, in words; None where it answered last time."""
        return self._causes.get(True) or self._causes.get(False)

    @contextmanager
    def noticed(self, *, writing: bool) -> Iterator[None]:
        """Notices, around a commit or a read, that the database is away or back; a read says nothing about writing."""
        try:
            yield
        except DatabaseAway as away:
            self._begin(away)
            self._causes[writing] = away.cause
            raise
        if self._causes:
            self._end(writing)

    def is_time_to_try(self) -> bool:
        """Whether nobody tried within the last moments; then the caller should."""
        now = self._monotonic()
        if now - self._tried_at < TRY_SECONDS:
            return False
        self._tried_at = now
        return True

    def _begin(self, away: DatabaseAway) -> None:
        with self._telling:
            now = self._monotonic()
            if self.cause is None:
                self._since = now
            if self._reminder.is_time(away.cause):
                self._is_told = True
                log.warning("database_away", cause=away.cause, seconds=round(now - self._since))

    def _end(self, writing: bool) -> None:
        with self._telling:
            if not self._causes:
                return
            for each in {False, writing}:
                self._causes.pop(each, None)
            if not self._causes and self._is_told:
                self._is_told = False
                log.info("database_back", seconds=round(self._monotonic() - self._since))
