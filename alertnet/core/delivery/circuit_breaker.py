"""The circuit breaker of a provider: a run of faults opens it, a sign of life and one good attempt close it.

    closed ── a run of faults ──▸ open ── it answers ──▸ half open ── one attempt succeeds ──▸ closed
                                   ▴                         │
                                   └──── that one fails ─────┘

A pause set by hand keeps it open until the pause ends, whatever the provider does.
"""

from datetime import datetime, timedelta

from alertnet.core.codec import replace, value
from alertnet.core.delivery.provider_codes import AccountFault

RUN = 5
"""This many faults in a row, with no success between them, mean that the provider is at fault."""

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=60)
"""The pause between two probes of the provider doubles up to this; a pause that it asks for is cut to this."""

TOO_FAST_PAUSE = timedelta(seconds=1)
"""The pause after a 429 that does not say how long to wait."""

PATIENCE = timedelta(seconds=15)
"""A longer pause is not waited for: the provider counts as away."""

LONGEST_HOLD = timedelta(hours=24)
"""The longest pause by hand. For more, somebody has to ask again, so that nobody forgets that nothing is sent."""

LONGEST_SILENCE = timedelta(hours=1)
"""The longest pause by hand that leaves no way to text or call anybody."""


@value
class Breaker:
    """What is known of one provider and method; the defaults mean that nothing is wrong."""

    faults: int = 0
    """The number of faults in a row; unanswered probes count too."""
    opened_at: datetime | None = None
    is_back: bool = False
    """Open, but the provider has answered: one attempt at a time may try."""
    try_at: datetime | None = None
    """When open: the moment of the next probe, or of the next attempt that may try."""
    paused_until: datetime | None = None
    """The provider works, and has asked for a pause."""
    fault: AccountFault | None = None
    """What the provider has against our account, where that is the reason."""
    held_until: datetime | None = None
    """A person paused it until then: nothing is sent to the provider, it is not probed, and nothing opens it before."""

    @property
    def is_open(self) -> bool:
        """Whether nothing is sent and the provider is probed."""
        return self.opened_at is not None and not self.is_back

    def rests_until(self, now: datetime) -> datetime | None:
        """Until when nothing may be sent. None: send at the usual pace, or one attempt where it `is_back`."""
        if self.held_until is not None:
            return self.held_until if self.held_until > now else None
        moment = self.paused_until if self.opened_at is None else self.try_at
        return moment if moment is not None and (moment > now or self.is_open) else None

    def bars_until(self, now: datetime) -> datetime | None:
        """Until when the provider counts as away, so that another way is taken. None: its messages can wait."""
        until = self.rests_until(now)
        if self.held_until is not None:
            return until
        patience = PATIENCE if self.opened_at is None else timedelta()
        is_long = self.paused_until is not None and self.paused_until > now + patience
        return until if self.is_open or is_long else None


SOUND = Breaker()

CLOCKS_DIFFER = timedelta(seconds=5)


def paused(now: datetime, until: datetime) -> Breaker:
    """The breaker of a provider that a person pauses until then."""
    return Breaker(opened_at=now, fault=AccountFault.PAUSED, held_until=until)


def as_believed(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker without moments too far in the future, which were set while the clock was wrong.

    A pause by hand that is over, or was set with such a clock, is dropped.
    """
    if breaker.held_until is not None:
        was_set = (breaker.opened_at or now) <= now + CLOCKS_DIFFER
        return breaker if was_set and now < breaker.held_until <= now + LONGEST_HOLD + CLOCKS_DIFFER else SOUND

    def held(moment: datetime | None, furthest: timedelta) -> datetime | None:
        return now if moment is not None and moment > now + furthest + CLOCKS_DIFFER else moment

    return replace(
        breaker,
        opened_at=held(breaker.opened_at, timedelta()),
        try_at=held(breaker.try_at, LONGEST_PAUSE),
        paused_until=held(breaker.paused_until, LONGEST_PAUSE),
    )


def after_fault(
    breaker: Breaker, now: datetime, fault: AccountFault | None = None, *, is_certain: bool = False
) -> Breaker:
    """The breaker after an attempt that may not have been handed over. `fault`: our account was refused.

    `is_certain`: the provider itself says that it refuses the whole account, so one attempt is enough to open it.
    """
    if breaker.held_until is not None:
        return breaker
    if breaker.is_open:
        # Attempts under way when it opened tell nothing new, except perhaps the reason.
        return replace(breaker, fault=breaker.fault or fault)
    faults = max(breaker.faults + 1, RUN if is_certain else 0)
    if breaker.opened_at is None and faults < RUN:
        return replace(breaker, faults=faults, fault=fault)
    return Breaker(faults, breaker.opened_at or now, try_at=_next(faults, now), fault=fault)


def after_success(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker after the provider accepted an attempt, or refused it for that message's own reason: it works."""
    if breaker.held_until is not None:
        return breaker
    is_paused = breaker.paused_until is not None and breaker.paused_until > now
    return replace(breaker, faults=0, fault=None) if is_paused else SOUND


def after_too_fast(breaker: Breaker, now: datetime, pause: timedelta | None) -> Breaker:
    """The breaker after the provider said that we send too fast: it works, but takes nothing for a while.

    After a pause longer than we accept, one attempt tries first, not all of them.
    """
    if breaker.held_until is not None:
        return breaker
    until = now + believed(pause or TOO_FAST_PAUSE)
    until = max(until, breaker.paused_until or until)
    is_trying = breaker.paused_until is not None and breaker.is_back
    if not is_trying and (pause is None or pause <= LONGEST_PAUSE):
        return Breaker(paused_until=until)
    return Breaker(opened_at=breaker.opened_at or now, is_back=True, try_at=until, paused_until=until)


def believed(pause: timedelta) -> timedelta:
    """The requested pause, cut to the longest one: one answer must not hold up alarms for an hour."""
    return min(pause, LONGEST_PAUSE)


def after_probe(breaker: Breaker, now: datetime, *, is_back: bool) -> Breaker:
    if not breaker.is_open or breaker.held_until is not None:
        return breaker
    if is_back:
        return replace(breaker, is_back=True, try_at=now)
    return replace(breaker, faults=breaker.faults + 1, try_at=_next(breaker.faults + 1, now))


def pause_after(tries: int) -> timedelta:
    """How long to wait after that many further tries: 5, 10, 20, 40, then always 60 seconds."""
    return min(FIRST_PAUSE * (1 << min(tries, 10)), LONGEST_PAUSE)


def _next(faults: int, now: datetime) -> datetime:
    return now + pause_after(faults - RUN)
