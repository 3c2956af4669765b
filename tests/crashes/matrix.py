"""Plays every story once without a death and once for each point of it, and writes down what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.crashes.database import Original
from tests.crashes.effects import Effect
from tests.crashes.promise import Outcome, Replies, faults, outcome_of, promise, what_came
from tests.crashes.stories import Story
from tests.crashes.world import World

AFTERWARDS_MINUTES = 5
"""Longer than it takes to settle any doubt, and shorter than the wait for the next level."""


@dataclass(frozen=True)
class Course:
    """A story as it goes without a death."""

    story: Story
    effects: tuple[Effect, ...]
    outcome: Outcome

    @property
    def points(self) -> range:
        """After how many effects the process may die."""
        return range(len(self.effects) + 1)


class Broken(AssertionError):
    """A promise was not kept, or a story went another way."""


def undisturbed(original: Original, story: Story) -> Course:
    """Play the story as it should go."""
    with World(original) as world:
        _play(world, story, None)
        effects = tuple(world.referee.effects)
        return Course(story, effects, _outcome(world, story))


def killed(original: Original, course: Course, point: int) -> str:
    """Play it with a death behind so many effects: what came of it, in words.

    Raises:
        Broken: the promise was not kept.
    """
    with World(original) as world:
        replies = _play(world, course.story, point)
        effects, outcome = tuple(world.referee.effects), _outcome(world, course.story)
    found = list(faults(course.story, course.outcome, outcome, effects, replies))
    if effects != course.effects[:point]:
        found.append(f"it went another way: {', '.join(map(str, effects))}")
    if found:
        raise Broken(f"{course.story.name}, killed after {point} effects:\n" + "\n".join(found))
    return what_came(course.outcome, outcome, replies)


def section(originals: Mapping[str, Original], story: Story) -> list[str]:
    """The lines of the table about one story, the same on every kind of database unless they say otherwise.

    Raises:
        Broken: a promise was not kept, or the story has other effects on one kind of database than on another.
    """
    courses = {name: undisturbed(original, story) for name, original in originals.items()}
    first, *others = courses.values()
    if any(other.effects != first.effects for other in others):
        raise Broken(f"{story.name} goes another way on another database")
    return [
        _line(first, point, {name: killed(originals[name], course, point) for name, course in courses.items()})
        for point in first.points
    ]


def _line(course: Course, point: int, came: Mapping[str, str]) -> str:
    effects = course.effects
    name = course.story.name if point == 0 else ""
    after = str(effects[point - 1]) if point else "nothing"
    texts = set(came.values())
    result = texts.pop() if len(texts) == 1 else "; ".join(f"{name}: {text}" for name, text in came.items())
    return f"| {name} | {point} | {after} | {promise(course.story, effects[:point])} | {result} |"


def _play(world: World, story: Story, point: int | None) -> Replies | None:
    """Up to where whoever asked has asked again; None where nobody did."""
    world.restarts()
    story.before(world)
    world.restarts()
    with world.referee.watches(point):
        first = story.act(world)
    return Replies(first, world.asks_again()) if story.asks else None


def _outcome(world: World, story: Story) -> Outcome:
    """How things stand some minutes later. Whatever is done without being asked is done again each minute."""
    world.hangs_up()
    for _ in range(AFTERWARDS_MINUTES):
        if not story.asks:
            story.act(world)
        world.passes(minutes=1)
    return outcome_of(world)
