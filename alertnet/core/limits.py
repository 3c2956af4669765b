"""The limits of every door that can be tried again and again, and how uses count against them (B9).

A limit is a value; what one key (a number, an owner, an address) has used of it is another, kept by whoever counts: in
the database where all processes must agree, else in the process. What a limit drops is counted too, so that it is told.
"""

from datetime import UTC, datetime, timedelta

from alertnet.core.codec import replace, value

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

MOMENTS_APART = MINUTE
"""So far apart at most are the moments of two that count at once: a transaction counts at the moment of its begin, and
may have waited for one that began after it; and the clocks of two processes differ.
"""


@value
class Usage:
    """What one key has used of a limit: `until`, ascending, is when each use gives its room back.

    `dropped`: how many uses found no room since that was told last. `closings`: how often in a row the door was closed;
    `closed_until`: from when on it may be tried again.
    """

    until: tuple[datetime, ...] = ()
    dropped: int = 0
    closings: int = 0
    closed_until: datetime | None = None


UNUSED = Usage()


@value
class Limit:
    """At most `most` uses within any `window`; with `refill` a stock of `most`, which grows by one each `refill`.

    `closes_for`: how long the door stays shut once the limit is reached, doubled each time up to `longest`; without it
    there is room again as soon as a use is old enough. `name`: how the database and docs/limits.md call the limit.
    """

    name: str
    most: int
    window: timedelta
    refill: timedelta | None = None
    closes_for: timedelta | None = None
    longest: timedelta | None = None

    # Each is one by itself: what counts is looked up by them all the time.
    __eq__, __hash__ = object.__eq__, object.__hash__

    def room(self, usage: Usage, now: datetime) -> int:
        """How many uses are left at that moment; none while the door is closed."""
        return 0 if self.is_closed(usage, now) else max(0, self.most - len(self._counting(usage, now)))

    def is_closed(self, usage: Usage, now: datetime) -> bool:
        """Whether the door is shut for a time."""
        return usage.closed_until is not None and now < usage.closed_until

    def use(self, usage: Usage, now: datetime, times: int = 1) -> Usage:
        """The usage with so many more: what finds no room is dropped; the last one may close the door."""
        taken = min(times, self.room(usage, now))
        until = self._counting(usage, now)
        for _ in range(taken):
            until.append(now + self.window if self.refill is None else max([now, *until[-1:]]) + self.refill)
        used = replace(usage, until=tuple(sorted(until)), dropped=usage.dropped + times - taken)
        closes = self.closes_for is not None and len(until) >= self.most and not self.is_closed(usage, now)
        return self._close(used, now) if closes else used

    def force(self, usage: Usage, now: datetime) -> Usage:
        """The usage with one more that nothing may hold back: without room the oldest use makes place."""
        return replace(usage, until=tuple(sorted((*self._counting(usage, now), now + self.window)))[-self.most :])

    def retry_at(self, usage: Usage, now: datetime) -> datetime:
        """The first moment at which there is room again."""
        counting = self._counting(usage, now)
        free = now if len(counting) < self.most else counting[-self.most]
        return max(free, usage.closed_until or now)

    def lasts_until(self, usage: Usage) -> datetime | None:
        """From when on the usage counts for nothing, and may be forgotten; None when that is now."""
        ends = [*usage.until[-1:]]
        if usage.closed_until is not None:
            ends.append(usage.closed_until + self._quiet)
        return max(ends, default=None)

    @property
    def _quiet(self) -> timedelta:
        """How long without another closing it takes until the next one is short again."""
        return self.longest or self.window

    def _counting(self, usage: Usage, now: datetime) -> list[datetime]:
        """The uses that still take room. What lies further ahead than a use can came of a clock that was wrong."""
        furthest = now + MOMENTS_APART + (self.window if self.refill is None else self.refill * self.most)
        return [moment for moment in usage.until if now < moment <= furthest]

    def _close(self, usage: Usage, now: datetime) -> Usage:
        was_quiet = usage.closed_until is None or now - usage.closed_until >= self._quiet
        closings = 0 if was_quiet else usage.closings
        shut = (self.closes_for or timedelta()) * 2**closings
        if self.longest is not None:
            shut = min(shut, self.longest)
        return replace(usage, until=(), closings=closings + 1, closed_until=now + shut)


WRONG_CODES = Limit("wrong_codes", 5, HOUR)
"""Wrong written codes of a number in one incident, over all doors: then its codes are void and made afresh once."""

WRONG_PINS = Limit("wrong_pins", 5, HOUR, closes_for=15 * MINUTE, longest=4 * HOUR)
"""Wrong PINs of a member or contact, over all doors together: then every door waits, never for good.

While they wait a right PIN counts for nothing either, or the answer would tell a guesser; a report still opens,
unverified, and a coordinator lets it pass. Whoever never stops has fifty tries on the first day, then thirty a day,
against a hundred thousand PINs.
"""

NUMBERS_COMPARED = Limit("numbers_compared", 20, HOUR)
"""Texts with numbers in them that are compared with the PINs of whoever wrote: each takes the processor."""

