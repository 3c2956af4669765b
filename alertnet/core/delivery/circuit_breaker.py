"""Whether a provider works: a run of faults opens its breaker, a sign of life and one good attempt close it.

closed ── a run of faults ──▸ open ── it answers ──▸ half open ── one attempt succeeds ──▸ closed
                               ▴                         │
                               └──── that one fails ─────┘

A pause by hand holds it open until its end, whatever the provider does.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.delivery.provider_codes import AccountFault

RUN = 5
"""So many faults, with no success between them, are the provider's and no accident."""

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=60)
"""Between two questions whether it is back, doubling; and however long a pause it asks for itself."""

TOO_FAST_PAUSE = timedelta(seconds=1)
"""After a 429 that does not say how long to wait."""

PATIENCE = timedelta(seconds=15)
"""A pause that is longer is not waited for: it is as if the provider were away."""

LONGEST_HOLD = timedelta(hours=24)
"""Of a pause by hand: whoever wants more asks again, so that nobody forgets that nothing is sent."""

LONGEST_SILENCE = timedelta(hours=1)
"""Of one with which nobody is texted or called at all."""


@value
class Breaker:
    """What is known of one provider and method; as it is made here, nothing is wrong."""

    faults: int = 0
    """How many there were in a row; questions that nobody answered count on."""
    opened_at: datetime | None = None
    is_back: bool = False
    """Open, but it has answered: one attempt at a time may try."""
    try_at: datetime | None = None
    """Open: when to ask it, or to let the next attempt try."""
    paused_until: datetime | None = None
    """It works, and has asked for a pause."""
    fault: AccountFault | None = None
    """What it has against our account, where that is why."""
    held_until: datetime | None = None
    """Somebody of ours has paused it until then: it is given nothing, nor asked, and nothing opens it before."""

    @property
    def is_open(self) -> bool:
        """Whether nothing is sent, and the provider is asked whether it is back."""
        return self.opened_at is not None and not self.is_back

    def rests_until(self, now: datetime) -> datetime | None:
        """Until when nothing may be sent; None: as much as the pace allows, or one attempt where it `is_back`."""
        if self.held_until is not None:
            return self.held_until if self.held_until > now else None
        moment = self.paused_until if self.opened_at is None else self.try_at
        return moment if moment is not None and (moment > now or self.is_open) else None

    def bars_until(self, now: datetime) -> datetime | None:
        """Until when it is as good as not there, so that another way is taken; None: what is sent by it can wait."""
        until = self.rests_until(now)
        if self.held_until is not None:
            return until
        patience = PATIENCE if self.opened_at is None else timedelta()
        is_long = self.paused_until is not None and self.paused_until > now + patience
        return until if self.is_open or is_long else None


SOUND = Breaker()

CLOCKS_DIFFER = timedelta(seconds=5)


def paused(now: datetime, until: datetime) -> Breaker:
    """The breaker of what somebody of ours pauses until then."""
    return Breaker(opened_at=now, fault=AccountFault.PAUSED, held_until=until)


def as_believed(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker without moments that nobody can have set by now: the clock was ahead when they were.

    A pause by hand that is over, or was set on such a clock, leaves nothing behind.
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
    """The breaker after an attempt that was perhaps not handed over; `fault`: our account is refused.

    `is_certain`: by the provider's own word it is refused as a whole, so that no second attempt has to find that out.
    """
    if breaker.held_until is not None:
        return breaker
    if breaker.is_open:
        # Those that were under way when it opened say nothing new, unless it is why.
        return replace(breaker, fault=breaker.fault or fault)
    faults = max(breaker.faults + 1, RUN if is_certain else 0)
    if breaker.opened_at is None and faults < RUN:
        return replace(breaker, faults=faults, fault=fault)
    return Breaker(faults, breaker.opened_at or now, try_at=_next(faults, now), fault=fault)


def after_success(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker after an attempt that the provider took, or refused for a reason of its own: it works."""
    if breaker.held_until is not None:
        return breaker
    is_paused = breaker.paused_until is not None and breaker.paused_until > now
    return replace(breaker, faults=0, fault=None) if is_paused else SOUND


def after_too_fast(breaker: Breaker, now: datetime, pause: timedelta | None) -> Breaker:
    """The breaker after the provider said that we send too fast: it works, and takes nothing for a while.

    A longer pause than we believe ends with one attempt that tries, and not with all of them.
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
    """How much of a pause that was asked for is kept: an alarm does not wait for an hour because of one answer."""
    return min(pause, LONGEST_PAUSE)


def after_probe(breaker: Breaker, now: datetime, *, is_back: bool) -> Breaker:
    """The breaker after the provider was asked whether it is back."""
    if not breaker.is_open or breaker.held_until is not None:
        return breaker
    if is_back:
        return replace(breaker, is_back=True, try_at=now)
    return replace(breaker, faults=breaker.faults + 1, try_at=_next(breaker.faults + 1, now))


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries more than one: 5, 10, 20, 40, then always 60 seconds."""
    return min(FIRST_PAUSE * (1 << min(tries, 10)), LONGEST_PAUSE)


def _next(faults: int, now: datetime) -> datetime:
    return now + pause_after(faults - RUN)
