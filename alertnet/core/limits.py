"""The limits of every door that can be tried repeatedly, and how uses count against them (B9).

A limit is a value. What one key (a number, an owner, an address) has used of it is another value, stored by whoever
counts: in the database where all processes must agree, else in the process. Dropped uses are counted too, so that they
can be reported.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from alertnet.core.codec import replace, value

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

MOMENTS_APART = MINUTE
"""The largest difference between the moments of two simultaneous uses.

A transaction counts at the moment it began, and may have waited for one that began later; and the clocks of two
processes differ.
"""


@value
class Usage:
    """What one key has used of a limit. `until`, ascending: when each use gives its room back.

    `dropped`: uses without room since that was last reported. `closings`: how often in a row the door was closed;
    `closed_until`: when it may be tried again.
    """

    until: tuple[datetime, ...] = ()
    dropped: int = 0
    closings: int = 0
    closed_until: datetime | None = None


UNUSED = Usage()


@value
class Limit:
    """At most `most` uses in any `window`; with `refill`, a stock of `most` that regains one use per `refill`.

    `closes_for`: how long the door stays shut once the limit is reached, doubling each time up to `longest`; without it
    there is room again as soon as a use is old enough. `name`: the name in the database and docs/limits.md.
    """

    name: str
    most: int
    window: timedelta
    refill: timedelta | None = None
    closes_for: timedelta | None = None
    longest: timedelta | None = None

    # Compared by identity, for speed: counters look limits up all the time.
    __eq__, __hash__ = object.__eq__, object.__hash__

    def room(self, usage: Usage, now: datetime) -> int:
        """How many uses are left at that moment; none while the door is closed."""
        return 0 if self.is_closed(usage, now) else max(0, self.most - len(self._counting(usage, now)))

    def is_closed(self, usage: Usage, now: datetime) -> bool:
        if usage.closed_until is None:
            return False
        return now < usage.closed_until <= now + MOMENTS_APART + self._shut(usage.closings)

    def use(self, usage: Usage, now: datetime, times: int = 1) -> Usage:
        """The usage after that many more uses; those without room are dropped, and the last may close the door."""
        is_closed, until = self.is_closed(usage, now), self._counting(usage, now)
        taken = 0 if is_closed else min(times, max(0, self.most - len(until)))
        for _ in range(taken):
            until.append(now + self.window if self.refill is None else max([now, *until[-1:]]) + self.refill)
        used = replace(usage, until=tuple(sorted(until)), dropped=usage.dropped + times - taken)
        closes = self.closes_for is not None and len(until) >= self.most and not is_closed
        return self._close(used, now) if closes else used

    def force(self, usage: Usage, now: datetime) -> Usage:
        """The usage after one use that nothing may hold back; without room it replaces the oldest."""
        return replace(usage, until=tuple(sorted((*self._counting(usage, now), now + self.window)))[-self.most :])

    def retry_at(self, usage: Usage, now: datetime) -> datetime:
        """The first moment at which there is room again."""
        counting = self._counting(usage, now)
        free = now if len(counting) < self.most else counting[-self.most]
        return max(free, usage.closed_until or now)

    def lasts_until(self, usage: Usage) -> datetime | None:
        """When the usage stops counting and may be forgotten; None if it may be now."""
        ends = [*usage.until[-1:]]
        if usage.closed_until is not None:
            ends.append(usage.closed_until + self._quiet)
        return max(ends, default=None)

    @property
    def _quiet(self) -> timedelta:
        """How long after a closing the next one is short again."""
        return self.longest or self.window

    def _counting(self, usage: Usage, now: datetime) -> list[datetime]:
        """The uses that still take room; moments too far ahead come from a wrong clock, and don't count anywhere."""
        furthest = now + MOMENTS_APART + (self.window if self.refill is None else self.refill * self.most)
        return [moment for moment in usage.until if now < moment <= furthest]

    def _close(self, usage: Usage, now: datetime) -> Usage:
        was_quiet = usage.closed_until is None or now - usage.closed_until >= self._quiet
        closings = 1 if was_quiet else usage.closings + 1
        return replace(usage, until=(), closings=closings, closed_until=now + self._shut(closings))

    def _shut(self, closings: int) -> timedelta:
        """How long the door stays shut at that closing in a row."""
        return min((self.closes_for or timedelta()) * (1 << min(closings - 1, 10)), self.longest or timedelta.max)


