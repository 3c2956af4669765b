"""A story played on the core: every step that was taken, with what it was taken on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertnet.core.escalation.advance import advance, begin_escalation, restore, stop
from alertnet.core.escalation.effects import Step
from alertnet.core.escalation.state import Event, State, Status
from alertnet.core.incident import Facts
from alertnet.core.resolution.resolve import Plan, resolve
from tests.core.cast import NOW
from tests.core.strategies import Happening, Story

AFTERWARDS = timedelta(hours=1)
"""How long a story is still watched after the last thing has happened."""


@dataclass(frozen=True)
class Taken:
    """One step, and what it was taken on."""

    now: datetime
    known: Facts
    plan: Plan
    before: State
    events: tuple[Event, ...]
    step: Step


class Playback:
    """Plays a story up to its end; `taken` are the steps."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.taken: list[Taken] = []
        self.due_at: datetime | None = NOW
        self._learn(story.known)
        self.state = begin_escalation(self.plan, NOW, story.alone)

    def at_due_times(self) -> "Playback":
        """Look at it whenever something is due, and when something happens."""
        for now, happening in moments(self.story):
            while self.due_at is not None and self.due_at < now:
                self._step(self.due_at)
            self._happen(now, happening)
        return self

    def at_ticks(self, ticks: Iterable[datetime]) -> "Playback":
        """Look at it at those moments alone, and when something happens."""
        waiting = sorted(ticks)
        for now, happening in moments(self.story):
            for tick in [tick for tick in waiting if tick < now]:
                self._step(tick)
            waiting = [tick for tick in waiting if tick > now]
            self._happen(now, happening)
        return self

    def _happen(self, now: datetime, happening: Happening) -> None:
        if happening.known is not None:
            self._learn(happening.known)
        if happening.halt and self.state.status is not Status.STOPPED:
            self.state, self.due_at = stop(self.state, now), None
            return
        if happening.halt:
            self.state = restore(self.state, now)
        self._step(now, happening.events)

    def _learn(self, known: Facts) -> None:
        self.known = known
        (self.plan,) = resolve(known, [self.story.tree])

    def _step(self, now: datetime, events: tuple[Event, ...] = ()) -> None:
        step = advance(self.plan, self.state, now, events)
        self.taken.append(Taken(now, self.known, self.plan, self.state, events, step))
        self.state, self.due_at = step.state, step.due_at


def moments(story: Story) -> list[tuple[datetime, Happening]]:
    """When each thing happens, and at last the end, when nothing does."""
    now, result = NOW, []
    for happening in (*story.script, Happening(AFTERWARDS)):
        now += happening.after
        result.append((now, happening))
    return result