STRANGER_TEXTS = Limit("stranger_texts", 5, HOUR)
ALL_STRANGER_TEXTS = Limit("all_stranger_texts", 60, HOUR)
"""Texts of unknown numbers that are looked at, for a number and in all; the rest is kept in quarantine."""

STRANGERS_TOLD = Limit("strangers_told", 1, HOUR)
ALL_STRANGERS_TOLD = Limit("all_strangers_told", 6, HOUR)
"""Notices to the coordinators that an unknown number wrote, for a number and in all; each text is in quarantine."""

STRANGER_ALARMS = Limit("stranger_alarms", 1, 10 * MINUTE)
ALL_STRANGER_ALARMS = Limit("all_stranger_alarms", 6, HOUR, refill=10 * MINUTE)
"""Alarms that an unknown number wrote a cry for help, for a number and for the trees that serve its country.

None of it is used up by what only tells, so that a member on a borrowed phone waits ten minutes at most.
"""

FOREIGN_CODES = Limit("foreign_codes", 1, HOUR)
"""Notices that somebody texted codes of others, for each incident."""

REPLIES = Limit("replies", 5, 10 * MINUTE, refill=10 * MINUTE)
"""Replies to a known number: five, then one in ten minutes."""

PUT_THROUGHS = Limit("put_throughs", 3, HOUR)
"""Calls of a number that are put through; then the number to call is spoken."""

ANSWER_CHANGES = Limit("answer_changes", 5, HOUR)
"""Changes of an answer and reports of action by one contact that are told at once; the rest in one message."""

TEXTS_TOLD = Limit("texts_told", 1, 10 * MINUTE)
"""Alarms and notices that one number, or one contact in an incident, texts or calls; each text is on the record."""

DROPS_TOLD = Limit("drops_told", 1, HOUR)
"""Notices that a limit drops something, for each limit."""

NOTICES = Limit("notices", 1, 10 * MINUTE)
"""Notices by SMS to one coordinator; what comes meanwhile is held and told in the next."""

TEXTS_AGAIN = Limit("texts_again", 1, 10 * MINUTE)
"""SMS to one coordinator's phone that repeat what is still open; what is new goes at once, and all in one."""

COORDINATOR_TEXTS = Limit("all_notices", 12, HOUR)
"""SMS to one coordinator's phone that want an answer or tell something: only an alert goes beyond, and calls ring on.

Mails with notices have as many for themselves.
"""

UNHURRIED_TEXTS = replace(COORDINATOR_TEXTS, most=9)
"""Of these, what repeats or only tells something leaves the last three to what is new."""

COORDINATOR_CALLS = Limit("coordinator_calls", 1, 10 * MINUTE)
"""Calls to one coordinator's phone, each with its second dial: the first about a critical incident goes beyond."""

ROLL_CALLS = Limit("roll_calls", 3, HOUR)
"""Roll-calls of the same team, country or network."""

PLANNED_DRILLS = 50
"""Drills that are planned at one time."""

WRONG_KEYS = Limit("wrong_keys", 10, MINUTE)
"""Requests with a wrong API key from one address."""

WRONG_SIGN_INS = Limit("wrong_sign_ins", 5, HOUR, closes_for=15 * MINUTE, longest=4 * HOUR)
"""Passwords and codes that were wrong, of one user from one address, or in a session that asks for the password again.

Whoever guesses from elsewhere keeps nobody out.
"""

ALL_WRONG_SIGN_INS = Limit("all_wrong_sign_ins", 50, HOUR)
"""Codes that were wrong beside the right password of one user, from everywhere: a stranger without it shuts no door."""

SIGN_INS = Limit("sign_ins", 30, 10 * MINUTE)
"""Sign-ins that are looked at from one address, right or wrong: each takes the processor a quarter of a second."""

ACTS = Limit("acts", 30, 5 * MINUTE, refill=timedelta(seconds=10))
"""Forms of the console that act, in one session: more than a hand presses in any night."""

TREE_CHECKS = Limit("tree_checks", 60, 2 * MINUTE, refill=timedelta(seconds=2))
"""Checks of edited trees, while somebody types, and cases played through, for one session of the console or API key."""

REPORTS = Limit("reports", 20, 10 * MINUTE, refill=timedelta(seconds=30))
"""Reports to hand on that one session of the console, or one API key, asks for: each takes the processor."""

REQUESTS = Limit("requests", 50, timedelta(seconds=1))
"""Requests with one API key."""

EVENT_STREAMS = 20
"""Event streams that are open with one API key."""

OPEN_PAGES = 20
"""Pages of the console that are kept new in one session."""

LONGEST_HEAD = LONGEST_BODY = 64 * 1024
"""Bytes of a request."""

REQUEST_SECONDS = 10
"""For the head of a request, then for its body, and for whoever is to take our answer."""

MOST_CONNECTIONS = 1000
"""To one process: more than everybody whom an alarm concerns, and each takes a file and memory."""

LONGEST_NOTE = 500
"""Characters of a `note`, and of `by`: who somebody says to be."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2101, 1, 1, tzinfo=UTC)
"""Every instant that comes from outside lies within these: 2000 to 2100."""


def is_instant(at: datetime) -> bool:
    """Whether the instant is one that anything here can be about; it must have a zone."""
    return EARLIEST <= at < LATEST
