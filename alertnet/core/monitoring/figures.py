"""Statistics over months of incidents: how long things took, how often contacts were reached, and what to change."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.languages import Phrase
from alertnet.core.replan.describe_tree_diff import differences

FEWEST_HALF, FEWEST_TENTH = 5, 10
"""How many values a p50 and a p90 need; fewer say nothing about the next one."""
SHORTEST_WAIT, STEP = timedelta(minutes=5), timedelta(minutes=5)
BANDS = {"night": (22, 6), "morning": (6, 14), "afternoon": (14, 22)}
"""Parts of the day by the tree's clocks: from one hour to before the other."""


@value
class Course:
    """The course of an incident: when it opened, and when the first contact was told, answered and acted, if any."""

    id: str
    opened_at: datetime
    drill: bool
    told_at: datetime | None = None
    answered_at: datetime | None = None
    acted_at: datetime | None = None


@value
class OpenedLevel:
    """A level of a tree in one incident: when its first contact was told, and when the first one answered."""

    incident: str
    tree: str
    level: str
    told_at: datetime
    answered_at: datetime | None


@value
class Tried:
    """How often a contact was sent alerts by one method, and how many arrived."""

    tree: str
    contact: str
    method: str
    tries: int
    arrived: int


@value
class Durations:
    """How long something took, of that many; p50 and p90 are None for too few. `never`: how often it did not happen."""

    count: int
    never: int
    shortest: timedelta | None
    longest: timedelta | None
    p50: timedelta | None
    p90: timedelta | None


@value
class LevelTimes:
    """How long a level took to answer in one part of the day."""

    tree: str
    level: str
    band: str
    times: Durations


@value
class Advice:
    """A level whose answers come too late for its wait, and the change to a shorter wait in words."""

    tree: str
    level: str
    band: str
    times: Durations
    wait: timedelta
    shorter: timedelta
    words: tuple[Phrase, ...]


def times_of(lengths: Iterable[timedelta | None]) -> Durations:
    """Sum up these durations; None: it did not happen."""
    every = list(lengths)
    took = sorted(each for each in every if each is not None)
    return Durations(
        count=len(every),
        never=len(every) - len(took),
        shortest=took[0] if took else None,
        longest=took[-1] if took else None,
        p50=_quantile(took, 0.5) if len(took) >= FEWEST_HALF else None,
        p90=_quantile(took, 0.9) if len(took) >= FEWEST_TENTH else None,
    )


def _quantile(took: Sequence[timedelta], share: float) -> timedelta:
    """The shortest duration that this share of them did not exceed."""
    return took[ceil(share * len(took)) - 1]


def band_of(at: datetime, zone: str) -> str:
    """The part of the day in that zone at that moment."""
    hour = at.astimezone(ZoneInfo(zone)).hour
    return next(name for name, (begins, ends) in BANDS.items() if (hour - begins) % 24 < (ends - begins) % 24)


def by_level(opened: Iterable[OpenedLevel], network: Network) -> list[LevelTimes]:
    """How long each level took to answer, by tree, level and part of the day."""
    found: dict[tuple[str, str, str], list[timedelta | None]] = {}
    for each in opened:
        zone = network.trees[each.tree].timezone if each.tree in network.trees else "UTC"
        took = None if each.answered_at is None else each.answered_at - each.told_at
        found.setdefault((each.tree, each.level, band_of(each.told_at, zone)), []).append(took)
    return [LevelTimes(*key, times_of(lengths)) for key, lengths in sorted(found.items())]


def advise(levels: Iterable[LevelTimes], network: Network) -> list[Advice]:
    """Levels so slow to answer that the next should begin earlier, each with a shorter wait.

    In these, half of the answers come in the second half of the wait, or later. Only levels with a p50 that the tree
    still has are judged.
    """
    given = []
    for each in levels:
        tree = network.trees.get(each.tree)
        level = tree.level(each.level) if tree else None
        if tree is None or level is None or each.times.p50 is None:
            continue
        shorter = max(SHORTEST_WAIT, level.wait / 2 // STEP * STEP)
        if each.times.p50 > level.wait / 2 and shorter < level.wait:
            changed = tuple(replace(other, wait=shorter) if other is level else other for other in tree.levels)
            after = replace(network, trees={**network.trees, tree.id: replace(tree, levels=changed)})
            words = differences(network, after)
            given.append(Advice(each.tree, each.level, each.band, each.times, level.wait, shorter, words))
    return given
