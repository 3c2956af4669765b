"""The faults of a night, drawn by seed: each kind occurs in some nights and not in others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from random import Random

from alertnet.core.delivery.provider_routes import FIRST, PROVIDERS, Route
from alertnet.store.queues.attempts import SENT_BY
from simulation.world.chance import Chance


class Trouble(StrEnum):
    """How a provider fails for a while."""

    REFUSES = "takes no connections"
    SILENT = "loses requests"
    DROPS = "takes them, and drops its answers"
    ERRORS = "answers 500"
    THROTTLES = "answers 429"
    DENIES = "refuses our account"


@dataclass(frozen=True)
class Span:
    """A time span in seconds from the beginning of the night."""

    begin: float
    end: float


@dataclass(frozen=True)
class Mischief:
    """The faults of a night. Chances are for each single time; times are in seconds."""

    quiet: bool = True
    """Nothing goes wrong, and nobody answers: only the plan happens."""
    step: float = 0.002
    """How long a step to the database takes on average."""
    clocks_apart: float = 0.0
    dies: float = 0.0
    most_deaths: int = 0
    stops: tuple[Span, ...] = ()
    """When the machine gives a process no time."""
    thread_late: float = 0.0
    """The chance that a sending thread, after it was given a message, does not run for a while."""
    stops_before_send: float = 0.0
    """The chance that a process is stopped right between its last check and the first byte."""
    stops_after_question: float = 0.0
    """The chance that a process is stopped past its lease after it has asked about an unknown outcome."""
    stands_still: float = 0.0
    """The chance that a process is stopped for minutes between a look at ourselves and what it does about that."""
    leaves: tuple[float, ...] = ()
    """When a process is ended in good order, as by an update, and started again."""
    database_away: tuple[Span, ...] = ()
    notify_lost: float = 0.0
    providers: tuple[str, ...] = (FIRST,)
    """The providers for each method, in the order in which they are tried."""
    provider: tuple[tuple[Route, Trouble, Span], ...] = ()
    answer_lost: float = 0.0
    request_lost: float = 0.0
    callback_lost: float = 0.0
    callback_doubled: float = 0.0
    callback_slow: float = 0.0
    fails: float = 0.0
    """The chance that a message does not reach its phone, or a call is unanswered or busy."""
    refused: float = 0.0
    list_late: float = 0.0
    """Seconds until the provider lists what it accepted."""
    rate: float = 0.0
    """Messages that each number may send a second; 0: without limit."""
    answers: float = 0.0
    """How likely somebody answers what reached them."""
    edits: bool = False
    """Whether somebody edits the trees."""
    deeds: int = 0
    """How much coordinators do besides."""
    watched: bool = False
    """Whether an outside service waits for our heartbeat."""
    ping_lost: float = 0.0
    """The chance that a heartbeat or a test to ourselves is lost."""
    way_in_closed: tuple[Span, ...] = ()
    """When nobody outside reaches us: neither people, nor the provider, nor our own test."""
    steps: tuple[tuple[float, float], ...] = ()
    """When the clock is put on, in seconds, and by how much; less than nothing where it is put back."""
    one_clock: bool = False
    """Whether all processes see that at once, as on SQLite; else each at its next measurement."""
    hangs: tuple[Span, ...] = ()
    """When a worker's look for due work does not return, while the rest of its process goes on."""

    @property
    def is_steady(self) -> bool:
        """Whether our own processes run all the time, on one clock and a fast database."""
        is_stopped = self.stops or self.stops_before_send or self.stops_after_question or self.stands_still
        is_off = self.clocks_apart or self.steps
        return not (self.dies or self.leaves or is_stopped or self.hangs or self.database_away or is_off)

    def slack(self, seconds: float = 0) -> timedelta:
        """How far two moments may be apart by the clocks of two machines, with that many seconds to spare."""
        return timedelta(seconds=seconds + 2 * self.clocks_apart)


class _Dice:
    """Draws faults for a night of that length."""

    def __init__(self, random: Random, length: float) -> None:
        self.random = random
        self.length = length

    def sometimes(self, value: float) -> float:
        """The value, or 0 in more than half of the nights."""
        return value if self.random.random() < 0.45 else 0.0

    def spans(self, most: int, longest: float) -> tuple[Span, ...]:
        """Some spans, or none in more than half of the nights."""
        return _spans(self.random, self.length, most, longest) if self.sometimes(1) else ()

    def leaves(self) -> tuple[float, ...]:
        """When processes are ended in good order."""
        return tuple(sorted(self.random.uniform(10, self.length) for _ in range(self.random.randint(0, 2))))