WRONG_CODES = Limit("wrong_codes", 5, HOUR)
"""Wrong written codes of a number in one incident, over all doors; then its codes are void and made anew once."""


class Verdict(StrEnum):
    """What wrong codes lead to."""

    COUNTED = "counted"
    RENEWED = "renewed"
    """The number's codes are void, and new ones are made this once."""
    LOCKED = "locked"
    """Its texts and keys no longer count in that incident."""


@value
class Guesses:
    """The wrong codes of a number in an incident. `tries`: in all, for the record."""

    usage: Usage = UNUSED
    tries: int = 0
    renewed_at: datetime | None = None
    locked_at: datetime | None = None

    def wrong(self, now: datetime, tries: int) -> tuple["Guesses", Verdict]:
        """Count further wrong codes, and decide what follows; a lockout stays."""
        used = WRONG_CODES.use(self.usage, now, tries)
        known = replace(self, usage=used, tries=self.tries + tries)
        if self.locked_at is not None or WRONG_CODES.room(used, now):
            return known, Verdict.COUNTED
        if self.renewed_at is None:
            return replace(known, usage=UNUSED, renewed_at=now), Verdict.RENEWED
        return replace(known, usage=UNUSED, locked_at=now), Verdict.LOCKED


MOST_WRONG_KEYS = 3
"""The most wrong keys in one call; later ones do not count."""


@value
class WrongKeys:
    """The wrong keys of a call. `tries`: how many; `keyed`: the hash of each that is known."""

    tries: int = 0
    keyed: tuple[str, ...] = ()

    @property
    def are_too_many(self) -> bool:
        """Whether no more keys count in this call."""
        return self.tries >= MOST_WRONG_KEYS

    def wrong(self, hash: str, try_number: int | None) -> "WrongKeys":
        """Count wrong keys for the question of that try; the same keys again change nothing, other keys are a new try.

        `try_number` None: unknown, so it counts as a new try.
        """
        if try_number is not None and try_number <= self.tries and hash in self.keyed:
            return self
        return WrongKeys(max(self.tries + 1, try_number or 0), (*self.keyed, hash))


WRONG_PINS = Limit("wrong_pins", 5, HOUR, closes_for=15 * MINUTE, longest=4 * HOUR)
"""Wrong PINs of a member or contact, over all doors together; then every door waits, but never for good.

While they wait even the right PIN does not count, or the answer would help a guesser. A report still opens, unverified,
and a coordinator lets it pass. A persistent guesser has fifty tries on the first day, then thirty a day, against a
hundred thousand PINs.
"""

NUMBERS_COMPARED = Limit("numbers_compared", 20, HOUR)
"""Texts with numbers that are compared with the sender's PINs, since each comparison takes CPU time."""

STRANGER_TEXTS = Limit("stranger_texts", 5, HOUR)
ALL_STRANGER_TEXTS = Limit("all_stranger_texts", 60, HOUR)
"""Texts of unknown numbers that are examined, for each number and in all; the others stay in quarantine."""

STRANGERS_TOLD = Limit("strangers_told", 1, HOUR)
ALL_STRANGERS_TOLD = Limit("all_strangers_told", 6, HOUR)
"""Notices to the coordinators that an unknown number wrote, for each number and in all; each text is in quarantine."""

STRANGER_ALARMS = Limit("stranger_alarms", 1, 10 * MINUTE)
ALL_STRANGER_ALARMS = Limit("all_stranger_alarms", 6, HOUR, refill=10 * MINUTE)
"""Alarms for a cry for help from an unknown number, for each number and for the trees that serve its country.

Mere notices use none of it, so a member on a borrowed phone waits at most ten minutes.
"""

FOREIGN_CODES = Limit("foreign_codes", 1, HOUR)
"""Notices that somebody texted codes of others, for each incident."""

REPLIES = Limit("replies", 5, 10 * MINUTE, refill=10 * MINUTE)
"""Replies to a known number: five, then one every ten minutes."""

PUT_THROUGHS = Limit("put_throughs", 3, HOUR)
"""Calls from a number that are put through; after that the number to call is spoken."""

ANSWER_CHANGES = Limit("answer_changes", 5, HOUR)
"""Changes of an answer and reports of action by one contact that are told at once; the rest go in one message."""

TEXTS_TOLD = Limit("texts_told", 1, 10 * MINUTE)
"""Alarms and notices about texts or calls of one number, or one contact in an incident; each text is on record."""

DROPS_TOLD = Limit("drops_told", 1, HOUR)
"""Notices that a limit drops something, for each limit."""

NOTICES = Limit("notices", 1, 10 * MINUTE)
"""Notices by SMS to one coordinator; what comes in between is told in the next one."""

TEXTS_AGAIN = Limit("texts_again", 1, 10 * MINUTE)
"""SMS to one coordinator's phone that repeat open matters; new ones go at once, all in one SMS."""

COORDINATOR_TEXTS = Limit("all_notices", 12, HOUR)
"""SMS to one coordinator's phone that want an answer or tell something; calls go on.

Only alerts exceed it, where they are critical or the phone was not called about the incident before.

Mails with notices have the same limit of their own.
"""

TEXTS_OF_NEWS = replace(COORDINATOR_TEXTS, most=10)
"""The part for notices, which leaves the last two to new matters."""

REPEATED_TEXTS = replace(COORDINATOR_TEXTS, most=9)
"""The part for repeats, which leaves the rest to whatever is news."""

COORDINATOR_CALLS = Limit("coordinator_calls", 1, 10 * MINUTE)
"""Calls to one coordinator's phone, each with a second dial; the first about a critical incident exceeds it."""

ROLL_CALLS = Limit("roll_calls", 3, HOUR)
"""Roll-calls of the same team, country or network."""

PLANNED_DRILLS = 50
"""Drills planned at one time."""

WRONG_KEYS = Limit("wrong_keys", 10, MINUTE)
"""Requests with a wrong API key from one address."""

WRONG_SIGN_INS = Limit("wrong_sign_ins", 5, HOUR, closes_for=15 * MINUTE, longest=4 * HOUR)
"""Wrong passwords and codes of one user from one address, or in a session that asks for the password again.

A guesser elsewhere locks nobody out.
"""

ALL_WRONG_SIGN_INS = Limit("all_wrong_sign_ins", 50, HOUR)
"""Wrong codes with the right password of one user, from anywhere.

Without the password a stranger can't lock anyone out.
"""

SIGN_INS = Limit("sign_ins", 30, 10 * MINUTE)
"""Sign-ins examined from one address, right or wrong: each takes a quarter of a second of CPU time."""

ACTS = Limit("acts", 30, 5 * MINUTE, refill=timedelta(seconds=10))
"""Console forms that act, in one session, and buttons on a link: more than anybody submits by hand in a night."""

TREE_CHECKS = Limit("tree_checks", 60, 2 * MINUTE, refill=timedelta(seconds=2))
"""Checks of edited trees while typing, and simulations, for one console session or API key."""

REPORTS = Limit("reports", 20, 10 * MINUTE, refill=timedelta(seconds=30))
"""Reports to hand on, for one console session or API key: each takes CPU time."""

FIRST_IN_TURN = Limit("first_in_turn", 20, 10 * MINUTE)
"""Incidents raised with one API key that leave in the order of their severity alone; more leave behind others' (B9)."""

REQUESTS = Limit("requests", 50, timedelta(seconds=1))
"""Requests with one API key."""

EVENT_STREAMS = 20
"""Open event streams with one API key."""

OPEN_PAGES = 20
"""Console pages kept up to date in one session."""

AT_WORK, WAITING = 4, 60
"""Requests of one API key, console session or page that are worked on at a time, and how many more may wait.

Each that is worked on holds a thread, and the webhooks of an alarm need threads too.
"""

LONGEST_HEAD = LONGEST_BODY = 64 * 1024
"""Bytes of a request's head, and of its body."""

REQUEST_SECONDS = 10
"""Seconds for a request's head, then for its body, and for the client to take our answer."""

MOST_CONNECTIONS = 1000
"""Connections to one process: more than an alarm ever involves, and each takes a file descriptor and memory."""

LONGEST_NOTE = 500
"""Characters of a `note`, and of `by`, the name that somebody gives."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2101, 1, 1, tzinfo=UTC)
"""Every moment that comes from outside lies within these: 2000 to 2100."""


def is_instant(at: datetime) -> bool:
    """Whether the moment is plausible; it must have a time zone."""
    return EARLIEST <= at < LATEST