def draw_mischief(random: Random, length: float) -> Mischief:
    """Draw the faults: one night in five is quiet; in the others about half of all faults are possible."""
    if random.random() < 0.2:
        return Mischief()
    dice = _Dice(random, length)
    providers = random.choice([(FIRST,), PROVIDERS])
    troubles = _troubles(random, providers, dice.spans(3, 240))
    return Mischief(
        quiet=False,
        step=random.choice([0.001, 0.002, 0.01]),
        clocks_apart=dice.sometimes(1.0),
        dies=dice.sometimes(random.choice([0.005, 0.02, 0.05])),
        most_deaths=random.randint(1, 4),
        stops=dice.spans(3, 70),
        thread_late=dice.sometimes(random.choice([0.1, 0.3])),
        stops_before_send=dice.sometimes(0.03),
        stops_after_question=dice.sometimes(0.7),
        leaves=dice.leaves(),
        database_away=dice.spans(2, 45),
        notify_lost=dice.sometimes(random.choice([0.3, 1.0])),
        providers=providers,
        provider=troubles,
        answer_lost=dice.sometimes(random.choice([0.05, 0.3])),
        request_lost=dice.sometimes(0.1),
        callback_lost=dice.sometimes(random.choice([0.2, 1.0])),
        callback_doubled=dice.sometimes(0.3),
        callback_slow=dice.sometimes(0.3),
        fails=dice.sometimes(0.25),
        refused=dice.sometimes(0.1),
        list_late=dice.sometimes(random.choice([10.0, 40.0])),
        rate=dice.sometimes(random.choice([0.3, 1.0])),
        answers=random.choice([0.0, 0.1, 0.3, 0.7]),
        edits=random.random() < 0.3,
        deeds=random.choice([0, 1, 2, 4]),
    )


def _troubles(
    random: Random, providers: Sequence[str], spans: Sequence[Span]
) -> tuple[tuple[Route, Trouble, Span], ...]:
    """The provider's trouble in each of the spans; the first provider has more of it."""
    struck = [(random.choice(SENT_BY), random.choice((FIRST, *providers)), span) for span in spans]
    return tuple(((method, provider), random.choice(list(Trouble)), span) for method, provider, span in struck)


def draw_watched(random: Chance, mischief: Mischief, length: float) -> Mischief:
    """The same night, with a watch in one of five; in these, except quiet ones, what it should detect may happen."""
    if not random.comes():
        return mischief
    if mischief.quiet:
        return replace(mischief, watched=True)
    return replace(
        mischief,
        watched=True,
        ping_lost=random.choice([0.0, 0.0, 0.2, 0.7]),
        way_in_closed=_spans(random, length, 1, 300) if random.random() < 0.45 else (),
        hangs=(_long_span(random, length),) if random.random() < 0.45 else (),
    )


def draw_steps(random: Chance, mischief: Mischief, length: float) -> Mischief:
    """The same night, in some of those with a watch with a clock that is corrected, or wrong for a while."""
    if mischief.quiet or not mischief.watched or not random.comes():
        return mischief
    by, begin = random.choice([5.0, 40.0, 600.0, 3600.0, -5.0, -40.0, -300.0]), random.uniform(20, length * 0.8)
    back = (random.uniform(begin + 30, length), -by)
    steps = ((begin, by), back) if random.random() < 0.6 else ((begin, by),)
    return replace(mischief, steps=steps, one_clock=random.random() < 0.5)


def draw_standstill(random: Chance, mischief: Mischief) -> Mischief:
    """The same night, in some of those with a watch with processes that stand still in the middle of it."""
    if mischief.quiet or not mischief.watched or not random.comes():
        return mischief
    return replace(mischief, stands_still=random.choice([0.1, 0.3]))


def _spans(random: Random, length: float, most: int, longest: float) -> tuple[Span, ...]:
    begins = [random.uniform(0, length) for _ in range(random.randint(1, most))]
    return tuple(Span(begin, begin + random.uniform(1, longest)) for begin in sorted(begins))


def _long_span(random: Random, length: float) -> Span:
    return Span(random.uniform(0, length / 3), random.uniform(length / 2, length))
